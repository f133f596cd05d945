"""Which images a network sees, how often, and how they are read: sampling, workers, cache and memory."""

import multiprocessing
import os
import shutil
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from effects.batches import WAYS, Batch, arrays, classes_of, folder, limit_memory, restore_bytes, see, see_arrays

LABELS = [0] * 80 + [1] * 15 + [2] * 5
NUMBERED = np.arange(100, dtype=np.uint8).reshape(-1, 1, 1, 1) * np.ones((1, 1, 4, 4), np.uint8)
SHAPE = (3, 16, 16)


def order(batches: list[Batch]) -> list[int]:
    """The number of each image of `NUMBERED`; its label must be its own."""
    numbers = restore_bytes(batches, NUMBERED)[:, 0, 0, 0].tolist()
    assert [LABELS[number] for number in numbers] == [label for batch in batches for label in classes_of(batch)]
    return numbers


def epochs_of(sampling: str, **recipe: object) -> list[list[int]]:
    batches = see_arrays(NUMBERED, LABELS, sampling=sampling, epochs=3, batch=30, **recipe)
    assert [len(batch.images) for batch in batches[:4]] == [25] * 4  # nearly equal, none of them larger than asked for
    return [order(batches[first : first + 4]) for first in (0, 4, 8)]


def test_shuffled_sampling_shows_every_image_once_an_epoch_in_another_order() -> None:
    epochs = epochs_of("shuffled")
    assert all(sorted(epoch) == list(range(100)) for epoch in epochs)
    assert len({tuple(epoch) for epoch in (*epochs, range(100))}) == 4
    assert epochs == epochs_of("shuffled")
    assert epochs != epochs_of("shuffled", seed=4)


@pytest.mark.parametrize("more", WAYS.values(), ids=WAYS)
def test_balanced_sampling_shows_every_class_equally_often_and_its_images_in_turn(more: dict[str, float]) -> None:
    for epoch in epochs_of("balanced", **more):
        assert sorted(Counter(LABELS[number] for number in epoch).values()) == [33, 33, 34]
        times = Counter(epoch)
        assert max(times[number] for number in range(80)) == 1
        assert {times[number] for number in range(80, 95)} == {2, 3}
        assert {times[number] for number in range(95, 100)} == {6, 7}


def put(root: Path, count: int = 6, side: int = 40) -> Path:
    """Two classes of small photographs in train and in val."""
    chance = np.random.default_rng(4)
    for split in ("train", "val"):
        for name in ("cold", "warm"):
            (root / split / name).mkdir(parents=True)
            for number in range(count):
                noise = Image.fromarray(chance.integers(0, 256, (5, 5, 3), np.uint8))
                noise.resize((side, side + number)).save(root / split / name / f"{number}.png")
    return root


@pytest.fixture
def photographs(tmp_path: Path) -> Path:
    return put(tmp_path / "photographs")


ALL: dict[str, object] = {
    "epochs": 2, "batch": 5, "flip": True, "crop": 2, "scale": 0.4, "color": 0.3, "policy": "trivialaugment",
    "mixup": 0.5, "cutmix": 0.5, "erasing": 0.5, "sampling": "balanced",
}  # fmt: skip


def same(one: list[Batch], other: list[Batch]) -> bool:
    return len(one) == len(other) and all(
        torch.equal(a.images, b.images) and torch.allclose(a.targets, b.targets, atol=1e-5)
        for a, b in zip(one, other, strict=True)
    )


def see_with_workers(photographs: Path, count: int, **recipe: object) -> tuple[list[Batch], int]:
    """The batches, and the most processes that there were beside this one."""
    processes: list[int] = []

    def listen(text: str) -> None:
        processes.append(len(multiprocessing.active_children()))

    batches = see(folder(photographs), SHAPE, listen, workers=count, **{**ALL, **recipe})
    assert not multiprocessing.active_children()
    return batches, max(processes)


@pytest.mark.parametrize("cache", ["off", "auto"])
def test_as_many_workers_as_asked_for_give_the_same_batches(photographs: Path, cache: str) -> None:
    found = [see_with_workers(photographs, count, cache=cache) for count in (0, 1, 2)]
    assert [count for _, count in found] == [0, 1, 2]
    assert same(found[0][0], found[1][0])
    assert same(found[0][0], found[2][0])
    assert not same(found[0][0], see_with_workers(photographs, 0, cache=cache, seed=4)[0])


def cached() -> int:
    """Bytes in the cache folder."""
    return sum(file.stat().st_size for file in Path(os.environ["BRICKWORK_CACHE"]).rglob("*") if file.is_file())


@pytest.fixture
def openings(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """One entry for each time that Pillow has opened an image."""
    found: list[object] = []
    real = Image.open

    def count(*arguments: Any, **options: Any) -> Image.Image:
        found.append(arguments)
        return real(*arguments, **options)

    monkeypatch.setattr(Image, "open", count)
    return found


SPLIT = 2 * 6 * 3 * 16 * 16  # bytes of the images of train, and of val, at the input's size


def test_without_a_cache_nothing_is_on_the_disk(photographs: Path) -> None:
    see(folder(photographs), SHAPE, cache="off")
    assert cached() == 0


@pytest.mark.parametrize("cache", ["auto", "always"])
def test_decoded_images_are_kept_on_the_disk_and_not_decoded_again(
    photographs: Path, cache: str, openings: list[object]
) -> None:
    first = see(folder(photographs), SHAPE, cache=cache)
    assert 2 * SPLIT < cached() < 2 * SPLIT + 20_000
    assert len(openings) == 24
    again = see(folder(photographs), SHAPE, cache=cache)
    assert len(openings) == 24
    assert same(first, again)


@pytest.mark.parametrize(("cache", "free", "kept"), [("auto", 4, True), ("auto", 3.99, False), ("always", 1.99, True)])
def test_auto_takes_a_quarter_of_the_free_disk_and_always_all_of_it(
    photographs: Path, monkeypatch: pytest.MonkeyPatch, cache: str, free: float, kept: bool
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=int(free * SPLIT)))
    heard: list[str] = []
    see(folder(photographs), SHAPE, heard.append, cache=cache)
    assert (cached() > 0) == kept
    assert any("decoded images are not kept in the cache" in text for text in heard) != kept


@pytest.mark.parametrize(("cache", "kept"), [("auto", False), ("always", True)])
def test_arrays_which_need_no_decoding_are_kept_on_the_disk_only_where_always(cache: str, kept: bool) -> None:
    images = np.random.default_rng(4).integers(0, 256, (20, 3, 20, 20), np.uint8)
    see(arrays(images, range(20)), SHAPE, cache=cache)
    assert (cached() > 0) == kept


@pytest.mark.parametrize(("memory", "decoded"), [(0.5, 12 + 12), (0.25, 12 + 3 * 12 + 12), (0.24, 4 * 12 + 4 * 12)])
def test_images_live_in_that_share_of_the_free_memory_or_are_decoded_in_each_epoch(
    photographs: Path, monkeypatch: pytest.MonkeyPatch, openings: list[object], memory: float, decoded: int
) -> None:
    plain = see(folder(photographs), SHAPE, epochs=3)
    openings.clear()
    limit_memory(monkeypatch, 4 * SPLIT)
    assert same(plain, see(folder(photographs), SHAPE, epochs=3, memory=memory))
    assert len(openings) == decoded
