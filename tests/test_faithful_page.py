"""docs/faithful.md says what is so: its tables are the code's, its output the command's."""

import doctest
from pathlib import Path

import papers
import readme

TEXT = (Path(__file__).parents[1] / "docs" / "faithful.md").read_text()


def test_the_tables_are_those_of_the_code() -> None:
    assert papers.update_page(TEXT) == TEXT, "run python scripts/papers.py"
    assert TEXT.count("\n| ") > 70


def test_the_output_is_that_of_the_command() -> None:
    assert TEXT.count("<!-- output: ") == 1
    assert readme.update_blocks(TEXT, "output") == TEXT, "run readme.update_blocks over the page"


def test_the_examples_give_what_stands_below_them() -> None:
    found = doctest.DocTestParser().get_doctest(TEXT.replace("```", ""), {}, "faithful.md", "faithful.md", 0)
    assert len(found.examples) >= 6
    complaints: list[str] = []
    doctest.DocTestRunner().run(found, out=complaints.append)
    assert not complaints, "".join(complaints)


def test_the_lines_fit_a_page() -> None:
    long = [line for line in TEXT.splitlines() if len(line) > 120 and not line.startswith(("| ", "- No table"))]
    assert long == []
