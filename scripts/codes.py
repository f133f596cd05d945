"""Writes the tables of codes in docs/check.md and docs/lint.md anew: between `<!-- codes -->` and `<!-- end -->`.

python scripts/codes.py
"""

import re
from pathlib import Path

from brickwork.data.check import RULES
from brickwork.linting import RULES as LINT_RULES

DOCS = Path(__file__).parents[1] / "docs"
PAGE, LINT_PAGE = DOCS / "check.md", DOCS / "lint.md"


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


if __name__ == "__main__":
    PAGE.write_text(filled(PAGE.read_text()))
    LINT_PAGE.write_text(fill(LINT_PAGE.read_text(), lint_table()))
