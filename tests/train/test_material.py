from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import bars
from brickwork.data.sources import open_data
from brickwork.errors import BrickworkError
from brickwork.train.material import read
from brickwork.train.progress import Progress


def folder(root: Path, count: int = 6) -> Path:
    for name in ("dark", "light"):
        for split in ("train", "val"):
            (root / split / name).mkdir(parents=True)
            for number in range(count):
                colour = np.full((8, 8, 3), 40 if name == "dark" else 200, np.uint8)
                Image.fromarray(colour).save(root / split / name / f"{number}.png")
    return root


def test_the_preprocessing_has_the_training_pixels_mean_and_deviation() -> None:
    data = bars.dataset().with_validation(0.2)
    material = read(bars.network(), data, bars.QUICK, bars.silent)
    pixels = data.splits["train"].images / 255
    assert material.preprocessing.mean == pytest.approx([pixels.mean()])
    assert material.preprocessing.std == pytest.approx([pixels.std()])
    assert material.preprocessing.shape == (1, 8, 8)
    assert len(material.train) + len(material.val) == len(bars.dataset().splits["train"])


def test_an_image_that_cannot_be_read_is_named_and_no_other_takes_its_place(tmp_path: Path) -> None:
    data = folder(tmp_path / "lights")
    (data / "train" / "dark" / "2.png").write_text("<html>")
    heard: list[Progress] = []
    material = read(replace(bars.network(classes=2), input=(3, 8, 8)), open_data(str(data)), bars.QUICK, heard.append)
    assert len(material.train) == 11
    assert [skipped.name for skipped in material.skipped] == [str(data / "train" / "dark" / "2.png")]
    assert f"skipped {data}/train/dark/2.png: {material.skipped[0].reason}" in [news.text for news in heard]


def test_a_split_without_a_readable_image_is_said(tmp_path: Path) -> None:
    data = folder(tmp_path / "lights", count=1)
    for name in ("dark", "light"):
        (data / "val" / name / "0.png").write_text("no image")
    with pytest.raises(BrickworkError, match="lights: none of the 2 images of the split 'val' can be read"):
        read(replace(bars.network(classes=2), input=(3, 8, 8)), open_data(str(data)), bars.QUICK, bars.silent)
