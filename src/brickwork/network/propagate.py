"""Shape propagation: the shape and the receptive field at every layer of an expression."""

from functools import lru_cache
from math import prod
from typing import NamedTuple

from brickwork.errors import BrickworkError
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
from brickwork.network.layer import Layer, Pair, Shape, shape_text

MOST = 2**63 - 1  # of what is counted


class Signal(NamedTuple):
    """Shape, receptive field and stride (jump) after a layer, counted in the input's pixels.

    Fields count the padding as if it were image, as people do: the field of a dense layer after vgg16's poolings is
    404 pixels of 224. What a gate sees is the same for every number of the map, and does not move with it: `fixed`.
    """

    shape: Shape
    field: Pair = (1, 1)  # receptive field, in input pixels, of one number among its neighbours
    jump: Pair = (1, 1)  # input pixels between two neighbours
    map: Pair = (1, 1)  # of a vector: height and width of the map that was laid out as it
    fixed: Pair = (0, 0)  # what every number sees besides, through gates
    least: Pair = (1, 1)  # field of the shortest way to the input
    start: Pair = (0, 0)  # the first pixel in the first number's field; less than 0 in the padding

    @property
    def centre(self) -> tuple[float, float]:
        """The middle of the first number's field; gates do not move it."""
        (top, left), (high, wide) = self.start, self.field
        return top + (high - 1) / 2, left + (wide - 1) / 2

    @property
    def seen(self) -> Pair:
        """The whole field, with what gates let in."""
        return _wider(self.field, self.fixed)

    @property
    def whole(self) -> Pair:
        """What all numbers of the map see together."""
        return self.over_map(self.field)

    def over_map(self, field: Pair) -> Pair:
        """What the fields of all numbers of the map cover."""
        high, wide = self.shape[1:] if len(self.shape) == 3 else self.map
        return field[0] + (high - 1) * self.jump[0], field[1] + (wide - 1) * self.jump[1]


class Row(NamedTuple):
    """One layer, or a block or stage with all its layers."""

    path: str
    kind: str
    parts: tuple[Expr, ...]  # what it is: one layer, one block, or all that a stage holds
    output: Shape
    params: int
    macs: int
    bytes: int  # activations written for one image, in float32
    field: Pair  # receptive field, in input pixels, by the longest way
    input: Shape = ()  # of a layer: the shape that reaches it
    least: Pair = (1, 1)  # receptive field by the shortest way, such as shortcuts
    stride: Pair = (1, 1)  # input pixels between two neighbours of the output
    centre: tuple[float, float] = (0, 0)  # of the first number's field; the first pixel's is 0

    def to_dict(self) -> dict[str, object]:
        """The numbers as plain data for JSON; a vector's numbers have no neighbours, and so no stride."""
        return {
            **{name: getattr(self, name) for name in ("path", "kind", "output", "params", "macs", "bytes")},
            "field": self.field,
            "least_field": self.least,
            "stride": self.stride if len(self.output) == 3 else None,
            "centre": self.centre,
        }


def propagate(expr: Expr, signal: Signal, path: str = "", rows: list[Row] | None = None) -> Signal:
    """Sends a signal through; `rows` takes a row for each layer. Raises BrickworkError with the path of a misfit."""
    match expr:
        case Layer():
            return _through_layer(expr, signal, path, rows)
        case Chain():
            for name, child in children(expr):
                signal = propagate(child, signal, join_path(path, name), rows)
            return signal
        case Concat():
            return _join(
                path, [propagate(child, signal, join_path(path, name), rows) for name, child in children(expr)]
            )
        case Residual():
            return _residual(expr, signal, path, rows)
        case Gate(body):
            return _gate(signal, propagate(body, signal, join_path(path, "gate"), rows), path)
        case Block(body=body) | Named(body=body) | OnChange(body=body):
            return propagate(body, signal, path, rows)
    raise TypeError(f"{path}: {expr!r} is no layer and no combinator")


class Answer(NamedTuple):
    """A layer's rules for one input shape."""

    output: Shape
    params: int
    macs: int
    kernel: Pair
    stride: Pair
    margin: Pair


@lru_cache(maxsize=4096)  # deep networks ask the same layer about the same shape again and again
def answer(layer: Layer, shape: Shape) -> Answer:
    params = sum(prod(weight) for weight in layer.weights(shape).values())
    found = Answer(layer.output(shape), params, layer.macs(shape), *layer.window(shape), layer.margin(shape))
    if max(params, found.macs, prod(found.output)) > MOST:
        raise BrickworkError(f"{layer!r:.100} on {shape_text(shape)} counts beyond 64 bits.")
    return found


def check_field(path: str, signal: Signal) -> None:
    """Raises BrickworkError where a field or a stride has become no number of pixels: they multiply with depth."""
    if max(*signal.field, *signal.jump) > MOST:
        raise BrickworkError(f"{path}: its receptive field or stride is beyond 64 bits.")


def _through_layer(layer: Layer, signal: Signal, path: str, rows: list[Row] | None) -> Signal:
    try:
        found = answer(layer, signal.shape)
    except BrickworkError as misfit:
        raise type(misfit)(f"{path}: {misfit}") from None
    after = window_after(layer, signal, found)
    check_field(path, after)
    if rows is not None:
        rows.append(_row(path, layer, signal, found, after))
    return after


def window_after(layer: Layer, signal: Signal, found: Answer) -> Signal:
    """The signal after a layer's window (Araujo, Norris, Sim 2019, Distill, equations 2 and 5, from the input on)."""
    jump, start = _times(signal.jump, found.stride), _plus(signal.start, _times(signal.jump, found.margin), -1)
    grown = _times(signal.jump, (found.kernel[0] - 1, found.kernel[1] - 1))
    field, least, laid_out = _plus(signal.field, grown), _plus(signal.least, grown), (1, 1)
    if len(found.output) == 1:
        field, least, start = signal.field, signal.least, signal.start
        if layer.mixes:
            field, least = signal.whole, signal.over_map(signal.least)
        else:
            laid_out = _map_of(signal)
    return Signal(found.output, field, jump, laid_out, signal.fixed, least, start)


def _row(path: str, layer: Layer, signal: Signal, found: Answer, after: Signal) -> Row:
    output, params, macs, *_ = found
    sizes = 4 * prod(output), after.seen, signal.shape, after.least, after.jump, after.centre
    return Row(path, layer.kind, (layer,), output, params, macs, *sizes)


def _times(one: Pair, other: Pair) -> Pair:
    return one[0] * other[0], one[1] * other[1]


def _plus(one: Pair, other: Pair, sign: int = 1) -> Pair:
    return one[0] + sign * other[0], one[1] + sign * other[1]


def _map_of(signal: Signal) -> Pair:
    return (signal.shape[1], signal.shape[2]) if len(signal.shape) == 3 else signal.map


def _wider(one: Pair, other: Pair) -> Pair:
    return max(one[0], other[0]), max(one[1], other[1])


def _join(path: str, ends: list[Signal]) -> Signal:
    sizes = [end.shape[1:] for end in ends]
    if any(size != sizes[0] for size in sizes):
        raise BrickworkError(
            f"{path}: paths can be joined where their maps agree, but they are {', '.join(map(shape_text, sizes))}."
        )
    return _merge((sum(end.shape[0] for end in ends), *sizes[0]), ends)


def _merge(shape: Shape, ends: list[Signal]) -> Signal:
    """Several signals joined or added: each number sees what any of them sees, and at least what the shortest does."""
    field, least, start, fixed = zip(_span(ends, 0), _span(ends, 1), strict=True)
    return Signal(shape, field, ends[0].jump, ends[0].map, fixed, least, start)


def _span(ends: list[Signal], axis: int) -> tuple[int, int, int, int]:
    """Field, least field, start and what gates see, in one direction, of several ways together."""
    first = min(end.start[axis] for end in ends)
    last = max(end.start[axis] + end.field[axis] for end in ends)
    return last - first, min(end.least[axis] for end in ends), first, max(end.fixed[axis] for end in ends)


def _residual(expr: Residual, signal: Signal, path: str, rows: list[Row] | None) -> Signal:
    signal = propagate(expr.before, signal, join_path(path, "before"), rows)
    body = propagate(expr.body, signal, join_path(path, "body"), rows)
    shortcut = propagate(shortcut_of(expr, signal.shape, body.shape), signal, join_path(path, "shortcut"), rows)
    if body.shape != shortcut.shape:
        raise BrickworkError(
            f"{path}: a residual adds equal shapes, but its body gives {shape_text(body.shape)} "
            f"and its shortcut {shape_text(shortcut.shape)}."
        )
    return propagate(expr.after, _merge(body.shape, [body, shortcut]), join_path(path, "after"), rows)


def shortcut_of(expr: Residual, start: Shape, end: Shape) -> Expr:
    """The shortcut that is really taken from one shape to the other."""
    if not isinstance(expr.shortcut, OnChange):
        return expr.shortcut
    return IDENTITY if start == end else expr.shortcut.body


def _gate(signal: Signal, factor: Signal, path: str) -> Signal:
    if factor.shape != (signal.shape[0], 1, 1):
        raise BrickworkError(
            f"{path}: a gate gives one number a channel, {signal.shape[0]}x1x1 here, "
            f"but its body gives {shape_text(factor.shape)}."
        )
    return signal._replace(fixed=_wider(signal.fixed, factor.seen))


def shape_after(expr: Expr, shape: Shape) -> Shape:
    """The shape that leaves an expression."""
    return propagate(expr, Signal(shape)).shape
