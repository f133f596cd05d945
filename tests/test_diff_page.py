"""docs/diff.md says what is so."""

import doctest
import re
from pathlib import Path

import codes
import readme
from pictures_of_docs import FIGURES
from shell import parse

TEXT = (Path(__file__).parents[1] / "docs" / "diff.md").read_text()


def test_the_outputs_are_those_of_the_commands() -> None:
    assert TEXT.count("<!-- output: ") >= 3
    assert readme.update_blocks(TEXT, "output") == TEXT, "run python scripts/readme.py"


def test_the_prices_are_those_of_the_code() -> None:
    assert codes.fill(TEXT, codes.price_table()) == TEXT, "run python scripts/codes.py"


def test_the_examples_give_what_stands_below_them() -> None:
    found = doctest.DocTestParser().get_doctest(TEXT.replace("```", ""), {}, "diff.md", "diff.md", 0)
    assert len(found.examples) >= 6
    complaints: list[str] = []
    doctest.DocTestRunner().run(found, out=complaints.append)
    assert not complaints, "".join(complaints)


def test_the_commands_parse_and_draw_the_pictures_of_the_page() -> None:
    commands = re.findall(r"^brickwork (.*)$", TEXT, re.MULTILINE)
    assert len(commands) == 3
    for command in commands:
        parse(*command.split())
    for file in re.findall(r"\(pictures/([^)]+)\)", TEXT):
        assert FIGURES[file].command(file) in TEXT


def test_the_lines_fit_a_page() -> None:
    assert [line for line in TEXT.splitlines() if len(line) > 120] == []
