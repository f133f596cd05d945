import os
import runpy
from pathlib import Path

import numpy as np
import pytest

import brickwork.data
from brickwork.data import open_data
from brickwork.data.cache.pack import value_counts
from brickwork.data.dataset import ArraySplit
from brickwork.data.sources.idx import arrays, read_idx
from brickwork.data.statistics import channel_moments
from calls import calls

FOLDER = Path(brickwork.data.__file__).parent / "fashion"
FULL = Path(os.environ.get("FASHION_MNIST", "/usr/share/datasets/fashion-mnist"))
SCRIPT = Path(__file__).parents[2] / "scripts/make_fashion.py"


def test_fashion_has_a_thousand_training_and_two_hundred_test_images_of_each_class() -> None:
    found = open_data("fashion")
    assert found.shape == (1, 28, 28)
    assert {name: np.bincount(split.labels).tolist() for name, split in found.splits.items()} == {
        "train": [1000] * 10,
        "test": [200] * 10,
    }
    assert found.classes == (
        "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
    )  # fmt: skip


def test_fashion_takes_at_most_6_megabytes_and_carries_its_licence() -> None:
    assert sum(file.stat().st_size for file in FOLDER.iterdir()) <= 6_000_000
    assert "Copyright © 2017 Zalando SE" in (FOLDER / "LICENSE").read_text(encoding="utf-8")


def test_no_image_of_fashion_is_there_twice_or_in_both_splits() -> None:
    splits = open_data("fashion").splits.values()
    images = [image.tobytes() for split in splits if isinstance(split, ArraySplit) for image in split.images]
    assert len(images) == 12_000
    assert len(set(images)) == 12_000


def test_fashion_is_in_memory_without_a_call_for_each_image_but_its_name() -> None:
    count = calls(lambda: open_data("fashion"))
    assert count.total() < 3 * 10_000
    split = open_data("fashion").splits["train"]
    assert isinstance(split, ArraySplit)
    assert split.images.shape == (10_000, 1, 28, 28)


def test_fashions_mean_and_deviation_are_those_that_are_known_of_the_full_set() -> None:
    split = open_data("fashion").splits["train"]
    assert isinstance(split, ArraySplit)
    mean, std = channel_moments(value_counts(split.images.reshape(1, -1, 1)))
    assert mean == pytest.approx((0.2860,), abs=0.005)
    assert std == pytest.approx((0.3530,), abs=0.005)


@pytest.mark.skipif(not FULL.is_dir(), reason="needs the full set, Debian's dataset-fashion-mnist")
@pytest.mark.parametrize("split", ["train", "test"])
def test_the_script_chooses_the_images_that_are_here(split: str) -> None:
    script = runpy.run_path(str(SCRIPT))
    full, here = arrays(FULL, split), arrays(FOLDER, split)
    chosen = full.subset(script["chosen"](full, script["EACH"][split]))
    assert (chosen.images == here.images).all()
    assert (chosen.labels == here.labels).all()


def test_the_script_writes_files_that_read_back_and_are_the_same_each_time(tmp_path: Path) -> None:
    script = runpy.run_path(str(SCRIPT))
    values = np.random.default_rng(0).integers(0, 256, (7, 5, 4), np.uint8)
    for name in ("a.gz", "b.gz"):
        script["write"](tmp_path / name, values)
    assert (read_idx(tmp_path / "a.gz", rank=3) == values).all()
    assert (tmp_path / "a.gz").read_bytes() == (tmp_path / "b.gz").read_bytes()
