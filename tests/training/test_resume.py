"""What is said where a training that goes on finds other images than it began with."""

import json
import shutil
import signal
from pathlib import Path

import pytest
from PIL import Image

import bars
from brickwork.errors import BrickworkError
from brickwork.training.events import Event, Step
from brickwork.training.resume import what_differs
from brickwork.training.train import resume, train


def photos(folder: Path) -> Path:
    split = bars.split(40, 0, classes=2)
    for number, (image, label) in enumerate(zip(split.images, split.labels, strict=True)):
        path = folder / bars.CLASSES[label] / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image[0]).save(path)
    return folder


def stop_early(event: Event) -> None:
    if isinstance(event, Step):
        signal.raise_signal(signal.SIGHUP)


@pytest.fixture
def stopped(tmp_path: Path) -> Path:
    data = photos(tmp_path / "photos")
    result = train("resnet20[width=0.25]", data, out=tmp_path / "run", epochs=1, listener=stop_early)
    assert result.stopped == signal.SIGHUP
    return result.run


def test_data_that_was_moved_is_named_once_and_known_from_then_on(stopped: Path, tmp_path: Path) -> None:
    shutil.move(tmp_path / "photos", tmp_path / "elsewhere" / "pictures")
    with pytest.raises(BrickworkError, match=r"photos, the data of .*run, is gone: where it was moved, type") as caught:
        resume(stopped, progress=False)
    assert f"'brickwork train --resume {stopped} --data ELSEWHERE'" in str(caught.value)
    resume(stopped, progress=False, data=tmp_path / "elsewhere" / "pictures", listener=stop_early)
    assert json.loads((stopped / "run.json").read_text())["data"] == str(tmp_path / "elsewhere" / "pictures")
    assert resume(stopped, progress=False).stopped == 0


def test_the_images_that_differ_are_named(stopped: Path, tmp_path: Path) -> None:
    first, second, third = sorted((tmp_path / "photos").glob("*/*.png"))[:3]
    Image.new("L", (9, 9)).save(first)
    second.unlink()
    before = (stopped / "run.json").read_bytes()
    for data in (None, tmp_path / "photos"):
        with pytest.raises(BrickworkError, match="photos is not what it was when this training began") as caught:
            resume(stopped, progress=False, data=data)
        name = first.parent.name
        assert f"changed: 1 changed ({name}/{first.name}), 1 gone ({name}/{second.name})" in str(caught.value)
        assert third.name not in str(caught.value)
    assert (stopped / "run.json").read_bytes() == before


def test_images_in_another_split_or_class_and_older_runs_are_told_apart() -> None:
    before = {"a": ("train/cat", "1"), "b": ("train/cat", "2"), "c": ("val/dog", "3")}
    now = {**before, "a": ("val/cat", "1"), "c": ("val/cat", "3"), "d": ("train/cat", "4")}
    assert what_differs(before, now) == ": 1 new (d), 2 in another split or class (a, c)"
    assert what_differs({}, {}) == ""
    assert "knew images by the spelling of their paths" in what_differs(None, now)
