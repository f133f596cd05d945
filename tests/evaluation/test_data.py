"""The data to score a model on, divided as for its training."""

from pathlib import Path

import pytest

from brickwork.data import open_data
from brickwork.evaluation.data import open_as_divided


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    for number in range(200):
        path = tmp_path / ("cat", "dog")[number % 2] / f"p{number // 10}_{number}.jpg"
        path.parent.mkdir(exist_ok=True)
        path.touch()
    return tmp_path


def test_data_is_divided_as_for_the_training(photos: Path) -> None:
    trained = open_data(str(photos), groups="(p[0-9]+)_", seed=5)
    record = {"seed": 5, "groups": trained.groups, "data": trained.name}
    scored = open_as_divided(str(photos), "", record)
    assert scored.splits["test"].keys == trained.splits["test"].keys
    assert open_as_divided(str(photos), "", {}).splits["test"].keys != trained.splits["test"].keys


def test_data_of_another_name_or_with_groups_of_its_own_is_not_grouped_as_for_the_training(photos: Path) -> None:
    record = {"seed": ["by hand"], "groups": "(p[0-9]+)_", "data": "others"}
    assert open_as_divided(str(photos), "", record).groups == ""
    assert open_as_divided(str(photos), "([0-9])[.]", {**record, "data": photos.name}).groups == "([0-9])[.]"


def test_groups_of_the_training_that_are_not_there_are_told(photos: Path) -> None:
    found = open_as_divided(str(photos), "", {"groups": "(film[0-9]+)", "data": photos.name})
    assert found.notes[-1].startswith("Not grouped as for the training: groups: '(film[0-9]+)' is found in none of the")
