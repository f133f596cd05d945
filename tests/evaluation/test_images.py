"""Reading a split in windows, with the sizes of originals that were decoded in part."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from brickwork.data.dataset import ArraySplit, FileSplit
from brickwork.data.preprocessing import Preprocessing
from brickwork.evaluation import images
from brickwork.evaluation.images import DecodedImage, UnreadableImage, read_windows

GREY4 = Preprocessing(1, 4, 4, (0.0,), (1.0,))


def files(folder: Path, names: list[str]) -> FileSplit:
    return FileSplit(np.zeros(len(names), np.int64), folder, tuple(names))


def test_a_split_comes_in_windows_in_its_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "WINDOW", 3)
    pixels = np.arange(8, dtype=np.uint8).reshape(8, 1, 1, 1).repeat(4, 2).repeat(4, 3)
    split = ArraySplit(np.zeros(8, np.int64), pixels, "x", tuple(range(8)))
    found = list(read_windows(split, GREY4))
    assert [[each.place for each in window] for window in found] == [[0, 1, 2], [3, 4, 5], [6, 7]]
    assert [int(each.pixels[0, 0, 0]) for window in found for each in window if isinstance(each, DecodedImage)] == [
        *range(8)
    ]
    assert list(read_windows(split.subset([]), GREY4)) == []


def test_the_size_is_the_originals_also_where_a_jpeg_is_decoded_at_a_part_of_it(tmp_path: Path) -> None:
    picture = Image.new("L", (640, 480), 90)
    picture.save(tmp_path / "a.jpg")
    picture.save(tmp_path / "a.png")
    turned = Image.Exif()
    turned[274] = 6  # on its side
    picture.save(tmp_path / "turned.jpg", exif=turned)
    (window,) = read_windows(files(tmp_path, ["a.jpg", "a.png", "turned.jpg"]), GREY4)
    assert [(each.width, each.height) for each in window if isinstance(each, DecodedImage)] == [
        (640, 480), (640, 480), (480, 640),
    ]  # fmt: skip


def test_pixels_that_begin_as_a_jpeg_does_have_their_own_size() -> None:
    image = np.full((1, 1, 5, 7), 255, np.uint8)
    image[0, 0, 0, 1] = 0xD8
    ((seen,),) = read_windows(ArraySplit(np.zeros(1, np.int64), image, "x", (0,)), GREY4)
    assert isinstance(seen, DecodedImage)
    assert (seen.width, seen.height) == (7, 5)


def test_brightness_is_the_mean_of_what_the_network_gets(tmp_path: Path) -> None:
    Image.new("L", (9, 9), 51).save(tmp_path / "a.png")
    ((seen,),) = read_windows(files(tmp_path, ["a.png"]), GREY4)
    assert isinstance(seen, DecodedImage)
    assert seen.brightness == pytest.approx(0.2)


def test_what_cannot_be_read_keeps_its_place_and_reason(tmp_path: Path) -> None:
    Image.new("L", (9, 9), 51).save(tmp_path / "a.png")
    (tmp_path / "b.png").write_bytes(b"")
    (window,) = read_windows(files(tmp_path, ["b.png", "a.png", "c.png"]), GREY4)
    assert window[0] == UnreadableImage(0, "empty (0 bytes)")
    assert isinstance(window[1], DecodedImage)
    assert window[2] == UnreadableImage(2, "there is no such file")
