"""Rows of text in columns."""

from collections.abc import Sequence
from itertools import zip_longest
from textwrap import wrap

GAP = "  "
RULE = None  # in place of a row: a line across

Cells = Sequence[str]


def grid(rows: Sequence[Cells | None], form: str, width: int = 120) -> list[str]:
    """The rows as lines of text.

    `form` has one mark a column: "<" stands to the left, ">" to the right, and the one "=" stands to the left
    and is folded over several lines where the row would be wider than `width`; a no-break space keeps words together.
    """
    sizes = [max(len(row[column]) for row in rows if row) for column in range(len(form))]
    if "=" in form:
        folded = form.index("=")
        room = width - sum(sizes) + sizes[folded] - len(GAP) * (len(form) - 1)
        sizes[folded] = min(sizes[folded], max(20, room))
    rule = "-" * (sum(sizes) + len(GAP) * (len(form) - 1))
    return [line for row in rows for line in ([rule] if row is RULE else _lines(row, form, sizes))]


def _lines(row: Cells, form: str, sizes: list[int]) -> list[str]:
    cells = [
        wrap(cell, size, break_on_hyphens=False) if mark == "=" else [cell]
        for cell, mark, size in zip(row, form, sizes, strict=True)
    ]
    return [_line(line, form, sizes) for line in zip_longest(*cells, fillvalue="")]


def _line(cells: Cells, form: str, sizes: list[int]) -> str:
    placed = (c.rjust(s) if m == ">" else c.ljust(s) for c, m, s in zip(cells, form, sizes, strict=True))
    return GAP.join(placed).rstrip().replace("\N{NO-BREAK SPACE}", " ")
