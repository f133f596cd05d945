from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from brickwork.data.dataset import ArraySplit, FileSplit
from brickwork.data.memory import Pixels, Skipped, load_pixels, statistics
from brickwork.data.preprocessing import Preprocessing
from brickwork.errors import BrickworkError

RGB8 = Preprocessing(3, 8, 8, (0.0,) * 3, (1.0,) * 3)
GREY28 = Preprocessing(1, 28, 28, (0.0,), (1.0,))


def array_split(count: int = 5, channels: int = 1, side: int = 28) -> ArraySplit:
    images = np.random.default_rng(0).integers(0, 256, (count, channels, side, side), np.uint8)
    return ArraySplit(np.arange(count) % 2, images, "train-images", tuple(range(count)))


def file_split(folder: Path, count: int = 5) -> FileSplit:
    for i in range(count):
        Image.new("RGB", (10, 12), (i % 256, i // 256, 0)).save(folder / f"{i}.png")
    return FileSplit(np.arange(count), folder, tuple(f"{i}.png" for i in range(count)))


def test_arrays_of_the_right_shape_are_taken_as_they_are() -> None:
    split = array_split()
    found = load_pixels(split, GREY28)
    assert (found.images == split.images).all()
    assert found.labels.tolist() == [0, 1, 0, 1, 0]
    assert found.names == tuple(f"train-images#{i}" for i in range(5))


def test_the_pixels_are_a_copy_that_may_be_written_to() -> None:
    split = array_split()
    before = split.images.copy()
    load_pixels(split, GREY28).images[:] = 0
    assert (split.images == before).all()


@pytest.mark.parametrize("channels", [1, 3])
def test_the_short_way_and_the_long_way_give_the_same_pixels(channels: int) -> None:
    split = array_split(channels=channels, side=8)
    grey = Preprocessing(channels, 8, 8, (0.0,) * channels, (1.0,) * channels)
    long = np.stack([grey.pixels(split.image(i)) for i in range(len(split))])
    assert (load_pixels(split, grey).images == long).all()


def test_arrays_of_another_shape_are_resized() -> None:
    assert load_pixels(array_split(), RGB8).images.shape == (5, 3, 8, 8)


def test_files_keep_their_order(tmp_path: Path) -> None:
    found = load_pixels(file_split(tmp_path, 600), RGB8)  # more than one window
    assert found.labels.tolist() == list(range(600))
    assert (found.images[:, 0, 0, 0] + 256 * found.images[:, 1, 0, 0].astype(int)).tolist() == list(range(600))
    assert found.names[599] == str(tmp_path / "599.png")


def test_an_unreadable_image_is_named_and_left_out_and_not_replaced(tmp_path: Path) -> None:
    split = file_split(tmp_path)
    (tmp_path / "1.png").write_text("<html>")
    (tmp_path / "3.png").unlink()
    found = load_pixels(split, RGB8)
    assert found.labels.tolist() == [0, 2, 4]
    assert found.images[:, 0, 0, 0].tolist() == [0, 2, 4]
    assert found.names == tuple(str(tmp_path / f"{i}.png") for i in (0, 2, 4))
    assert found.skipped == (
        Skipped(str(tmp_path / "1.png"), "HTML text, not an image"),
        Skipped(str(tmp_path / "3.png"), "there is no such file"),
    )


def test_progress_hears_how_many_images_are_done(tmp_path: Path) -> None:
    heard: list[int] = []
    load_pixels(file_split(tmp_path), RGB8, progress=heard.append)
    load_pixels(array_split(), GREY28, progress=heard.append)
    assert heard == [1, 2, 3, 4, 5, 5]


def test_a_split_that_does_not_fit_into_memory_is_a_users_mistake() -> None:
    huge = Preprocessing(3, 10**7, 10**7, (0.0,) * 3, (1.0,) * 3)
    with pytest.raises(BrickworkError, match=r"5 images of 3x10000000x10000000 need 1,500,000.0 GB of memory"):
        load_pixels(array_split(), huge)


def pixels(images: np.ndarray) -> Pixels:  # type: ignore[type-arg]
    return Pixels(images, np.zeros(len(images), np.int64), ("",) * len(images))


def test_statistics_are_each_channels_mean_and_deviation() -> None:
    images = np.random.default_rng(0).integers(0, 200, (700, 3, 9, 5), np.uint8)
    mean, std = statistics(pixels(images))
    assert np.allclose(mean, images.mean(axis=(0, 2, 3)) / 255, atol=1e-12)
    assert np.allclose(std, images.std(axis=(0, 2, 3)) / 255, atol=1e-12)


def test_statistics_do_not_depend_on_the_order_of_the_images() -> None:
    images = np.random.default_rng(0).integers(0, 256, (600, 1, 5, 5), np.uint8)
    assert statistics(pixels(images)) == statistics(pixels(images[::-1]))


def test_one_flat_colour_has_a_deviation_that_can_be_divided_by() -> None:
    mean, std = statistics(pixels(np.full((3, 1, 4, 4), 51, np.uint8)))
    assert (mean, std) == (pytest.approx((0.2,)), (1 / 255,))


def test_no_pixels_have_no_statistics() -> None:
    with pytest.raises(BrickworkError, match="no image could be read"):
        statistics(pixels(np.empty((0, 3, 4, 4), np.uint8)))
