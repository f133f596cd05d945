"""docs/lint.md says what is so: its table is the code's, and of each code one example fails and one passes."""

import re
from pathlib import Path

import pytest

import codes
from brickwork.linting import RULES, lint

TEXT = (Path(__file__).parents[1] / "docs" / "lint.md").read_text()
START, *SECTIONS = TEXT[TEXT.index("## An example of each") : TEXT.index("## The zoo")].split("\n### ")
EXAMPLES = {section.split()[0]: section for section in SECTIONS}


def test_the_table_is_that_of_the_code() -> None:
    assert codes.fill(TEXT, codes.lint_table()) == TEXT, "run python scripts/codes.py"
    assert all(f"| {code} | {rule.severity} |" in TEXT for code, rule in RULES.items())


def test_every_code_has_an_example_under_its_title() -> None:
    assert list(EXAMPLES) == list(RULES)
    assert [section.partition("\n")[0] for section in SECTIONS] == [f"{r.code} {r.title}" for r in RULES.values()]


@pytest.mark.parametrize("code", RULES)
def test_of_each_code_one_example_fails_and_one_passes(code: str) -> None:
    names: dict[str, object] = {}
    for text in (START, EXAMPLES[code]):
        (block,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
        exec(block, names)
    batch = 1 if code == "N202" else None
    assert code in lint(names["fails"], batch).codes  # type: ignore[arg-type]
    assert code not in lint(names["passes"], batch).codes  # type: ignore[arg-type]
    if RULES[code].severity == "error":
        assert lint(names["passes"], batch).count("error") == 0  # type: ignore[arg-type]


def test_the_lines_fit_a_page() -> None:
    assert [line for line in TEXT.splitlines() if len(line) > 120 and not line.startswith("| N")] == []
