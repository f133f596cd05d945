"""Writes the table of codes in docs/check.md anew: what stands between `<!-- codes -->` and `<!-- end -->`.

python scripts/codes.py
"""

import re
from pathlib import Path

from brickwork.data.check import RULES

PAGE = Path(__file__).parents[1] / "docs" / "check.md"


def filled(text: str) -> str:
    """The page with the table as the code has it."""
    place = re.compile(r"(<!-- codes -->\n).*?(<!-- end -->)", re.DOTALL)
    return place.sub(lambda found: f"{found[1]}{table()}{found[2]}", text)


def table() -> str:
    head = "| code | | found | what training does | how to mend |\n|---|---|---|---|---|\n"
    return head + "".join(
        f"| {rule.code} | {rule.severity} | {rule.many} | {rule.training} | {rule.remedy} |\n"
        for rule in RULES.values()
    )


if __name__ == "__main__":
    PAGE.write_text(filled(PAGE.read_text()))
