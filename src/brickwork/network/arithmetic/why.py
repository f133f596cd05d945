"""Why a row of a network's table has its numbers: those of a layer by its formulas, those of a part by its sums."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod

from brickwork.errors import BrickworkError, nearest
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
from brickwork.network.arithmetic.lines import (
    Line,
    field_lines,
    keeping_line,
    mac_lines,
    parameter_lines,
    product_text,
    size_lines,
    stride_lines,
)
from brickwork.network.cost import Cost, cost
from brickwork.network.layer import Layer, Shape, shape_text
from brickwork.network.memory.rules import FLOAT
from brickwork.network.memory.trace import trace
from brickwork.network.network import Network
from brickwork.network.propagate import Row, Signal, answer, propagate, shortcut_of, window_after


@dataclass(frozen=True, repr=False)
class Why:
    """The arithmetic of one row."""

    path: str
    what: str
    input: Shape
    output: Shape
    lines: tuple[Line, ...]

    def to_dict(self) -> dict[str, object]:
        lines = [line._asdict() for line in self.lines]
        return {"path": self.path, "what": self.what, "input": self.input, "output": self.output, "lines": lines}

    def __str__(self) -> str:
        head = f"{self.path}: {self.what}, {shape_text(self.input)} to {shape_text(self.output)}"
        return "\n".join([head, *(f"  {line}" for line in self.lines)])

    def __repr__(self) -> str:
        return f"Why({self.path}, {len(self.lines)} lines)"


def why(network: Network, path: str) -> Why:
    """The arithmetic of the row with this path, at whatever depth: size, parameters, MACs, field, stride, memory.

    Raises BrickworkError where there is no such row, with the nearest.
    """
    total = cost(network)
    rows = {row.path: row for row in total.rows_with_side_heads}
    if path in rows:
        return _of_layer(network, rows[path], signals(total)[path])
    parts = {row.path: row for depth in ("stage", "block") for row in total.at(depth)}
    if path not in parts:
        raise BrickworkError(f"{network.name} has no row {path!r}: {nearest(path, [*parts, *rows])}")
    inside = [row for row in rows.values() if row.path.startswith(f"{path}.")]
    return _of_part(total, parts[path], inside)


def signals(total: Cost) -> dict[str, tuple[Layer, Signal]]:
    """Every layer with what reaches it, by its path."""
    return {
        path: (layer, signal)
        for piece in (*total.pieces, *total.side_heads)
        for path, layer, signal in follow(piece.expr, piece.start, piece.path)
    }


def follow(expr: Expr, signal: Signal, path: str) -> Iterator[tuple[str, Layer, Signal]]:
    """Every layer of an expression with its path and the signal that reaches it."""
    match expr:
        case Layer():
            yield path, expr, signal
        case Chain():
            for name, part in children(expr):
                yield from follow(part, signal, join_path(path, name))
                signal = propagate(part, signal)
        case Concat() | Gate():
            for name, part in children(expr):
                yield from follow(part, signal, join_path(path, name))
        case Residual():
            yield from _follow_residual(expr, signal, path)
        case Block(body=body) | Named(body=body) | OnChange(body=body):
            yield from follow(body, signal, path)


def _follow_residual(expr: Residual, signal: Signal, path: str) -> Iterator[tuple[str, Layer, Signal]]:
    yield from follow(expr.before, signal, join_path(path, "before"))
    signal = propagate(expr.before, signal)
    yield from follow(expr.body, signal, join_path(path, "body"))
    way = shortcut_of(expr, signal.shape, propagate(expr.body, signal).shape)
    yield from follow(way, signal, join_path(path, "shortcut"))
    both = propagate(Residual(expr.body, expr.shortcut, IDENTITY, IDENTITY), signal)
    yield from follow(expr.after, both, join_path(path, "after"))


def _of_layer(network: Network, row: Row, place: tuple[Layer, Signal]) -> Why:
    layer, signal = place
    after = window_after(layer, signal, answer(layer, signal.shape))
    lines = (
        *size_lines(layer, signal.shape),
        *parameter_lines(layer, signal.shape),
        *mac_lines(layer, signal.shape),
        *(line._replace(note=gate_note(after)) for line in field_lines(layer, signal, after)),
        *stride_lines(layer, signal, after),
        *memory_lines(network, row, layer),
    )
    return Why(row.path, repr(layer), row.input, row.output, lines)


def gate_note(after: Signal) -> str:
    """What a number sees besides, where it goes through gates."""
    return "" if after.seen == after.field else f"and through gates {shape_text(after.seen)}"


def memory_lines(network: Network, row: Row, layer: Layer) -> Iterator[Line]:
    """The bytes that a layer writes, and what it keeps for the backward pass, for one image in float32."""
    yield Line("bytes written", "4 * output", f"{FLOAT} * {product_text(row.output)}", FLOAT * prod(row.output))
    yield keeping_line(layer, row.input, trace(network, half=False, mask=1).kept.get(row.path, 0))


def _of_part(total: Cost, row: Row, inside: list[Row]) -> Why:
    lines = [
        Line(what, "sum over the layers", sum_text([getattr(each, name) for each in inside]), getattr(row, name))
        for what, name in (("parameters", "params"), ("MACs", "macs"), ("bytes written", "bytes"))
    ]
    return Why(row.path, row.kind, inside[0].input, row.output, tuple(lines))


def sum_text(numbers: list[int]) -> str:
    """The numbers of a sum that are not 0, with how often one repeats."""
    counts: dict[int, int] = {}
    for number in filter(None, numbers):
        counts[number] = counts.get(number, 0) + 1
    return " + ".join(f"{times}*{number}" if times > 1 else f"{number}" for number, times in counts.items()) or "0"
