"""docs/pictures.md: its pictures are those that are drawn today, small, each with the command that draws it."""

import re
from pathlib import Path

import pytest

from brickwork.drawing.paint import PAINTS
from brickwork.drawing.picture import DEPTHS
from brickwork.drawing.theme import THEMES
from pictures_of_docs import FIGURES, FOLDER
from shell import parse

TEXT = (FOLDER.parent / "pictures.md").read_text()
SIZES = 100_000, 450_000  # bytes of a picture and of all


@pytest.mark.parametrize("file", FIGURES)
def test_a_picture_is_the_one_that_is_drawn_today(file: str) -> None:
    assert (FOLDER / file).read_text() == FIGURES[file].draw().svg, "run python scripts/pictures_of_docs.py"


@pytest.mark.parametrize("file", FIGURES)
def test_a_picture_stands_below_the_command_that_draws_it(file: str) -> None:
    command = FIGURES[file].command(file)
    assert f"`{command}`" in TEXT
    assert TEXT.index(f"`{command}`") < TEXT.index(f"(pictures/{file})")
    parse(*command.replace("'", "").split()[1:])


def test_the_page_has_every_picture_and_no_other() -> None:
    assert sorted(re.findall(r"\(pictures/([^)]+)\)", TEXT)) == sorted(FIGURES)
    assert sorted(path.name for path in FOLDER.iterdir()) == sorted(FIGURES)


def test_the_pictures_are_small() -> None:
    sizes = [path.stat().st_size for path in FOLDER.iterdir()]
    assert max(sizes) <= SIZES[0]
    assert sum(sizes) <= SIZES[1]


def test_every_choice_is_on_the_page() -> None:
    for word in (*DEPTHS, *PAINTS, *THEMES):
        assert f"`{word}`" in TEXT or f" {word}`" in TEXT, word


def test_the_lines_fit_a_page() -> None:
    assert [line for line in Path(FOLDER.parent / "pictures.md").read_text().splitlines() if len(line) > 120] == []
