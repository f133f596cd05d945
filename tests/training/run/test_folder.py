import errno
from pathlib import Path

import pytest

from brickwork.errors import BrickworkError
from brickwork.loader.note import Note
from brickwork.training.run.folder import Epoch, Run, best_of, next_free, open_run


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
