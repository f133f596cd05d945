"""Cost of a network: parameters, MACs, activations and receptive fields, by arithmetic over the expression."""

from dataclasses import dataclass, replace
from itertools import groupby
from typing import NamedTuple

from brickwork.errors import BrickworkError
from brickwork.network.algebra import Block, Chain, Expr, Named, children, join_path
from brickwork.network.layer import Layer, Pair, Shape, shape_text
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
        shape, field, jump, laid_out, fixed = self.inside.output
        ahead = self._seen(fixed) if fixed != (0, 0) else fixed
        fixed = max(ahead[0], self.start.fixed[0]), max(ahead[1], self.start.fixed[1])
        jump = self.start.jump[0] * jump[0], self.start.jump[1] * jump[1]
        return Signal(shape, self._seen(field), jump, laid_out, fixed)

    @property
    def rows(self) -> tuple[Row, ...]:
        """A row for each layer, with its whole path and its field in the network's input."""
        return tuple(
            row._replace(path=join_path(self.path, row.path), field=self._seen_at_least(row.field))
            for row in self.inside.rows
        )

    def _seen_at_least(self, field: Pair) -> Pair:
        high, wide = self._seen(field)
        return max(high, self.start.fixed[0]), max(wide, self.start.fixed[1])

    def _seen(self, field: Pair) -> Pair:
        (high, wide), (down, right) = self.start.field, self.start.jump
        return high + (field[0] - 1) * down, wide + (field[1] - 1) * right


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

    def __repr__(self) -> str:
        aside = f", params_with_side_heads={self.params_with_side_heads:_}" if self.side_heads else ""
        return f"Cost(params={self.params:_}, macs={self.macs:_}, bytes={self.bytes:_}{aside})"

    def _repr_html_(self) -> str:
        from brickwork.network.notebook import cost_html

        return cost_html(self)

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
        pieces[-1].output.seen,
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
    except BrickworkError as misfit:
        raise BrickworkError(f"{network.name} on {shape_text(network.input)}: {misfit}{_hint(network)}") from None


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
    """The side of the smallest square input that fits, or None when `most` does not fit either."""
    low, high = 1, most
    if not takes_square(network, high):
        return None
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if takes_square(network, middle) else (middle + 1, high)
    return low


def takes_square(network: Network, side: int) -> bool:
    """Whether a square input of this side passes through the stages, the head and the side heads."""
    try:
        _run(replace(network, input=(network.input[0], side, side)))
    except BrickworkError:
        return False
    return True
