from collections.abc import Sequence
from dataclasses import replace

import pytest
import torch

import bars
from brickwork.data.dataset import Dataset, Split
from brickwork.train.feed import Batch, Feed, feed
from brickwork.train.material import read
from brickwork.train.recipe import Recipe

RECIPE = replace(bars.QUICK, crop=1, batch=50)


def fed(recipe: Recipe = RECIPE, classes: Sequence[str] = bars.CLASSES) -> Feed:
    splits: dict[str, Split] = {"train": bars.split(128, 0), "val": bars.split(32, 3)}
    data = Dataset("bars", tuple(classes), splits)
    return feed(read(bars.network(), data, recipe, bars.silent), recipe, torch.device("cpu"), bars.silent)


def same(one: Sequence[Batch], other: Sequence[Batch]) -> bool:
    return len(one) == len(other) and all(
        torch.equal(a.images, b.images) and torch.equal(a.targets, b.targets) for a, b in zip(one, other, strict=True)
    )


def test_an_epoch_has_every_image_once_in_batches_of_nearly_equal_size() -> None:
    made = fed()
    batches = list(made.batches(1))
    assert [len(batch.images) for batch in batches] == [43, 43, 42]
    assert (made.steps, made.samples) == (3, 128)
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


def test_an_epoch_can_begin_in_its_middle() -> None:
    assert same(list(fed().batches(2))[1:], list(fed().batches(2, first=1)))
    assert not list(fed().batches(2, first=3))


def test_the_time_spent_waiting_is_told_once() -> None:
    made = fed()
    list(made.batches(1))
    assert made.take_waited() > 0
    assert made.take_waited() == 0
