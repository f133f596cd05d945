"""docs/check.md says what the code does."""

from pathlib import Path

import codes
from brickwork.data.check import RULES, near, shortcuts, thumbnails

TEXT = (Path(__file__).parents[1] / "docs" / "check.md").read_text()


def test_the_table_is_that_of_the_code() -> None:
    assert codes.filled(TEXT) == TEXT, "run python scripts/codes.py"
    assert all(f"| {code} | {rule.severity} |" in TEXT for code, rule in RULES.items())


def test_the_numbers_are_those_of_the_code() -> None:
    words = " ".join(TEXT.split())
    assert f"64 bits, of which {near.DIFFERING} may differ" in words
    assert f"correlation of {thumbnails.ALIKE}" in words
    assert (
        f"reported from {100 * shortcuts.TELLING:.0f} %, where the class and the rest have {shortcuts.IMAGES}" in words
    )
    assert f"no more than {100 * shortcuts.RARE:.1f} % of up to {shortcuts.SHUFFLES} shuffles" in words


def test_no_code_is_used_twice() -> None:
    assert len({rule.one for rule in RULES.values()}) == len({rule.many for rule in RULES.values()}) == len(RULES)
