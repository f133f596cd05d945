"""SECURITY.md says what is so: each promise names tests that there are."""

import re
from pathlib import Path

import pytest

from audited import FINDERS

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "SECURITY.md").read_text()
PROMISES = re.findall(r"^\| (?!promise|---)(.*) \| (.*) \|$", TEXT, re.MULTILINE)
NO_PROMISES = {"test_ends_well", "test_is_heard_in_each_of_its_processes"}
TESTS = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", TEXT)


def test_every_promise_names_its_test() -> None:
    assert len(PROMISES) >= 12
    assert [promise for promise, shown in PROMISES if not re.search("`tests/.*::test_.*`", shown)] == []


@pytest.mark.parametrize(("file", "name"), TESTS, ids=lambda word: word.rpartition("/")[2])
def test_the_tests_that_are_named_are_there(file: str, name: str) -> None:
    assert re.search(rf"^ *def {name}\(", (ROOT / file).read_text(), re.MULTILINE)


def test_every_promise_that_holds_for_all_commands_is_named() -> None:
    held = re.findall(r"    def (test_\w+)\(self, world", (ROOT / "tests" / "test_promises.py").read_text())
    assert len(held) >= 8
    assert set(held) - NO_PROMISES <= {name for _, name in TESTS}


def test_the_programs_that_may_be_started_are_named() -> None:
    assert all(f"`{line}`" in TEXT for line in FINDERS)


def test_the_readme_leads_here_and_the_lines_fit_a_page() -> None:
    assert "(SECURITY.md)" in (ROOT / "README.md").read_text()
    assert [line for line in TEXT.splitlines() if len(line) > 120 and not line.startswith("|")] == []
