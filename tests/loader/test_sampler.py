from dataclasses import replace

import numpy as np
import pytest
import torch

from brickwork.loader import sampler
from brickwork.loader.sampler import EpochPlan, erase_rectangles, flip_and_shift, mirrors_suit, split_batches
from brickwork.recipe.recipe import Recipe


def draws(seed: int, epoch: int, samples: int, *, flip: bool, crop: int, **more: object) -> EpochPlan:
    recipe = replace(Recipe(seed=seed, crop=crop), **more)  # type: ignore[arg-type]
    return sampler.plan_epoch(recipe, epoch, np.arange(samples) % 3, flip=flip)


def same(one: EpochPlan, other: EpochPlan) -> bool:
    return all(torch.equal(a, b) for a, b in zip(one.rows(), other.rows(), strict=True))


def test_draws_depend_on_seed_and_epoch_and_nothing_else() -> None:
    torch.manual_seed(1)
    first = draws(3, 2, 50, flip=True, crop=2)
    torch.manual_seed(99)
    np.random.seed(5)
    assert same(first, draws(3, 2, 50, flip=True, crop=2))
    assert not same(first, draws(4, 2, 50, flip=True, crop=2))
    assert not same(first, draws(3, 3, 50, flip=True, crop=2))


def test_what_happens_to_a_sample_depends_on_its_number_alone() -> None:
    few, many = draws(3, 2, 50, flip=True, crop=2), draws(3, 2, 500, flip=True, crop=2)
    one, other = few.order.argsort(), many.order.argsort()[:50]
    assert torch.equal(few.mirrored[one], many.mirrored[other])
    assert torch.equal(few.shifts[one], many.shifts[other])
    assert torch.equal(few.order, draws(3, 2, 50, flip=False, crop=0).order)


def test_an_order_holds_every_sample_once_and_half_are_mirrored() -> None:
    chances = draws(0, 1, 2000, flip=True, crop=3)
    assert torch.equal(chances.order.sort().values, torch.arange(2000))
    assert 900 < int(chances.mirrored.sum()) < 1100
    assert set(chances.shifts.flatten().tolist()) == set(range(-3, 4))
    assert not draws(0, 1, 2000, flip=False, crop=0).mirrored.any()


def test_batches_differ_by_one_image_at_most() -> None:
    chances = draws(0, 1, 129, flip=False, crop=0)
    parts = list(split_batches(chances, 2))
    assert [len(part.order) for part in parts] == [65, 64]
    assert torch.equal(torch.cat([part.order for part in parts]), chances.order)
    assert torch.equal(torch.cat([part.shifts for part in parts]), chances.shifts)


def by_hand(image: torch.Tensor, mirrored: bool, down: int, right: int) -> torch.Tensor:
    """Pad by repeating the edge, cut, mirror: one image after another."""
    pad = 3
    height, width = image.shape[1:]
    padded = torch.nn.functional.pad(image[None].float(), (pad,) * 4, mode="replicate")[0].to(torch.uint8)
    if mirrored:
        right = -right
    cut = padded[:, pad + down : pad + down + height, pad + right : pad + right + width]
    return cut.flip(2) if mirrored else cut


def test_one_gather_shifts_and_mirrors_every_image_as_one_by_one() -> None:
    images = torch.randint(0, 256, (20, 3, 9, 7), dtype=torch.uint8)
    chances = draws(1, 1, 20, flip=True, crop=3)
    part = next(split_batches(chances, 2))
    found = flip_and_shift(images, part)
    assert found.dtype == torch.uint8
    assert found.is_contiguous(memory_format=torch.channels_last)
    for image, sample, mirrored, shift in zip(found, part.order, part.mirrored, part.shifts, strict=True):
        assert torch.equal(image, by_hand(images[sample], bool(mirrored), *shift.tolist()))


def test_without_flip_and_crop_images_stay_as_they_are() -> None:
    images = torch.randint(0, 256, (6, 1, 5, 5), dtype=torch.uint8)
    chances = draws(1, 1, 6, flip=False, crop=0)
    assert torch.equal(flip_and_shift(images, chances), images[chances.order])


def test_one_more_kind_of_chance_changes_none_of_the_others() -> None:
    one, other = draws(1, 1, 20, flip=True, crop=3), draws(1, 1, 20, flip=True, crop=3, erasing=0.5)
    assert one.erasures.shape == (20, 0)
    assert other.erasures.shape == (20, 5)
    assert same(one, replace(other, erasures=one.erasures))


def test_balanced_sampling_sees_every_class_equally_often_and_its_images_in_turn() -> None:
    labels = np.array([0] * 80 + [1] * 15 + [2] * 5)
    recipe = Recipe(sampling="balanced")
    order = sampler.plan_epoch(recipe, 1, labels, flip=True).order.numpy()
    assert sorted(np.bincount(labels[order]).tolist()) == [33, 33, 34]
    assert set(np.bincount(order, minlength=100)[95:].tolist()) <= {6, 7}
    assert set(np.bincount(order, minlength=100)[:80].tolist()) == {0, 1}
    assert not np.array_equal(order, sampler.plan_epoch(recipe, 2, labels, flip=True).order.numpy())


def test_an_image_that_comes_twice_is_drawn_for_twice() -> None:
    chances = sampler.plan_epoch(Recipe(sampling="balanced", crop=8), 1, np.array([0] * 99 + [1]), flip=True)
    again = chances.order == 99
    assert again.sum() == 50
    assert len(chances.shifts[again].unique(dim=0)) > 20
    assert len(chances.keys.unique()) == 100


def test_so_many_images_have_a_rectangle_erased_and_it_is_of_the_stated_size() -> None:
    chances = draws(0, 1, 1000, flip=False, crop=0, erasing=0.3)
    found = erase_rectangles(torch.ones(1000, 3, 40, 30), chances.erasures, 0.3) == 0
    holes = found.flatten(1).any(1)
    assert 250 < int(holes.sum()) < 350
    assert torch.equal(found[:, 0], found[:, 2])
    rows, columns = found[holes, 0].any(2).sum(1), found[holes, 0].any(1).sum(1)
    assert torch.equal(found[holes, 0].sum((1, 2)), rows * columns)
    share = rows * columns / 1200
    assert share.min() > 0.01
    assert share.max() < 0.36
    assert found[:, 0, -1].any()
    assert found[:, 0, :, -1].any()
    assert share.mean().item() == pytest.approx(0.17, abs=0.02)


def test_digits_and_letters_are_not_mirrored() -> None:
    assert not mirrors_suit([str(digit) for digit in range(47)])
    assert not mirrors_suit(["a", "b", "Ä"])
    assert mirrors_suit(["bag", "coat", "7"])
