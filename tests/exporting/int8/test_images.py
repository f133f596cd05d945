"""The images of a quantisation: training images calibrate, validation images judge, and the test split is not read."""

from pathlib import Path

import numpy as np
import pytest

from brickwork.data import open_data
from brickwork.data.dataset import Dataset
from brickwork.errors import BrickworkError
from brickwork.evaluation.logits import preprocessing_of
from brickwork.exporting.int8.images import Int8Images, calibration_images, find_int8_images
from shades import LEVELS, draw_shades, judge


def test_each_split_has_its_part_and_the_test_split_none(tmp_path: Path) -> None:
    folder = draw_shades(tmp_path / "shades", 4, ("train", "val", "test"))
    for image in (folder / "test").rglob("*.png"):
        image.write_bytes(b"it would be noticed")
    for number, image in enumerate(sorted((folder / "val").rglob("*.png"))):
        if number == 2:
            image.write_bytes(b"no image")
    images = find_int8_images(judge(), folder, tmp_path)
    assert images.source == "shades"
    assert images.calibration.shape == (12, 1, 8, 8)
    assert len(images.held_out) == len(images.labels) == 11  # the one that cannot be read is left out
    shades = np.array(LEVELS)[images.labels]
    assert np.abs(images.held_out[:, 0, 0, 0].astype(int) - shades).max() <= 20
    assert sum(map(len, images.batches())) == 11


def test_every_class_has_as_many_images_to_calibrate_with(tmp_path: Path) -> None:
    dataset = open_data(str(draw_shades(tmp_path / "shades", 9)))
    steps = preprocessing_of(judge())
    pixels = calibration_images(dataset, np.arange(3), dataset.classes, steps, count=10)
    nearest = np.abs(pixels[:, 0, 0, :1].astype(int) - np.array([20, 128, 235])).argmin(1)
    assert np.bincount(nearest).tolist() == [4, 4, 4]


def test_a_class_without_a_training_image_is_named(tmp_path: Path) -> None:
    folder = draw_shades(tmp_path / "shades", 3)
    for image in (folder / "train" / "grey").iterdir():
        image.write_bytes(b"no image")
    with pytest.raises(BrickworkError, match="class 'grey' has no training image that can be read"):
        find_int8_images(judge(), folder, tmp_path)


def test_without_data_or_a_split_there_is_a_line(tmp_path: Path) -> None:
    with pytest.raises(BrickworkError, match="int8 needs real images, and the model's record names no data: name some"):
        find_int8_images(judge(), None, tmp_path)
    whole = open_data(str(draw_shades(tmp_path / "shades", 3)))
    for name in ("train", "val"):
        rest = {other: split for other, split in whole.splits.items() if other != name}
        with pytest.raises(BrickworkError, match=f"has no split '{name}', on whose images int8 "):
            find_int8_images(judge(), Dataset(whole.name, whole.classes, rest), tmp_path)


def test_batches_are_arrays_of_their_own(tmp_path: Path) -> None:
    pixels = np.arange(70, dtype=np.uint8).reshape(70, 1, 1, 1)
    images = Int8Images("numbers", pixels[:1], pixels, np.zeros(70, np.int64))
    assert [len(batch) for batch in images.batches()] == [32, 32, 6]
    assert np.array_equal(np.concatenate([*images.batches()]), pixels)
