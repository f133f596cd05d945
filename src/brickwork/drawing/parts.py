"""What is drawn: boxes, and how they stand together. Parts are equal when they look the same.

Box     one layer with its norm and activation, or a closed block or stage
Stack   one after another
Fork    paths side by side, joined                (concat)
Around  a body and a way around it, "+" or "x"    (residual, gate)
Frame   a part that has a name, or stands for several equal ones
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple, TypeAlias

from brickwork.network import Row, Shape


@dataclass(frozen=True, repr=False)
class Box:
    """The layers of `rows` as one box; `before` and `after` are the kinds of those drawn as stripes on its edges."""

    label: str
    look: str  # conv, dense, pool, light, other, block, join or misfit: the class of its colours
    rows: tuple[Row, ...] = field(default=(), compare=False)
    output: Shape = field(default=(), compare=False)
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    rates: tuple[float, ...] = field(default=(), compare=False)  # chances to be dropped, which keep no boxes apart
    lines: tuple[str, ...] = ()  # further lines below the label
    share: str = field(default="", compare=False)  # what is painted of it, in words
    mark: str = field(default="", compare=False)  # beside another network: + added, - removed, ~ changed


@dataclass(frozen=True, repr=False)
class Stack:
    """Parts one after another; `labels` stand on the edges behind them, shapes that have changed."""

    parts: tuple["Part", ...]
    output: Shape = field(default=(), compare=False)
    labels: tuple[str, ...] = field(default=(), compare=False)


@dataclass(frozen=True, repr=False)
class Fork:
    """Paths that are joined; without a join where one of them ends in a misfit."""

    paths: tuple["Part", ...]
    join: Box | None
    output: Shape = field(default=(), compare=False)


@dataclass(frozen=True, repr=False)
class Around:
    """A body, the way around it (an empty stack is the identity), and the node where they meet."""

    body: "Part"
    way: "Part"
    sign: str  # "+" or "x"
    node: Box | None  # the layers right after the sum; None where the body ends in a misfit
    output: Shape = field(default=(), compare=False)


@dataclass(frozen=True, repr=False)
class Frame:
    """A part under a name, or once for several equal ones with all their names."""

    body: "Part"
    times: int = 1
    names: tuple[str, ...] = field(default=(), compare=False)

    @property
    def output(self) -> Shape:
        return self.body.output

    @property
    def drawn(self) -> bool:
        """Whether it has a border: a name alone stands beside a single box without one."""
        return self.times > 1 or not isinstance(self.body, Box)


Part: TypeAlias = Box | Stack | Fork | Around | Frame


def inner_parts(part: Part) -> list[Part]:
    """The parts directly inside, in the order in which they run."""
    match part:
        case Stack(parts):
            return list(parts)
        case Fork(paths, join):
            return [*paths, *([join] if join else [])]
        case Around(body, way, _, node):
            return [body, way, *([node] if node else [])]
        case Frame(body):
            return [body]
    return []


def boxes(part: Part) -> Iterator[Box]:
    """Every box, joins and nodes among them."""
    if isinstance(part, Box):
        yield part
    for inside in inner_parts(part):
        yield from boxes(inside)


def map_boxes(part: Part, change: Callable[[Box], Box]) -> Part:
    """The part with `change` applied to every box."""

    def inside(each: Part) -> Part:
        return map_boxes(each, change)

    match part:
        case Box():
            return change(part)
        case Stack(parts):
            return replace(part, parts=tuple(map(inside, parts)))
        case Fork(paths, join):
            return replace(part, paths=tuple(map(inside, paths)), join=change(join) if join else None)
        case Around(body, way, _, node):
            return replace(part, body=inside(body), way=inside(way), node=change(node) if node else None)
        case Frame(body):
            return replace(part, body=inside(body))


def merge_parts(parts: Sequence[Part]) -> Part:
    """Equal parts as one, whose boxes hold the layers of all."""
    held = zip(*map(boxes, parts), strict=True)
    merged = iter([merge_boxes(same) for same in held])
    names = tuple(name for part in parts if isinstance(part, Frame) for name in part.names)
    whole = map_boxes(parts[0], lambda _: next(merged))
    return replace(whole, names=names) if isinstance(whole, Frame) else whole


def merge_boxes(same: Sequence[Box]) -> Box:
    """Equal boxes as one with the layers of all."""
    rows = tuple(row for box in same for row in box.rows)
    return replace(same[0], rows=rows, rates=tuple(rate for box in same for rate in box.rates))


def is_complete(part: Part) -> bool:
    """Whether anything leaves a part: nothing leaves a misfit."""
    return all(box.look != "misfit" for box in boxes(part))


class Stage(NamedTuple):
    """A stage, the head or a side head, with the words beside it: its name, then its numbers."""

    name: str
    words: tuple[str, ...]
    stack: Stack


class Side(NamedTuple):
    """A side head, and the path of the part that it reads."""

    stage: Stage
    reads: str
