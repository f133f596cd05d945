"""docs/exercises.md says what is so: each command runs, and prints what stands in code below it."""

import doctest
import re
import shlex
from pathlib import Path

import pytest

from brickwork.cli.shell import run
from shell import parse

TEXT = (Path(__file__).parents[1] / "docs" / "exercises.md").read_text()
EXERCISES = re.findall(r"^### (.*)\n\n```sh\n(.*)\n```\n\n((?:.+\n)+)", TEXT, re.MULTILINE)
TRAINED = [exercise for exercise in EXERCISES if exercise[1].startswith("brickwork train ")]
READ = [exercise for exercise in EXERCISES if exercise not in TRAINED]


def squeeze(text: str) -> str:
    return " ".join(text.split())


def test_every_exercise_has_one_command() -> None:
    assert len(EXERCISES) == TEXT.count("\n### ") >= 25
    assert TEXT.count("```sh") == len(EXERCISES) + 1  # the exam sheet's own
    chapters = re.findall(r"^## (.*)", TEXT, re.MULTILINE)
    assert chapters[:3] == ["LeNet", "AlexNet", "VGG"]
    assert len(chapters) == 8


@pytest.mark.parametrize(("title", "command", "answer"), READ, ids=[title for title, _, _ in READ])
def test_the_command_prints_what_the_answer_says(
    title: str, command: str, answer: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "140")
    code = run(shlex.split(command)[1:])
    printed = squeeze(capsys.readouterr().out)
    assert code == (1 if "lint alexnet" in command else 0)
    figures = re.findall(r"`([^`]*)`", squeeze(answer))
    assert figures, title
    assert [figure for figure in figures if squeeze(figure) not in printed and not is_aside(figure)] == []


def is_aside(figure: str) -> bool:
    """Names of networks, arguments and commands beside what is printed."""
    return figure in ("lenet5", "resnet20", "stride=v1", "stage3.0")


@pytest.mark.parametrize("command", [command for _, command, _ in TRAINED])
def test_the_trainings_are_commands(command: str) -> None:
    parse(*shlex.split(command)[1:])


def test_the_exam_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    command = re.search(r"^brickwork quiz .*", TEXT, re.MULTILINE)
    assert command
    assert run(shlex.split(command[0])[1:]) == 0
    assert "10 questions: exam.html" in capsys.readouterr().out
    assert (tmp_path / "exam.html").read_text().count('class="question"') == 10


def test_the_numbers_that_are_reckoned_on_the_page_are_so() -> None:
    assert 2 * 9 * 256 * 256 == 1_179_648
    assert 11_689_512 - 11_687_720 == 1_792
    assert round(11_689_512 / 269_722) == 43
    assert f"{1_429_200 / 416_520:.1f}" == "3.4"
    assert round(244_362 / 61_706) == 4


def test_the_examples_give_what_stands_below_them() -> None:
    found = doctest.DocTestParser().get_doctest(TEXT.replace("```", ""), {}, "exercises.md", "exercises.md", 0)
    assert len(found.examples) >= 6
    complaints: list[str] = []
    doctest.DocTestRunner().run(found, out=complaints.append)
    assert not complaints, "".join(complaints)


def test_the_lines_fit_a_page() -> None:
    assert [line for line in TEXT.splitlines() if len(line) > 120] == []
