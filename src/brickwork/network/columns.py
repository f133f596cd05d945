"""Text tables: rows in aligned columns."""

from collections.abc import Sequence
from itertools import zip_longest
from textwrap import wrap

GAP = "  "
RULE = None  # in place of a row: a line across

Row = Sequence[str] | None  # a str in place of a row is a heading: it stands as it is and sets no column's width


def format_columns(rows: Sequence[Row], form: str, width: int = 120) -> list[str]:
    """The rows as lines of text.

    `form` has one mark a column: "<" stands to the left, ">" to the right, and the one "=" stands to the left
    and is folded over several lines where the row would be wider than `width`; a no-break space keeps words together.
    """
    cells = [row for row in rows if row is not RULE and not isinstance(row, str)]
    sizes = [max(len(row[column]) for row in cells) for column in range(len(form))]
    if "=" in form:
        folded = form.index("=")
        room = width - sum(sizes) + sizes[folded] - len(GAP) * (len(form) - 1)
        sizes[folded] = min(sizes[folded], max(10, room))
    return [line for row in rows for line in _lines(row, form, sizes)]


def _lines(row: Row, form: str, sizes: list[int]) -> list[str]:
    if row is RULE:
        return ["-" * (sum(sizes) + len(GAP) * (len(sizes) - 1))]
    if isinstance(row, str):
        return [row]
    cells = [
        wrap(cell, size, break_on_hyphens=False) if mark == "=" else [cell]
        for cell, mark, size in zip(row, form, sizes, strict=True)
    ]
    return [_line(line, form, sizes) for line in zip_longest(*cells, fillvalue="")]


def _line(cells: Sequence[str], form: str, sizes: list[int]) -> str:
    placed = (c.rjust(s) if m == ">" else c.ljust(s) for c, m, s in zip(cells, form, sizes, strict=True))
    return GAP.join(placed).rstrip().replace("\N{NO-BREAK SPACE}", " ")
