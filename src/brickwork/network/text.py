"""A network as a table and as one line."""

from itertools import groupby

from brickwork.network.algebra import Expr
from brickwork.network.cost import Cost, cost
from brickwork.network.flow import Row
from brickwork.network.layer import by
from brickwork.network.value import Network

COLUMNS = ("path", "what", "output", "parameters", "MACs", "field")


def line(network: Network) -> str:
    """One line: name, input, classes, parameters, MACs."""
    total = cost(network)
    return f"{network}: {count(total.params)} parameters, {count(total.macs)} MACs"


def count(number: int) -> str:
    """A count as people say it, to three figures: 25.6 M."""
    for unit, name in ((10**12, "T"), (10**9, "G"), (10**6, "M"), (10**3, "k")):
        if number >= unit:
            digits = 2 - min(2, len(str(number // unit)) - 1)
            return f"{number / unit:.{digits}f} {name}"
    return str(number)


def table(network: Network, depth: str = "block", width: int = 120) -> str:
    """The network as its paper's table has it: a row for each stage, block or layer, and the totals.

    `width` is how many columns of text there are room for; long expressions are cut to it.
    """
    total = cost(network)
    cells = [_cells(row) for row in total.at(depth)]
    cells.append(("total", "", "", f"{total.params:,}", f"{total.macs:,}", ""))
    sizes = [max(len(row[i]) for row in [COLUMNS, *cells]) for i in range(len(COLUMNS))]
    sizes[1] = min(sizes[1], max(20, width - sum(sizes) + sizes[1] - 2 * (len(sizes) - 1)))
    rule = "-" * (sum(sizes) + 2 * (len(sizes) - 1))
    lines = [_line(COLUMNS, sizes), rule, *(_line(row, sizes) for row in cells[:-1]), rule, _line(cells[-1], sizes)]
    return "\n".join([*_heading(network), *lines, *_ending(network, total)])


def _cells(row: Row) -> tuple[str, ...]:
    return row.path, summary(row.parts), by(row.output), f"{row.params:,}", f"{row.macs:,}", by(row.field)


def summary(parts: tuple[Expr, ...]) -> str:
    """Parts as a paper's table has them: equal neighbours once, with how many there are."""
    groups = [(text, len(list(group))) for text, group in groupby(map(repr, parts))]
    return ", ".join(f"{times} x {text}" if times > 1 else text for text, times in groups)


def _line(cells: tuple[str, ...], sizes: list[int]) -> str:
    path, what, *numbers = cells
    what = what if len(what) <= sizes[1] else what[: sizes[1] - 1] + "…"
    return "  ".join(
        [path.ljust(sizes[0]), what.ljust(sizes[1]), *(n.rjust(s) for n, s in zip(numbers, sizes[2:], strict=True))]
    ).rstrip()


def _heading(network: Network) -> list[str]:
    lines = [line(network), network.facts.paper, network.facts.note]
    return [*filter(None, lines), ""]


def _ending(network: Network, total: Cost) -> list[str]:
    lines = [f"{count(total.bytes)}B of activations for one image in float32."]
    lines += [
        f"{side.name} reads {side.after}: {piece.inside.params:,} more parameters in training, loss x {side.weight}."
        for side, piece in zip(network.side_heads, total.side_heads, strict=True)
    ]
    return lines
