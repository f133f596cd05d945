"""Cost of a network: parameters, MACs, activations and receptive fields, by arithmetic over the expression."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import groupby
from typing import NamedTuple

from brickwork.errors import BrickworkError
from brickwork.network.algebra import Block, Chain, Expr, Named, children, join_path
from brickwork.network.layer import Layer, Pair, Shape, TooSmall, shape_text
from brickwork.network.network import Network, SideHead
from brickwork.network.propagate import Row, Signal, check_field, propagate


class Inside(NamedTuple):
    """What a part costs for one input shape, wherever it stands: paths and fields count from its own input."""

    output: Signal
    rows: tuple[Row, ...]
    params: int
    macs: int
    bytes: int


@dataclass(frozen=True)
class Piece:
    """A part of a stage (a block, or a layer between blocks) in its place."""

    path: str
    expr: Expr
    start: Signal
    inside: Inside

    @property
    def output(self) -> Signal:
        shape, field, jump, laid_out, fixed, least, start = self.inside.output
        ahead = self._seen(fixed) if fixed != (0, 0) else fixed
        fixed = max(ahead[0], self.start.fixed[0]), max(ahead[1], self.start.fixed[1])
        least = grow(self.start.least, least, self.start.jump)
        jump = self.start.jump[0] * jump[0], self.start.jump[1] * jump[1]
        return Signal(shape, self._seen(field), jump, laid_out, fixed, least, self._placed(start))

    @property
    def rows(self) -> tuple[Row, ...]:
        """A row for each layer, with its whole path and its field in the network's input."""
        return tuple(self._in_place(row) for row in self.inside.rows)

    def _in_place(self, row: Row) -> Row:
        (down, right), centre = self.start.jump, self.start.centre
        return row._replace(
            path=join_path(self.path, row.path),
            field=self._seen_at_least(row.field),
            least=grow(self.start.least, row.least, self.start.jump),
            stride=(row.stride[0] * down, row.stride[1] * right),
            centre=(centre[0] + row.centre[0] * down, centre[1] + row.centre[1] * right),
        )

    def _placed(self, start: Pair) -> Pair:
        (top, left), (down, right) = self.start.start, self.start.jump
        return top + start[0] * down, left + start[1] * right

    def _seen_at_least(self, field: Pair) -> Pair:
        high, wide = self._seen(field)
        return max(high, self.start.fixed[0]), max(wide, self.start.fixed[1])

    def _seen(self, field: Pair) -> Pair:
        return grow(self.start.field, field, self.start.jump)


def grow(field: Pair, inside: Pair, jump: Pair) -> Pair:
    """A field that begins behind another one: pixels of the input."""
    return field[0] + (inside[0] - 1) * jump[0], field[1] + (inside[1] - 1) * jump[1]


@dataclass(frozen=True, repr=False)
class Cost:
    """Parameters, MACs and bytes of activations for one image; side heads, not run at inference, stand apart."""

    pieces: tuple[Piece, ...]
    side_heads: tuple[Piece, ...]

    @property
    def rows(self) -> tuple[Row, ...]:
        return tuple(row for piece in self.pieces for row in piece.rows)

    @property
    def params(self) -> int:
        return sum(piece.inside.params for piece in self.pieces)

    @property
    def macs(self) -> int:
        return sum(piece.inside.macs for piece in self.pieces)

    @property
    def bytes(self) -> int:
        return sum(piece.inside.bytes for piece in self.pieces)

    @property
    def params_with_side_heads(self) -> int:
        return self.params + sum(piece.inside.params for piece in self.side_heads)

    @property
    def rows_with_side_heads(self) -> list[Row]:
        """A row for each layer; those of the side heads follow the head's."""
        return [*self.rows, *(row for side in self.side_heads for row in side.rows)]

    def __repr__(self) -> str:
        aside = f", params_with_side_heads={self.params_with_side_heads:_}" if self.side_heads else ""
        return f"Cost(params={self.params:_}, macs={self.macs:_}, bytes={self.bytes:_}{aside})"

    def _repr_html_(self) -> str:
        from brickwork.network.notebook import cost_html

        return cost_html(self)

    def to_dict(self) -> dict[str, object]:
        """The sums as plain data for JSON, and those of each side head with a row for each of its layers."""
        return {
            **{name: getattr(self, name) for name in ("params", "macs", "bytes")},
            "side_heads": [
                {
                    "name": side.path,
                    **{name: getattr(side.inside, name) for name in ("params", "macs", "bytes")},
                    "rows": [row.to_dict() for row in side.rows],
                }
                for side in self.side_heads
            ],
        }

    def at(self, depth: str) -> list[Row]:
        """The rows at one of three depths, "stage", "block" or "layer"; the two upper ones are sums."""
        if depth == "layer":
            return list(self.rows)
        if depth == "block":
            return [_sum(piece.path, [piece]) for piece in self.pieces]
        if depth == "stage":
            return [_sum(name, list(group)) for name, group in groupby(self.pieces, lambda piece: stage_of(piece.path))]
        raise BrickworkError(
            f"a network is shown by its stages, blocks or layers: 'stage', 'block' or 'layer', not {depth!r}."
        )


def stage_of(path: str) -> str:
    return path.partition(".")[0]


def _sum(path: str, pieces: list[Piece]) -> Row:
    insides = [piece.inside for piece in pieces]
    return Row(
        path,
        "stage" if len(pieces) > 1 else kind_of(pieces[0].expr),
        tuple(piece.expr for piece in pieces),
        pieces[-1].output.shape,
        sum(inside.params for inside in insides),
        sum(inside.macs for inside in insides),
        sum(inside.bytes for inside in insides),
        (end := pieces[-1].output).seen,
        least=end.least,
        stride=end.jump,
        centre=end.centre,
    )


def kind_of(expr: Expr) -> str:
    """A layer's kind, a block's name, or the combinator's."""
    match expr:
        case Layer():
            return expr.kind
        case Block(name=name):
            return name
        case Named(body=body):
            return kind_of(body)
    return type(expr).__name__.lower()


def cost(network: Network) -> Cost:
    """Parameters, MACs, bytes and receptive fields of every layer.

    Raises BrickworkError where the input does not fit, naming the layer and the smallest input that does.
    """
    try:
        return _run(network)
    except BrickworkError as fault:
        raise BrickworkError(f"{network.name} on {shape_text(network.input)}: {fault}{_hint(network)}") from None


def _run(network: Network) -> Cost:
    signal = Signal(network.input)
    known: dict[tuple[int, Shape, Pair], Inside] = {}
    pieces: dict[str, Piece] = {}
    for path, expr in parts_of(network):
        key = (id(expr), signal.shape, signal.map)  # a stage repeats one block object: cost it once
        if key not in known:
            known[key] = _inside(expr, Signal(signal.shape, map=signal.map), path)
        pieces[path] = Piece(path, expr, signal, known[key])
        signal = pieces[path].output
        check_field(path, signal)
    return Cost(
        tuple(pieces.values()), tuple(_side(side, pieces[tap(network, side)].output) for side in network.side_heads)
    )


def _inside(expr: Expr, start: Signal, path: str) -> Inside:
    rows: list[Row] = []
    try:
        output = propagate(expr, start, "", rows)
    except BrickworkError:
        propagate(expr, start, path)  # the same misfit, by its whole path
        raise
    return Inside(
        output,
        tuple(rows),
        sum(row.params for row in rows),
        sum(row.macs for row in rows),
        sum(row.bytes for row in rows),
    )


def _side(side: SideHead, start: Signal) -> Piece:
    return Piece(side.name, side.body, start, _inside(side.body, Signal(start.shape, map=start.map), side.name))


def parts_of(network: Network) -> list[tuple[str, Expr]]:
    """The parts of every stage and of the head in the order in which it runs, each part with its path."""
    return [
        (join_path(stage.name, name), part)
        for stage in network.parts()
        for name, part in (children(stage) if isinstance(stage.body, Chain) else [("", stage.body)])
    ]


def tap(network: Network, side: SideHead) -> str:
    """The path of the part whose output a side head reads: the one it names, or the last of the stage it names."""
    paths = [path for path, _ in parts_of(network) if side.after in (path, stage_of(path))]
    if not paths:
        raise BrickworkError(f"the side head {side.name} reads {side.after!r}, which is no stage and no part of one.")
    return paths[-1]


def _hint(network: Network) -> str:
    """What would fit: a larger input, or for a network with side heads also the one without them."""
    side, bare = smallest_input(network), smallest_input(replace(network, side_heads=()))
    if side is None or side <= min(network.input[1:]):
        return ""
    channels = network.input[0]
    without = f", or {channels}x{bare}x{bare} without side heads (side_heads=false)"
    rest = without if bare is not None and bare < side else ""
    return f" The smallest square input that fits is {channels}x{side}x{side}{rest}."


def smallest_input(network: Network, most: int = 1024) -> int | None:
    """The side of the smallest square input that fits; None where none up to `most` does."""
    return _least(network, lambda side: (side, side), most)


def smallest_size(network: Network, most: int = 1024) -> Pair | None:
    """The least height and the least width that fit, each beside any of the other that does; None as for a square.

    No layer lets one direction decide on the other, so that the larger of the two is the smallest square's side.
    """
    side = smallest_input(network, most)
    if side is None:
        return None
    high, wide = _least(network, lambda n: (n, side), side), _least(network, lambda n: (side, n), side)
    return high or side, wide or side


def _least(network: Network, size: Callable[[int], Pair], most: int) -> int | None:
    """The least number whose size fits. What is too small for a window is so for all that are smaller, which bisection
    finds; beyond, paths of some sizes cannot be joined, and one after another is tried.
    """
    low, high = 1, most
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if isinstance(misfit(network, size(middle)), TooSmall) else (low, middle)
    return next((number for number in range(low, most + 1) if takes(network, size(number))), None)


def takes(network: Network, size: Pair) -> bool:
    """Whether an input of this height and width passes through the stages, the head and the side heads."""
    return misfit(network, size) is None


def misfit(network: Network, size: Pair) -> BrickworkError | None:
    """Why an input of this height and width does not pass; None where it does."""
    try:
        _run(replace(network, input=(network.input[0], *size)))
    except BrickworkError as fault:
        return fault
    return None
