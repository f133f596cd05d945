"""The README says what is so."""

import doctest
import re
import shlex
import subprocess
from difflib import unified_diff
from pathlib import Path

import pytest

import readme
from shell import parse

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "README.md").read_text()


def test_the_outputs_are_those_of_the_commands() -> None:
    assert TEXT.count("<!-- output: ") >= 3
    differing = list(unified_diff(TEXT.splitlines(), readme.filled(TEXT, "output").splitlines(), lineterm="", n=0))
    assert not differing, "run python scripts/readme.py"


def test_the_lines_fit_a_page() -> None:
    assert [line for line in TEXT.splitlines() if len(line) > 120] == []


def test_the_examples_in_python_give_what_stands_below_them() -> None:
    found = doctest.DocTestParser().get_doctest(TEXT.replace("```", ""), {}, "README.md", "README.md", 0)
    assert len(found.examples) >= 8
    complaints: list[str] = []
    doctest.DocTestRunner().run(found, out=complaints.append)
    assert not complaints, "".join(complaints)


def test_continuous_integration_runs_the_readmes_test_command() -> None:
    done = subprocess.run([ROOT / ".ci" / "run", "--print"], capture_output=True, text=True, check=True)
    command = re.search(r"<!-- command: test -->\n```sh\n(.*)\n```", TEXT)
    assert command
    assert done.stdout == f"{command[1]}\n"


@pytest.mark.parametrize("command", re.findall(r"^brickwork (?:show|train|evaluate|predict) .*", TEXT, re.MULTILINE))
def test_the_commands_parse(command: str) -> None:
    parse(*shlex.split(command)[1:])
