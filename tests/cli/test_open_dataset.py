"""The options of a data set, as commands have them."""

from pathlib import Path

import click
import pytest

from brickwork.cli.open_dataset import data_options, open_dataset
from brickwork.errors import BrickworkError


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    for number in range(200):
        path = tmp_path / ("cat", "dog")[number % 2] / f"p{number // 10}_{number}.jpg"
        path.parent.mkdir(exist_ok=True)
        path.touch()
    return tmp_path


def test_data_must_be_given_unless_there_is_a_default() -> None:
    said: list[str] = []

    def command(data: str, groups: str) -> None:
        said.append(f"{data} {groups}")

    open_ = click.command()(data_options("fashion")(command))
    open_.main([], standalone_mode=False)
    open_.main(["--data", "photos", "--groups", "(p)"], standalone_mode=False)
    assert said == ["fashion ", "photos (p)"]
    with pytest.raises(click.MissingParameter):
        click.command()(data_options()(command)).main([], standalone_mode=False)


def test_another_number_of_classes_is_refused(photos: Path) -> None:
    assert open_dataset(str(photos), classes=2).classes == ("cat", "dog")
    with pytest.raises(BrickworkError, match=r" has 2 classes, not 3: cat, dog\.$"):
        open_dataset(str(photos), classes=3)
