"""Writes the tables of codes in docs/check.md and docs/lint.md, and of prices in docs/diff.md, anew.

They stand between `<!-- codes -->` and `<!-- end -->`.

python scripts/codes.py
"""

import re
from pathlib import Path

from brickwork.data.check import RULES
from brickwork.diffing import prices
from brickwork.linting import RULES as LINT_RULES

DOCS = Path(__file__).parents[1] / "docs"
PAGE, LINT_PAGE, DIFF_PAGE = DOCS / "check.md", DOCS / "lint.md", DOCS / "diff.md"


def filled(text: str) -> str:
    """The page of `check` with the table as the code has it."""
    return fill(text, table())


def fill(text: str, rows: str) -> str:
    place = re.compile(r"(<!-- codes -->\n).*?(<!-- end -->)", re.DOTALL)
    return place.sub(lambda found: f"{found[1]}{rows}{found[2]}", text)


def table() -> str:
    head = "| code | | found | what training does | how to mend |\n|---|---|---|---|---|\n"
    return head + "".join(
        f"| {rule.code} | {rule.severity} | {rule.many} | {rule.training} | {rule.remedy} |\n"
        for rule in RULES.values()
    )


def lint_table() -> str:
    head = "| code | | found | reason | how to mend | source |\n|---|---|---|---|---|---|\n"
    return head + "".join(
        f"| {rule.code} | {rule.severity} | {rule.title} | {rule.reason} | {rule.fix} | {rule.source} |\n"
        for rule in LINT_RULES.values()
    )


def price_table() -> str:
    roles = ", ".join(f"{role} {price}" for role, price in prices.OF_ROLE.items())
    holders = ", ".join(f"{kind.__name__} {price}" for kind, price in prices.OF_HOLDER.items())
    rows = {
        "a new layer": f"{roles}, any other {prices.OF_LAYER}",
        "what holds them, alone": holders,
        "a part that goes, whatever is in it": prices.GONE,
        "a layer of the same kind": f"1, and {prices.FIELD} for each field that differs; at most a new layer's",
        "a layer of another kind in the same role, as max for mean pooling": prices.KIND + 1,
        "another name, input or number of classes": prices.LABEL,
        "an idea that the first network has nowhere, as batch norm": prices.IDEA,
    }
    return "| edit | price |\n|---|---|\n" + "".join(f"| {edit} | {price} |\n" for edit, price in rows.items())


if __name__ == "__main__":
    PAGE.write_text(filled(PAGE.read_text()))
    LINT_PAGE.write_text(fill(LINT_PAGE.read_text(), lint_table()))
    DIFF_PAGE.write_text(fill(DIFF_PAGE.read_text(), price_table()))
