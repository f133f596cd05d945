import shutil
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import bars
import pictures
from brickwork.data import open_data
from brickwork.data.cache import store
from brickwork.data.dataset import ArraySplit, Dataset, Split
from brickwork.errors import BrickworkError
from brickwork.loader.loader import Batch, Loader, TensorLoader, WorkerLoader, make_loader, open_loader
from brickwork.loader.note import Note, Notify
from brickwork.loader.prepare import prepare
from brickwork.loader.workers import worker_count
from brickwork.network import Network
from brickwork.recipe.recipe import Recipe

CPU = torch.device("cpu")
RECIPE = replace(bars.QUICK, crop=1, batch=50)
PHOTOGRAPHS = replace(bars.network(classes=2), input=(3, 16, 16))


def fed(recipe: Recipe = RECIPE, classes: Sequence[str] = bars.CLASSES, report: Notify = bars.silent) -> Loader:
    splits: dict[str, Split] = {"train": bars.split(128, 0), "val": bars.split(32, 3)}
    return fed_with(bars.network(), Dataset("bars", tuple(classes), splits), recipe, report)


def fed_with(network: Network, data: Dataset, recipe: Recipe, report: Notify = bars.silent) -> Loader:
    return make_loader(prepare(network, data, recipe, report), recipe, CPU, report)


def same(one: Sequence[Batch], other: Sequence[Batch]) -> bool:
    return len(one) == len(other) and all(
        torch.equal(a.images, b.images) and torch.equal(a.targets, b.targets) for a, b in zip(one, other, strict=True)
    )


def epochs(made: Loader, *numbers: int) -> list[Batch]:
    """The batches of these epochs; the feed is used up."""
    try:
        return [batch for number in numbers for batch in made.batches(number)]
    finally:
        made.close()


def test_an_epoch_has_every_image_once_in_batches_of_nearly_equal_size() -> None:
    made = fed()
    batches = list(made.batches(1))
    assert [len(batch.images) for batch in batches] == [43, 43, 42]
    assert (len(made), made.samples) == (3, 128)
    assert torch.cat([batch.targets for batch in batches]).bincount().tolist() == [32, 32, 32, 32]


def test_a_batch_is_normalised_and_has_channels_last() -> None:
    images = torch.cat([batch.images for batch in fed(replace(RECIPE, crop=0)).batches(1)])
    assert images.dtype == torch.float32
    assert images.is_contiguous(memory_format=torch.channels_last)
    assert images.mean().item() == pytest.approx(0, abs=1e-5)
    assert images.std().item() == pytest.approx(1, abs=1e-3)


def test_batches_depend_on_seed_and_epoch_and_nothing_else() -> None:
    first = list(fed().batches(2))
    torch.manual_seed(9)
    assert same(first, list(fed().batches(2)))
    assert not same(first, list(fed().batches(3)))
    assert not same(first, list(fed(replace(RECIPE, seed=1)).batches(2)))


def test_what_seed_and_epoch_draw_stays_what_it_was() -> None:
    order, flips, crops = np.random.default_rng((7, 3)).spawn(3)
    samples = order.permutation(128)[:43]
    mirrored, shifts = flips.random(128) < 0.5, crops.integers(-1, 2, (128, 2))
    images = bars.split(128, 0).images / np.float32(255)
    first = next(fed(replace(RECIPE, seed=7)).batches(3))
    mean, std = images.mean(), images.std()
    for found, sample in zip(first.images, samples, strict=True):
        down, right = shifts[sample] * (1, -1 if mirrored[sample] else 1)
        expected = np.pad(images[sample, 0], 1, mode="edge")[1 + down : 9 + down, 1 + right : 9 + right]
        expected = expected[:, ::-1] if mirrored[sample] else expected
        assert found[0].numpy() == pytest.approx((expected - mean) / std, abs=1e-4)


def test_an_epoch_can_begin_in_its_middle() -> None:
    assert same(list(fed().batches(2))[1:], list(fed().batches(2, first=1)))
    assert not list(fed().batches(2, first=3))


def test_the_time_spent_waiting_is_told_once() -> None:
    made = fed(replace(RECIPE, scale=0.9, workers=0))
    list(made.batches(1))
    assert made.take_waited() > 0
    assert made.take_waited() == 0
    in_memory = fed()
    list(in_memory.batches(1))
    assert in_memory.take_waited() == 0


def test_too_little_memory_changes_no_batch() -> None:
    recipe = replace(RECIPE, erasing=0.5, mixup=0.2)
    material = prepare(bars.network(), bars.dataset().with_validation(0.2), recipe, bars.silent)
    small = make_loader(replace(material, in_memory=False), recipe, CPU, bars.silent)
    large = make_loader(material, recipe, CPU, bars.silent)
    assert isinstance(small, WorkerLoader)
    assert isinstance(large, TensorLoader)
    assert same(epochs(small, 1, 2), epochs(large, 1, 2))


def test_a_network_that_takes_one_size_alone_is_not_given_smaller_images() -> None:
    heard: list[str] = []
    network = replace(bars.network(), input=(1, 16, 16))  # its head is flat
    recipe = replace(RECIPE, resize_from=0.5)
    splits: dict[str, Split] = {"train": bars.split(64, 0), "val": bars.split(8, 3)}
    made = fed_with(network, Dataset("bars", bars.CLASSES, splits), recipe, lambda news: heard.append(news.text))
    assert next(made.batches(1)).images.shape[2:] == (16, 16)
    assert "resize_from is passed over: tiny does not take images of 8x8" in heard


EVERYTHING = replace(
    bars.QUICK,
    batch=10, crop=2, scale=0.5, color=0.3, policy="trivialaugment", mixup=0.2, cutmix=0.5, erasing=0.3,
)  # fmt: skip


@pytest.fixture
def photographs(tmp_path: Path) -> Path:
    return pictures.folder(tmp_path / "photographs")


def test_batches_are_the_same_bit_for_bit_however_many_workers_read_from_files_or_the_cache(photographs: Path) -> None:
    def made(**changes: object) -> list[Batch]:
        recipe = replace(EVERYTHING, **changes)  # type: ignore[arg-type]
        return epochs(fed_with(PHOTOGRAPHS, open_data(str(photographs)), recipe), 1, 2)

    first = made(workers=0, cache="off")
    assert not store.list_packs()
    assert len(first) == 6
    assert not same(first[:3], first[3:])
    for count in (0, 1, 2):
        assert same(first, made(workers=count, cache="off"))
        assert same(first, made(workers=count, cache="auto"))
    assert store.list_packs()
    assert not same(first, made(workers=0, seed=1))


def test_workers_can_begin_in_the_middle_of_an_epoch_and_leave_in_the_middle_of_another(photographs: Path) -> None:
    recipe = replace(EVERYTHING, workers=2)
    made = fed_with(PHOTOGRAPHS, open_data(str(photographs)), recipe)
    next(made.batches(1))
    resumed = list(made.batches(2, first=1))
    assert same(resumed, epochs(made, 2)[1:])


def test_an_image_that_is_lost_is_left_out_and_named_once(photographs: Path) -> None:
    heard: list[Note] = []
    recipe = replace(EVERYTHING, cache="off", workers=0, mixup=0.0, cutmix=0.0)
    made = fed_with(PHOTOGRAPHS, open_data(str(photographs)), recipe, heard.append)
    whole = list(made.batches(1))
    lost = photographs / "train" / "cold" / "4.jpg"
    lost.unlink()
    left = list(made.batches(1))
    list(made.batches(2))
    assert [len(batch.images) for batch in whole] == [8, 8, 8]
    assert sorted(len(batch.images) for batch in left) == [7, 8, 8]
    assert sum(same([a], [b]) for a, b in zip(whole, left, strict=True)) == 2
    assert [news.text for news in heard].count(f"left out {lost}: there is no such file") == 1


def test_a_folder_that_vanishes_is_told_so(photographs: Path) -> None:
    made = fed_with(PHOTOGRAPHS, open_data(str(photographs)), replace(EVERYTHING, cache="off", workers=1))
    batches = made.batches(1)
    next(batches)
    shutil.rmtree(photographs)
    with pytest.raises(BrickworkError, match=r"the folder .*photographs/train/\w+ is gone, and its images with it"):
        list(chain.from_iterable(made.batches(number) for number in range(2, 9)))
    made.close()


def test_a_batch_without_an_image_that_can_be_read_ends_the_training(photographs: Path) -> None:
    made = fed_with(PHOTOGRAPHS, open_data(str(photographs)), replace(EVERYTHING, cache="off", workers=0))
    for path in (photographs / "train").rglob("*.jpg"):
        path.write_bytes(b"")
    with pytest.raises(BrickworkError, match=r"no image of a batch can be read any more: .*\.jpg: empty \(0 bytes\)\."):
        list(made.batches(1))


def test_padded_images_have_bars_in_the_mean_colour_in_training_too(photographs: Path) -> None:
    recipe = replace(bars.QUICK, fit="pad", flip=False)
    material = prepare(PHOTOGRAPHS, open_data(str(photographs)), recipe, bars.silent)
    made = make_loader(material, recipe, CPU, bars.silent)
    assert material.preprocessing.fit == "pad"
    batch = next(made.batches(1))
    bar = batch.images[:, :, 0, :].abs().amax((1, 2))
    assert (bar < 0.02).sum() >= 5  # half a byte, in deviations
    views = material.validation[0:3]
    expected = [material.preprocessing.pixels(material.val.split.image(i)) for i in range(3)]
    assert all((view.numpy() == pixels).all() for view, pixels in zip(views, expected, strict=True))


def test_workers_are_as_many_as_are_asked_for_and_none_where_an_epoch_is_short() -> None:
    assert worker_count(Recipe(workers=3), 10, CPU) == 3
    assert worker_count(Recipe(workers=0), 10**6, torch.device("cuda")) == 0
    assert worker_count(Recipe(), 100, CPU) == 0
    assert 0 <= worker_count(Recipe(), 10**6, CPU) <= worker_count(Recipe(), 10**6, torch.device("cuda")) <= 8


def test_arrays_are_cut_at_random_without_a_cache(tmp_path: Path) -> None:
    split = bars.split(40, 0)
    assert isinstance(split, ArraySplit)
    data = Dataset("bars", bars.CLASSES, {"train": split, "val": bars.split(8, 3)})
    recipe = replace(bars.QUICK, scale=0.5, workers=0)
    one, other = fed_with(bars.network(), data, recipe), fed_with(bars.network(), data, replace(recipe, workers=1))
    assert same(epochs(one, 1), epochs(other, 1))
    assert not store.list_packs()


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        ({"dataset": "photos"}, r"dataset is a Dataset, which open_data gives, not str\."),
        ({"network": "lenet5"}, r"network is a Network, which zoo\.network gives, .*model\.network, not str\."),
        ({"recipe": "fast"}, r"recipe is a Recipe, which recipe_for\(\.\.\.\)\.recipe is, not str\."),
        ({"device": "gpu"}, r"unknown device 'gpu': expected a word such as 'cpu', 'cuda' or 'cuda:1'\."),
        ({"network": bars.network(7)}, r"tiny tells 7 classes apart, but bars has 4: .*classes=4\."),
        (
            {"dataset": replace(bars.dataset(), splits={"test": bars.split(8, 0)})},
            r"bars has no split 'train': it has test\.",
        ),
    ],
)
def test_what_a_loader_cannot_be_made_of_is_told_in_one_line(wrong: dict[str, Any], text: str) -> None:
    with pytest.raises(BrickworkError, match=f"^{text}"):
        open_loader(**{"dataset": bars.dataset(), "network": bars.network(), "recipe": RECIPE, **wrong})


def test_a_device_may_be_a_word_and_epochs_count_from_1() -> None:
    with open_loader(bars.dataset(), bars.network(), RECIPE, device="cpu") as loader:
        batch = next(loader.batches(1))
        assert loader.device == CPU
        assert repr(batch) == f"Batch({len(batch.targets)} images of 1x8x8, cpu)"
        for epoch in (0, -1):
            with pytest.raises(BrickworkError, match=f"^epochs count from 1, not from {epoch}"):
                next(loader.batches(epoch))
