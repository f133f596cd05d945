"""A misfit: the layer where a network and its input do not go together, and how far they do."""

from textwrap import wrap
from typing import NamedTuple

from brickwork.drawing.parts import Box
from brickwork.errors import BrickworkError
from brickwork.network import Network, Row, Shape
from brickwork.network.cost import parts_of, tap
from brickwork.network.propagate import Signal, propagate

LINE = 34  # characters of a line in the red box


class Misfit(NamedTuple):
    """Where it is, what it says, and the shape that reaches it."""

    path: str
    text: str
    reaches: Shape


def rows_until_misfit(network: Network) -> tuple[dict[str, Row], Misfit | None]:
    """The rows of all layers that are reached, those of side heads too, and the misfit where there is one."""
    rows: list[Row] = []
    signals: dict[str, Signal] = {}
    signal = Signal(network.input)
    path = ""
    try:
        for path, part in parts_of(network):
            signal = signals[path] = propagate(part, signal, path, rows)
        for side in network.side_heads:
            signal = signals[tap(network, side)]
            propagate(side.body, Signal(signal.shape, map=signal.map), side.name, rows)
    except BrickworkError as fault:
        place, _, text = str(fault).partition(": ")
        return {row.path: row for row in rows}, Misfit(place, text, shape_before(place, rows, signal.shape))
    return {row.path: row for row in rows}, None


def shape_before(path: str, rows: list[Row], start: Shape) -> Shape:
    """The shape before a layer: what the row before it in its own chain has left, or what entered the part."""
    chain = path.rpartition(".")[0]
    near = [row.output for row in rows if row.path.rpartition(".")[0] == chain]
    return near[-1] if near else start


def misfit_box(label: str, misfit: Misfit, layer: str = "") -> Box:
    """A red box: the layer, what it needs, and what reaches it."""
    words = misfit.text.removeprefix(layer).strip()
    first, comma, second = words.partition(", but ")
    pieces = [first, f"but {second}"] if comma else [words]
    lines = [line for piece in pieces for line in wrap(piece.rstrip("."), LINE)]
    return Box(label, "misfit", output=misfit.reaches, lines=tuple(lines))
