"""A network as a table and as one line."""

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from textwrap import wrap

from brickwork.network.algebra import Expr, Gate, walk
from brickwork.network.columns import RULE, format_columns
from brickwork.network.cost import Cost, cost, smallest_size
from brickwork.network.layer import shape_text
from brickwork.network.network import Network
from brickwork.network.propagate import Row

STYLE = re.compile(r"style=Style\((.*?)\)")  # what a family's blocks have in common, in a block's arguments

COLUMNS = ("path", "what", "output", "parameters", "MACs", "%", "field", "stride", "centre")
SPARED = 2  # columns, the last ones, that are left out
READABLE = 24  # where there is less room than this for what the parts are


def summary_line(network: Network) -> str:
    """One line: name, input, classes, parameters, MACs."""
    total = cost(network)
    return f"{network}: {count(total.params)} parameters, {count(total.macs)} MACs"


def count(number: int) -> str:
    """A count as people say it, to three figures: 25.6 M."""
    rounded = float(f"{number:.3g}")
    for unit, name in ((10**12, "T"), (10**9, "G"), (10**6, "M"), (10**3, "k")):
        if rounded >= unit:
            return f"{rounded / unit:#.3g} {name}".replace(". ", " ")
    return str(number)


def table(network: Network, depth: str = "block", width: int = 120, sort: str = "") -> str:
    """The network as its paper's table has it: a row for each stage, block or layer, and the totals.

    `width` is how many columns of text there are room for; long expressions are folded to it. `sort` by "parameters"
    or "MACs" has the largest rows first; the share is then of these, and without it of the MACs.
    """
    total = cost(network)
    rows, sums = cost_cells(total, depth, sort)
    kept = len(COLUMNS) if has_room([COLUMNS, *rows, sums], width) else len(COLUMNS) - SPARED
    cells = [row and row[:kept] for row in (COLUMNS, RULE, *rows, RULE, sums)]
    lines = format_columns(cells, "<=>>>>>>>"[:kept], width)
    ending = _ending(network, total, sort, whole=kept == len(COLUMNS))
    above, below = (_fold(texts, width) for texts in (network_heading(network), ending))
    return "\n".join([*above, "", *lines, *below])


def has_room(rows: Sequence[Sequence[str]], width: int) -> bool:
    """Whether all columns fit, and what the parts are can be read beside them."""
    sizes = [max(len(row[column]) for row in rows) for column in range(len(COLUMNS))]
    sizes[1] = min(sizes[1], READABLE)
    return sum(sizes) + 2 * (len(sizes) - 1) <= width


def cost_cells(total: Cost, depth: str, sort: str = "") -> tuple[list[tuple[str, ...]], tuple[str, ...]]:
    """The cells of a row for each stage, block or layer, and those of the totals."""
    rows = [_cells(row, share_text(row, total, sort)) for row in sort_rows(total.at(depth), sort)]
    return rows, ("total", "", "", f"{total.params:,}", f"{total.macs:,}", "", "", "", "")


def _cells(row: Row, share: str) -> tuple[str, ...]:
    numbers = f"{row.params:,}", f"{row.macs:,}", share, field_text(row)
    stride = span(row.stride) if len(row.output) == 3 else ""  # the numbers of a vector have no neighbours
    return row.path, repeat_text(row.parts), shape_text(row.output), *numbers, stride, span(row.centre)


def field_text(row: Row) -> str:
    """The receptive field; where ways differ, by the shortest and by the longest: 11 to 427."""
    return span(row.field) if row.field == row.least else f"{span(row.least)} to {span(row.field)}"


def sort_rows(rows: Sequence[Row], sort: str) -> list[Row]:
    """The rows with the most parameters or MACs first; without a word in the network's order."""
    return sorted(rows, key=lambda row: -amount(row, sort)) if sort else list(rows)


def amount(counted: Row | Cost, sort: str) -> int:
    """The parameters, or else the MACs."""
    return counted.params if sort == "parameters" else counted.macs


def share_text(row: Row, total: Cost, sort: str) -> str:
    """A row's share of all in whole percents; nothing where the row has none."""
    if not amount(row, sort):
        return ""
    percent = 100 * amount(row, sort) / amount(total, sort)
    return f"{percent:.0f}" if percent >= 0.5 else "<1"


def span(size: tuple[float, float]) -> str:
    """A square by its side, another rectangle by both."""
    high, wide = size
    return f"{high:.15g}" if high == wide else f"{high:.15g}x{wide:.15g}"


def repeat_text(parts: tuple[Expr, ...]) -> str:
    """Parts as a paper's table has them: equal neighbours once, with how many there are."""
    groups = [(text, len(list(group))) for text, group in groupby(plain_text(part) for part in parts)]
    times_sign = "\N{NO-BREAK SPACE}x\N{NO-BREAK SPACE}"
    return ", ".join(f"{times}{times_sign}{text}" if times > 1 else text for text, times in groups)


def plain_text(expr: Expr) -> str:
    """An expression as written, but a block's style by its words alone: basic(16, shortcut='A')."""
    return STYLE.sub(r"\1", repr(expr))


def _fold(texts: list[str], width: int) -> list[str]:
    return [line for text in texts for line in wrap(text, width)]


def network_heading(network: Network) -> list[str]:
    """What stands above a network's table: its summary, its paper, and what differs from the paper."""
    return [text for text in (summary_line(network), network.facts.paper, network.facts.note) if text]


def has_gates(network: Network) -> bool:
    return any(isinstance(part, Gate) for stage in network.parts() for _, part in walk(stage))


def smallest_text(network: Network) -> list[str]:
    """The smallest input that fits, height and width apart, and the one without side heads where they need more."""
    least, bare = smallest_size(network), smallest_size(replace(network, side_heads=()))
    if least is None:
        return []
    without = f", {shape_text(bare)} without side heads" if bare and bare != least else ""
    return [f"Smallest input that fits: {shape_text(least)}{without}."]


def _ending(network: Network, total: Cost, sort: str, whole: bool) -> list[str]:
    places = "stride: pixels between neighbours; centre: the middle of the first one's field, from pixel 0."
    return [
        f"%: the share of all {sort or 'MACs'}.",
        "field: side of the receptive field in pixels, by the shortest and the longest way to the input.",
        *([places] if whole else []),
        *(["From a gate on every number sees all that the gate sees: the whole map."] if has_gates(network) else []),
        f"{count(total.bytes)}B of activations for one image in float32.",
        *smallest_text(network),
        *(
            f"{side.name} reads {side.after}: {piece.inside.params:,} parameters in training, loss x {side.weight}."
            for side, piece in zip(network.side_heads, total.side_heads, strict=True)
        ),
    ]
