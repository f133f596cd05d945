import json
from pathlib import Path
from shlex import split

import pytest

from brickwork import zoo
from brickwork.exam import quiz
from shell import Ask


@pytest.mark.parametrize(("form", "ending"), [("markdown", ".md"), ("html", ".html"), ("gift", ".gift")])
def test_a_sheet_is_printed_or_written_in_each_form(ask: Ask, tmp_path: Path, form: str, ending: str) -> None:
    words = ("quiz", "alexnet", "--questions", "4", "--seed", "7", "--form", form)
    sheet = quiz(zoo.network("alexnet"), 4, 7).render(form)  # type: ignore[arg-type]
    assert ask(*words).out.rstrip("\n") == sheet.rstrip("\n")
    path = tmp_path / f"sheet{ending}"
    answer = ask(*words, "--out", path)
    assert (answer.code, answer.out) == (0, f"alexnet: 4 questions: {path}\n")
    assert path.read_text() == sheet
    assert ask(*words, "--out", path).code == 0  # a sheet is written over a sheet


def test_a_quiz_as_json_has_answers_key_and_mistakes(ask: Ask, tmp_path: Path) -> None:
    document = ask("quiz", "lenet5", "--questions", "3", "--json").document
    assert document == json.loads(json.dumps({**quiz(zoo.network("lenet5"), 3).to_dict(), "out": None}))
    path = tmp_path / "sheet.md"
    assert ask("quiz", "lenet5", "--json", "--out", path).document["out"] == str(path)
    assert path.exists()


def test_another_input_is_asked_about(ask: Ask) -> None:
    document = ask("quiz", "vgg11", "--input", "3x64x64", "--classes", "5", "--json").document
    assert (document["input"], document["classes"]) == ([3, 64, 64], 5)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("alexnet", "--questions", "900"), "different questions: ask for at most "),
        (("alexnet", "--questions", "0"), "0 is not in the range 1<=x<=1000"),
        (("alexnet", "--form", "pdf"), "'pdf' is not one of 'markdown', 'html', 'gift'"),
        (("alexnet", "--out", "sheet.html"), "sheet.html: what is written here has a name that ends in .md."),
        (("alexnt",), "did you mean 'alexnet'"),
    ],
)
def test_mistakes_are_one_line(ask: Ask, words: tuple[str, ...], says: str) -> None:
    answer = ask("quiz", *words)
    assert (answer.code, answer.out) == (2, "")
    assert says in answer.err
    assert answer.err.count("\n") == 1


def test_a_file_that_is_no_sheet_is_not_written_over(ask: Ask, tmp_path: Path) -> None:
    path = tmp_path / "notes.md"
    path.write_text("# My notes\n")
    assert "did not come from this command" in ask("quiz", "lenet5", "--out", path).err
    assert path.read_text() == "# My notes\n"


def test_the_command_on_a_sheet_makes_it_again(ask: Ask) -> None:
    sheet = ask("quiz", "resnet20[width=0.5]", "--input", "1x28x28", "--classes", "7", "--seed", "3").out
    line = sheet.rpartition("Made by `brickwork ")[2].partition("`")[0]
    assert ask(*split(line)).out == sheet
