"""Writes the tables of docs/faithful.md anew: every network of the zoo against what is published of it.

python scripts/papers.py
"""

import re
from pathlib import Path

from brickwork import zoo
from brickwork.papers import Comparison, Faithful, faithful
from brickwork.papers.tables import TABLES

PAGE = Path(__file__).parents[1] / "docs" / "faithful.md"


def update_page(text: str) -> str:
    """The page with its tables as the code gives them."""
    found = [faithful(zoo.network(name)) for name in dict.fromkeys([*zoo.names(), *TABLES])]
    for mark, rows in (("zoo", zoo_rows(found)), ("deviations", deviation_rows(found)), ("none", none_rows(found))):
        place = re.compile(rf"(<!-- {mark} -->\n).*?(<!-- end -->)", re.DOTALL)
        lines = "".join(f"{row}\n" for row in rows)
        text = place.sub(lambda old, lines=lines: f"{old[1]}{lines}{old[2]}", text)
    return text


def zoo_rows(found: list[Faithful]) -> list[str]:
    rows = [
        f"| {one.network.name} | {'; '.join(table.source for table in one.tables)} | {len(one.comparisons)} "
        f"| {one.count('as printed')} | {one.count('cut off')} | {one.count('differs')} |"
        for one in found
        if one.tables
    ]
    return ["| network | published in | cells | as printed | cut off | differ |", "|---|---|--:|--:|--:|--:|", *rows]


def deviation_rows(found: list[Faithful]) -> list[str]:
    """A row for each network and reason, with all cells that it explains."""
    rows = [
        f"| {one.network.name} | {'; '.join(cell_text(cell) for cell in one.deviations if cell.reason == reason)} "
        f"| {reason.text} | {reason.source} |"
        for one in found
        for reason in one.reasons
    ]
    return ["| network | printed, and here | why | source |", "|---|---|---|---|", *rows]


def cell_text(cell: Comparison) -> str:
    return f"{cell.path or 'whole network'}, {cell.what}: {cell.printed}, here {cell.computed}"


def none_rows(found: list[Faithful]) -> list[str]:
    return [f"- {one.summary()}" for one in found if not one.tables]


if __name__ == "__main__":
    PAGE.write_text(update_page(PAGE.read_text()))
