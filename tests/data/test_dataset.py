from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from brickwork.data.dataset import ArraySplit, Dataset, FileSplit
from brickwork.errors import BrickworkError


def dataset(counts: list[int]) -> Dataset:
    """Classes of so many images each; image number i is filled with i."""
    labels = np.repeat(np.arange(len(counts)), counts)
    images = np.arange(len(labels), dtype=np.uint8).reshape(-1, 1, 1, 1) * np.ones((1, 1, 2, 2), np.uint8)
    train = ArraySplit(labels, images, "file", tuple(range(len(labels))))
    return Dataset("set", tuple(map(str, range(len(counts)))), {"train": train, "test": train.take([0])})


def numbers(found: Dataset, split: str) -> list[int]:
    part = found.splits[split]
    assert isinstance(part, ArraySplit)
    assert part.images[:, 0, 0, 0].tolist() == list(part.numbers)  # images, labels and names stay together
    assert [name.removeprefix("file#") for name in part.names] == list(map(str, part.numbers))
    return list(part.numbers)


def test_validation_is_a_tenth_of_every_class() -> None:
    found = dataset([50, 30, 10]).with_validation()
    assert np.bincount(found.splits["val"].labels).tolist() == [5, 3, 1]
    assert sorted(numbers(found, "train") + numbers(found, "val")) == list(range(90))
    assert list(found.splits) == ["train", "val", "test"]


def test_validation_is_drawn_by_the_seed() -> None:
    whole = dataset([50, 30])
    assert numbers(whole.with_validation(seed=1), "val") == numbers(whole.with_validation(seed=1), "val")
    assert numbers(whole.with_validation(seed=1), "val") != numbers(whole.with_validation(seed=2), "val")


def test_validation_that_is_there_is_kept() -> None:
    whole = dataset([50, 30]).with_validation(0.5)
    assert whole.with_validation(0.1) is whole


def test_a_class_of_one_image_stays_in_train_and_one_of_two_is_shared() -> None:
    found = dataset([1, 2, 3]).with_validation(0.01)
    assert np.bincount(found.splits["val"].labels, minlength=3).tolist() == [0, 1, 1]
    assert np.bincount(found.splits["train"].labels).tolist() == [1, 1, 2]


@pytest.mark.parametrize("fraction", [0.0, 1.0, -0.5, 1.5])
def test_a_share_that_is_none_is_refused(fraction: float) -> None:
    with pytest.raises(BrickworkError, match=f"between 0 and 1, not {fraction}"):
        dataset([5, 5]).with_validation(fraction)


def test_a_split_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(BrickworkError, match=r"^set has no split 'val': it has train, test\.$"):
        dataset([5, 5]).split("val")


def test_files_are_drawn_by_their_place_in_the_set_and_not_by_that_of_the_set() -> None:
    files = tuple(f"cat/{i}.jpg" for i in range(40))
    drawn = [
        Dataset("set", ("cat",), {"train": FileSplit(np.zeros(40, np.int64), Path(root), files)}).with_validation()
        for root in ("/one", "/two")
    ]
    assert drawn[0].splits["val"].keys == drawn[1].splits["val"].keys


def test_colour_arrays_give_colour_images() -> None:
    images = np.random.default_rng(0).integers(0, 256, (2, 3, 4, 5), np.uint8)
    image = ArraySplit(np.zeros(2, np.int64), images, "file", (0, 1)).image(1)
    assert (image.mode, image.size) == ("RGB", (5, 4))
    assert (np.asarray(image).transpose(2, 0, 1) == images[1]).all()


def test_files_are_decoded_when_they_are_asked_for(tmp_path: Path) -> None:
    split = FileSplit(np.zeros(1, np.int64), tmp_path, ("late.png",))
    Image.new("RGB", (3, 2), "red").save(tmp_path / "late.png")
    assert split.image(0).getpixel((0, 0)) == (255, 0, 0)
