"""A network against its paper's published table, cell by cell."""

from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import cache, partial

from brickwork import zoo
from brickwork.network import Network, Shape, cost, with_classes, with_input
from brickwork.papers.measure import NUMBERS, TEXTS, Measured
from brickwork.papers.printed import PublishedTable, Reason, Verdict, scale_of, verdict_of, write_like
from brickwork.papers.result import Comparison, Faithful
from brickwork.papers.tables import TABLES


def faithful(network: Network) -> Faithful:
    """Compare a network with the tables that its paper, its authors and libraries publish; without torch.

    A network is known by its value: one of your own that equals a published one is compared, too. The comparison is on
    the table's input and classes.
    """
    tables = tables_of(network)
    return Faithful(network, tables, tuple(cell for table in tables for cell in compare_table(network, table)))


def tables_of(network: Network) -> tuple[PublishedTable, ...]:
    """The tables of the network of the zoo that equals this one, whatever its input and classes; those set."""
    base, names = network.name.partition("[")[0], [stage.name for stage in network.stages]
    on = cache(partial(move, network))
    for name in sorted(TABLES, key=lambda name: name.partition("[")[0] != base):
        known = zoo.network(name)
        if [stage.name for stage in known.stages] == names and on(known.input, known.classes) == known:
            return tuple(
                table._replace(input=table.input or known.input, classes=table.classes or known.classes)
                for table in TABLES[name]
            )
    return ()


def move(network: Network, input: Shape, classes: int) -> Network:
    """The network on another input with other classes."""
    if (network.input, network.classes) == (input, classes):
        return network
    return with_classes(with_input(network, input), classes)


def compare_table(network: Network, table: PublishedTable) -> Iterator[Comparison]:
    assert table.input, table.source
    assert table.classes, table.source
    moved = move(network, table.input, table.classes)
    found = Measured(moved, cost(moved))
    for path, *cells in table.rows:
        for column, printed in zip(table.columns, cells, strict=True):
            if printed:
                yield compare_cell(found, table, path, column, printed)


def compare_cell(found: Measured, table: PublishedTable, path: str, column: str, printed: str) -> Comparison:
    computed, verdict = judge(found, path, column, printed, table.kilo)
    reason = reason_of(table, path, column) if verdict == "differs" else None
    return Comparison(table.source, path, column, printed, computed, verdict, reason)


def judge(found: Measured, path: str, column: str, printed: str, kilo: int) -> tuple[str, Verdict]:
    """What the network has in a cell's place, and whether that is what is printed."""
    if column in TEXTS:
        text = TEXTS[column](found, path, printed)
        return text, "as printed" if text == printed else "differs"
    number = NUMBERS[column](found, path)
    return finer_text(number, printed, kilo), verdict_of(number, printed, kilo)


def finer_text(number: int, printed: str, kilo: int) -> str:
    """A number in the printed one's unit, with one digit more."""
    scale, decimals = scale_of(printed, kilo)
    return f"{number:,}" if scale == 1 else write_like(number / scale, decimals + 1, printed)


def reason_of(table: PublishedTable, path: str, column: str) -> Reason | None:
    """The first reason that the table states for a cell."""
    stated = (found for found in table.deviations if found.column == column)
    return next((found.reason for found in stated if fnmatchcase(path, found.paths)), None)
