import errno
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from brickwork.data import open_data
from brickwork.errors import BrickworkError
from brickwork.loader.note import Note
from brickwork.training.run.folder import Epoch, Run, best_of, check_place, make_free, next_free, open_run


def epoch(number: int, accuracy: float, loss: float) -> Epoch:
    return Epoch(number, 1.0, loss, accuracy, 0.1, 1.0, 100.0)


def test_the_best_epoch_is_the_most_accurate_then_the_least_loss_then_the_first() -> None:
    assert best_of([epoch(1, 0.8, 0.1), epoch(2, 0.9, 0.5)]).epoch == 2
    assert best_of([epoch(1, 0.9, 0.5), epoch(2, 0.9, 0.4), epoch(3, 0.9, 0.6)]).epoch == 2
    assert best_of([epoch(1, 0.9, 0.5), epoch(2, 0.9, 0.5)]).epoch == 1


def test_a_new_run_has_the_first_free_number(tmp_path: Path) -> None:
    assert next_free(tmp_path, "resnet20", "fashion").name == "resnet20-fashion-1"
    (tmp_path / "resnet20-fashion-1").mkdir()
    assert next_free(tmp_path, "resnet20", "fashion").name == "resnet20-fashion-2"


def test_a_runs_name_is_a_folders_name(tmp_path: Path) -> None:
    assert next_free(tmp_path, "resnet20[width=0.5,flavor=pre]", "my photos/cats").name == (
        "resnet20-width=0.5-flavor=pre-my-photos-cats-1"
    )


def test_a_folder_on_a_disk_that_knows_no_locks_can_be_trained_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(file: object, what: int) -> None:
        raise OSError(errno.ENOTSUP, "Operation not supported")

    monkeypatch.setattr("fcntl.flock", refused)
    with Run(tmp_path, "").lock():
        pass


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / ".lock").mkdir()
    with pytest.raises(BrickworkError, match="the run folder cannot be written"), Run(tmp_path, "").lock():
        pass


@pytest.mark.parametrize("text", ["[]", '{"title": "x"}'])
def test_a_plan_that_lacks_something_is_one_line(tmp_path: Path, text: str) -> None:
    (tmp_path / "recipe.toml").write_text("")
    (tmp_path / "run.json").write_text(text)
    with pytest.raises(BrickworkError, match=r"run\.json does not say network, data, .*: it was not"):
        open_run(tmp_path)


def test_what_a_note_counts_stands_in_the_folder_name_by_name(tmp_path: Path) -> None:
    Run(tmp_path, "").log(Note("2 images have changed (a.png and 1 more)", names=("a.png", "b.png")))
    assert (tmp_path / "notes.txt").read_text() == "2 images have changed (a.png and 1 more)\n  a.png\n  b.png\n"


def test_trainings_that_begin_at_once_get_folders_of_their_own(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda number: make_free(tmp_path, "resnet20", "photos"), range(24)))
    assert sorted(path.name for path in made) == sorted(f"resnet20-photos-{number}" for number in range(1, 25))


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("a file")
    with pytest.raises(BrickworkError, match="the run folder cannot be made: Not a directory"):
        make_free(tmp_path / "runs", "resnet20", "photos")


def test_no_run_is_written_among_images(tmp_path: Path) -> None:
    for file in ("cat/1.png", "dog/1.png", "owl/1.png", "mine/recipe.toml", "mine/run.json", "mine/curve.svg"):
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).touch()
    dataset = open_data(tmp_path)
    for place in (tmp_path, tmp_path / "cat", tmp_path / "dog"):
        with pytest.raises(BrickworkError, match="holds images: give the run a folder of its own"):
            check_place(place, dataset)
    for place in (tmp_path / "mine", tmp_path / "new", tmp_path / "new" / "cat"):
        check_place(place, dataset)


def test_the_contents_are_read_back_and_an_older_run_has_none(tmp_path: Path) -> None:
    run = Run(tmp_path, "a run")
    assert run.read_contents() is None
    contents = {"cat/\n 1.png": ("train/cat", "0" * 16), os.fsdecode(b"caf\xe9.png"): ("val/dog", "f" * 16)}
    run.write_contents(contents)
    assert run.read_contents() == contents
    (tmp_path / "images.jsonl.gz").write_bytes((tmp_path / "images.jsonl.gz").read_bytes()[:-9])
    assert run.read_contents() is None
