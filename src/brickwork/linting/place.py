"""Places of a network: every layer with what reaches it and what follows; lines of a map that windows read."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from brickwork.network.algebra import (
    IDENTITY,
    Block,
    Chain,
    Concat,
    Expr,
    Gate,
    Named,
    OnChange,
    Residual,
    children,
    join_path,
)
from brickwork.network.cost import cost, parts_of
from brickwork.network.layer import Layer, Pair, Shape, Window, pair
from brickwork.network.network import Network
from brickwork.network.propagate import shape_after, shortcut_of


class Case(NamedTuple):
    """A code, the path of the layer, and what is so there."""

    code: str
    path: str
    detail: str


@dataclass(frozen=True)
class Place:
    """A layer where it stands; `after` is the layer that alone reads what it writes, if there is one."""

    path: str
    layer: Layer
    input: Shape
    output: Shape
    after: Layer | None = None


def places(network: Network) -> list[Place]:
    """Every layer of stages, head and side heads, in the order in which they run."""
    follows = dict(following(Chain(network.parts()), ""))
    for side in network.side_heads:
        follows |= following(side.body, side.name)
    layers = ((row, row.parts[0]) for row in cost(network).rows_with_side_heads)
    return [
        Place(row.path, layer, row.input, row.output, follows.get(row.path))
        for row, layer in layers
        if isinstance(layer, Layer)
    ]


def following(expr: Expr, path: str, last: Layer | None = None) -> Iterator[tuple[str, Layer | None]]:
    """For each layer's path the layer that reads its output, if that is one and no join; `last` follows the whole."""
    match expr:
        case Layer():
            yield path, last
        case Block(body=body) | Named(body=body) | OnChange(body=body):
            yield from following(body, path, last)
        case Chain():
            steps = children(expr)
            for number, (name, part) in enumerate(steps):
                rest = steps[number + 1 :]
                yield from following(part, join_path(path, name), first_layer(rest[0][1]) if rest else last)
        case _:
            for name, part in children(expr):
                yield from following(part, join_path(path, name), last if name == "after" else None)


def first_layer(expr: Expr) -> Layer | None:
    """The layer that alone reads what enters an expression; None where several do."""
    match expr:
        case Layer():
            return expr
        case Block(body=body) | Named(body=body) | OnChange(body=body):
            return first_layer(body)
        case Chain(parts):
            return first_layer(parts[0]) if parts else None
    return None


class Reading(NamedTuple):
    """A map, and which of its lines are read by anything, in both directions."""

    path: str  # of what reads it
    shape: Shape
    lines: tuple[frozenset[int], frozenset[int]]

    @property
    def unread(self) -> Pair:
        """How many lines and columns nobody reads."""
        return self.shape[1] - len(self.lines[0]), self.shape[2] - len(self.lines[1])


def readings(network: Network) -> Iterator[Reading]:
    """Every map of the stages and the head that something reads."""
    shape = network.input
    for path, part in parts_of(network):
        yield from _inside(part, shape, path, fresh=True)
        shape = shape_after(part, shape)


def _inside(expr: Expr, shape: Shape, path: str, *, fresh: bool) -> Iterator[Reading]:
    """The maps that enter an expression's parts; a map that others read, too, is told of where it is not `fresh`."""
    if fresh and len(shape) == 3 and expr != IDENTITY:
        yield Reading(path, shape, (lines_read(expr, shape, 0), lines_read(expr, shape, 1)))
    match expr:
        case Chain():
            for number, (name, part) in enumerate(children(expr)):
                yield from _inside(part, shape, join_path(path, name), fresh=number > 0)
                shape = shape_after(part, shape)
        case Concat() | Gate():
            for name, part in children(expr):
                yield from _inside(part, shape, join_path(path, name), fresh=False)
        case Residual():
            yield from _inside_residual(expr, shape, path)
        case Block(body=body) | Named(body=body) | OnChange(body=body):
            yield from _inside(body, shape, path, fresh=False)


def _inside_residual(expr: Residual, shape: Shape, path: str) -> Iterator[Reading]:
    yield from _inside(expr.before, shape, join_path(path, "before"), fresh=False)
    start = shape_after(expr.before, shape)
    end = shape_after(expr.body, start)
    if expr.before != IDENTITY:
        split = Residual(expr.body, expr.shortcut, IDENTITY, IDENTITY)
        yield Reading(path, start, (lines_read(split, start, 0), lines_read(split, start, 1)))
    yield from _inside(expr.body, start, join_path(path, "body"), fresh=False)
    yield from _inside(shortcut_of(expr, start, end), start, join_path(path, "shortcut"), fresh=False)
    yield from _inside(expr.after, end, join_path(path, "after"), fresh=True)


def lines_read(expr: Expr, shape: Shape, axis: int) -> frozenset[int]:
    """The lines of a map that an expression's first layers read."""
    match expr:
        case Window():
            return _window_lines(expr, shape, axis)
        case Layer():
            return frozenset(range(0, shape[1 + axis], layer_step(expr, shape, axis)))
        case Chain(parts):
            return lines_read(parts[0], shape, axis) if parts else frozenset(range(shape[1 + axis]))
        case Concat(paths):
            return frozenset().union(*(lines_read(path, shape, axis) for path in paths))
        case Residual() if expr.before == IDENTITY:
            ways = expr.body, shortcut_of(expr, shape, shape_after(expr.body, shape))
            return frozenset().union(*(lines_read(way, shape, axis) for way in ways))
        case Residual():
            return lines_read(expr.before, shape, axis)
        case Block(body=body) | Named(body=body) | OnChange(body=body):
            return lines_read(body, shape, axis)
    return frozenset(range(shape[1 + axis]))  # a gate multiplies all


def layer_step(layer: Layer, shape: Shape, axis: int) -> int:
    """The step between the lines that a layer which is no window reads: a padded shortcut leaves some out."""
    kernel, stride = layer.window(shape)
    return stride[axis] if kernel[axis] == 1 else 1


def _window_lines(layer: Window, shape: Shape, axis: int) -> frozenset[int]:
    kernel, stride, padding = pair(layer.kernel)[axis], layer.strides()[axis], pair(layer.padding)[axis]
    firsts = (number * stride - padding for number in range(layer.slide(shape)[axis]))
    return frozenset(line for first in firsts for line in range(first, first + kernel) if 0 <= line < shape[1 + axis])
