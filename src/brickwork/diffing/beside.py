"""Two networks side by side as a table: rows that stand in each other's place are one."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from textwrap import wrap
from typing import NamedTuple

from brickwork.diffing.diff import Diff, diff, layer_pairs
from brickwork.diffing.text import with_sign
from brickwork.network import Network, Row, cost
from brickwork.network.columns import RULE, format_columns
from brickwork.network.columns import Row as Cells
from brickwork.network.layer import shape_text
from brickwork.network.text import repeat_text, summary_line

HALF = ("path", "what", "output", "parameters")
Pair = tuple[int | None, int | None]  # places of rows
READABLE, LONGEST = 8, 40  # characters of what a row is: below the least it is left out


class Beside(NamedTuple):
    """A row of the first network, or of the second, or of both; the mark says what became of it."""

    mark: str
    one: Row | None
    two: Row | None

    def to_dict(self) -> dict[str, object]:
        rows = {"first": self.one, "second": self.two}
        return {"mark": self.mark, **{name: row.to_dict() if row else None for name, row in rows.items()}}


def rows_beside(one: Network, two: Network, depth: str = "stage") -> list[Beside]:
    """The rows of two networks at a depth, each beside the one that it became."""
    made = diff(one, two)
    old, new = (cost(network).at(depth) for network in (one, two))
    first, second = owners(one, old), owners(two, new)
    pairs = ((first.get(a, -1), second.get(b, -1)) for a, b in layer_pairs(made, one, two))
    marked = rows_with_marks(made, first, second)
    return [Beside(_mark(pair, marked), *_rows(pair, old, new)) for pair in align_rows(len(old), len(new), pairs)]


def owners(network: Network, rows: Sequence[Row]) -> dict[str, int]:
    """The place of the row that holds a layer, by the layer's path."""
    places = {row.path: place for place, row in enumerate(rows)}
    found: dict[str, int] = {}
    for path, _ in network.layers():
        words = path.split(".")
        above = (".".join(words[:count]) for count in range(len(words), 0, -1))
        place = next((places[each] for each in above if each in places), None)
        if place is not None:
            found[path] = place
    return found


def align_rows(first: int, second: int, pairs: Iterable[tuple[int, int]]) -> Iterator[Pair]:
    """So many rows and so many others: in order, those of a pair together."""
    i = j = 0
    for (a, b), _ in groupby(pairs):
        if a >= i and b >= j:
            yield from ((place, None) for place in range(i, a))
            yield from ((None, place) for place in range(j, b))
            yield a, b
            i, j = a + 1, b + 1
    yield from ((place, None) for place in range(i, first))
    yield from ((None, place) for place in range(j, second))


def rows_with_marks(made: Diff, first: Mapping[str, int], second: Mapping[str, int]) -> tuple[set[int], set[int]]:
    """The rows of both networks in which an edit takes or gives a layer."""
    old, new = made.marks()
    return {first[path] for path in old if path in first}, {second[path] for path in new if path in second}


def _mark(pair: Pair, marked: tuple[set[int], set[int]]) -> str:
    if pair[1] is None:
        return "-"
    if pair[0] is None:
        return "+"
    return "~" if pair[0] in marked[0] or pair[1] in marked[1] else ""


def _rows(pair: Pair, old: Sequence[Row], new: Sequence[Row]) -> tuple[Row | None, Row | None]:
    a, b = pair
    return None if a is None else old[a], None if b is None else new[b]


def beside_text(one: Network, two: Network, depth: str = "stage", width: int = 120) -> str:
    """Both networks' tables in one, and what the second costs more or less."""
    rows = rows_beside(one, two, depth)
    room = room_for_words(rows, width)
    cells = [(row.mark, *half_cells(row.one, room), "", *half_cells(row.two, room)) for row in rows]
    head = HALF if room else (HALF[0], *HALF[2:])
    totals, empty = [cost(network) for network in (one, two)], ("",) * (len(head) - 2)
    sums = ("", "total", *empty, f"{totals[0].params:,}", "", "total", *empty, f"{totals[1].params:,}")
    table: list[Cells] = [("", *head, "", *head), RULE, *cells, RULE, sums]
    half = "<<>>" if room else "<>>"
    change = totals[1].params - totals[0].params, totals[1].macs - totals[0].macs
    numbers = " and ".join(
        f"{with_sign(n) or '0'} {word}" for n, word in zip(change, ("parameters", "MACs"), strict=True)
    )
    ending = f"The second has {numbers} beside the first. + added, - removed, ~ changed."
    return "\n".join(
        [summary_line(one), summary_line(two), "", *format_columns(table, f"<{half}<{half}"), *wrap(ending, width)]
    )


def half_cells(row: Row | None, room: int) -> tuple[str, ...]:
    if row is None:
        return ("",) * (len(HALF) if room else len(HALF) - 1)
    words = (cut_words(repeat_text(row.parts), room),) if room else ()
    return row.path, *words, shape_text(row.output), f"{row.params:,}"


def room_for_words(rows: Sequence[Beside], width: int) -> int:
    """The characters that there are for what a row is; 0 where they are too few."""
    plain = [(row.mark, *half_cells(row.one, 0), "", *half_cells(row.two, 0)) for row in rows]
    head = ("", HALF[0], *HALF[2:], "", HALF[0], *HALF[2:])
    taken = max(map(len, format_columns([head, RULE, *plain], "<<>><<>>")))
    room = min((width - taken) // 2 - 2, LONGEST)
    return room if room >= READABLE else 0


def cut_words(words: str, room: int) -> str:
    words = words.replace("\N{NO-BREAK SPACE}", " ")
    return words if len(words) <= room else f"{words[: room - 3]}..."
