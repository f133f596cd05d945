"""Series: an expression as parts one after another, seen through blocks; the blocks' bounds stand beside the parts."""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import NamedTuple, TypeAlias

from brickwork.network import IDENTITY, Block, Chain, Concat, Expr, Gate, Named, Network, OnChange, Residual, SideHead


@dataclass(frozen=True, repr=False)
class Path:
    """One path of a concat."""

    body: Expr

    def __repr__(self) -> str:
        return f"path {self.body!r}"


Part: TypeAlias = Expr | Path | SideHead


class Bounds(NamedTuple):
    """A block around the parts from `start` up to `end`; a block around others stands before them."""

    start: int
    end: int
    name: str
    arguments: str


class Series(NamedTuple):
    """Parts one after another, none of them a chain or a block of several parts, and the blocks around them."""

    parts: tuple[Part, ...]
    blocks: tuple[Bounds, ...] = ()


def series_of(expr: Expr) -> Series:
    """The series that an expression is; `expr_of` gives the expression back."""
    parts: list[Part] = []
    blocks: list[Bounds] = []
    _flatten(expr, parts, blocks)
    return Series(tuple(parts), tuple(blocks))


def _flatten(expr: Expr, parts: list[Part], blocks: list[Bounds]) -> None:
    if isinstance(expr, Chain) and _is_plain(expr):
        for part in expr.parts:
            _flatten(part, parts, blocks)
    elif isinstance(expr, Block) and expr.body != IDENTITY:
        place, start = len(blocks), len(parts)
        blocks.append(Bounds(start, start, expr.name, expr.arguments))
        _flatten(expr.body, parts, blocks)
        blocks[place] = blocks[place]._replace(end=len(parts))
    else:
        parts.append(expr)


def _is_plain(expr: Chain) -> bool:
    """Whether a chain is one that `chain` makes: others, made by hand, stay whole."""
    return len(expr.parts) != 1 and not any(isinstance(part, Chain) for part in expr.parts)


def group(parts: Sequence[Part], blocks: Sequence[Bounds]) -> list[Part]:
    """The parts with their blocks around them."""
    return _group(parts, 0, len(parts), deque(blocks))


def _group(parts: Sequence[Part], place: int, end: int, blocks: "deque[Bounds]") -> list[Part]:
    made: list[Part] = []
    while blocks and blocks[0].end <= end:
        block = blocks.popleft()
        made += parts[place : block.start]
        made.append(Block(block.name, block.arguments, _chain(_group(parts, block.start, block.end, blocks))))
        place = block.end
    return [*made, *parts[place:end]]


def _chain(parts: Sequence[Part]) -> Expr:
    return parts[0] if len(parts) == 1 else Chain(tuple(parts))  # type: ignore[return-value,arg-type]


def expr_of(series: Series) -> Expr:
    """The expression of a series."""
    return _chain(group(*series))


def slots(part: Part) -> tuple[Series, ...]:
    """The series directly inside a part, in the order in which they run; none in a layer."""
    match part:
        case Concat(paths):
            return (Series(tuple(map(Path, paths))),)
        case Residual():
            return tuple(map(series_of, (part.before, part.body, part.shortcut, part.after)))
        case Gate() | Named() | OnChange() | Path() | SideHead():
            return (series_of(part.body),)
    return ()


def with_slots(part: Part, made: Sequence[Series]) -> Part:
    """The part with other series inside."""
    match part:
        case Concat():
            return Concat(tuple(path.body for path in made[0].parts))  # type: ignore[union-attr]
        case Residual():
            before, body, shortcut, after = map(expr_of, made)
            return Residual(body, shortcut, before, after)
        case Gate() | Named() | OnChange() | Path() | SideHead():
            return replace(part, body=expr_of(made[0]))
    return part


def equal_start(one: Iterable[object], two: Iterable[object]) -> int:
    """How many at the beginning are equal."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, two, strict=False)))


def network_slots(network: Network) -> tuple[Series, Series, Series]:
    """The stages, the head and the side heads."""
    return Series(network.stages), series_of(network.head), Series(network.side_heads)
