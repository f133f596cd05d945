"""What mixup, cutmix and erasing do to the images and the labels that a network sees."""

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from torchvision.transforms import v2

from effects.batches import Batch, Bytes, classes_of, restore, see_arrays
from effects.distributions import agree

CLASSES = 10
KINDS = np.random.default_rng(2).integers(0, 256, (CLASSES, 3, 20, 24), np.uint8)  # the one image of each class
AREA = 20 * 24
COUNT = 700  # images
UNLIKE = 1 - (COUNT / CLASSES - 1) / (COUNT - 1)  # chance that the two images of a batch are of different classes


def train_pairs(**recipe: object) -> tuple[Bytes, list[Batch]]:
    """What is trained on, and every batch of two images."""
    labels = list(range(CLASSES)) * (COUNT // CLASSES)
    images = KINDS[labels]
    return images, see_arrays(images, labels, batch=2, **recipe)


def pairs(images: Bytes, batches: list[Batch]) -> Iterator[tuple[np.ndarray, int, int, float]]:  # type: ignore[type-arg]
    """Each mixed image with the class of which it has the larger share, the other class, and that share."""
    for batch, blended in zip(batches, restore(batches, images), strict=True):
        for values, target in zip(blended, batch.targets.numpy(), strict=True):
            other, one = np.argsort(target)[-2:].tolist()
            assert target.sum() == pytest.approx(1, abs=1e-5)
            assert target[one] + target[other] == pytest.approx(1, abs=1e-5)
            if target[other] > 1e-3:  # else both images are of one class, or nearly nothing is mixed
                yield values, one, other, float(target[one])


def larger(shares: np.ndarray) -> np.ndarray:  # type: ignore[type-arg]
    return np.maximum(shares, 1 - shares)


def follow(found: list[float], drawn: np.ndarray) -> bool:  # type: ignore[type-arg]
    """Whether the shares of batches are as these, of which `pairs` tells those alone that mix something."""
    told = drawn[drawn < 1 - 1e-3]
    expected = COUNT / 2 * UNLIKE * len(told) / len(drawn)
    return agree(found, told) and abs(len(found) - expected) < 4 * (COUNT / 2 / 4) ** 0.5


def is_blend(values: np.ndarray, one: int, other: int, share: float) -> bool:  # type: ignore[type-arg]
    return np.allclose(values, share * KINDS[one] + (1 - share) * KINDS[other], atol=0.1)


def patch_of(values: np.ndarray, one: int, other: int) -> np.ndarray | None:  # type: ignore[type-arg]
    """Which pixels are the other image's; None where some are of neither."""
    first, second = ((np.abs(values - KINDS[kind]) < 0.1).all(0) for kind in (one, other))
    return second if (first | second).all() else None


def beta(alpha: float, count: int = 100_000) -> np.ndarray:  # type: ignore[type-arg]
    return np.random.default_rng(0).beta(alpha, alpha, count)


@pytest.mark.parametrize("alpha", [0.2, 1.0, 4.0])
def test_mixup_blends_images_and_labels_by_one_share_of_a_beta_distribution(alpha: float) -> None:
    found = list(pairs(*train_pairs(mixup=alpha)))
    assert all(is_blend(*each) for each in found)
    assert follow([share for *_, share in found[::2]], larger(beta(alpha)))


def covered(alpha: float, count: int = 100_000) -> np.ndarray:  # type: ignore[type-arg]
    """Shares of the image that stays where a part of another is laid over it (Yun et al. 2019, section 3.1)."""
    chance = np.random.default_rng(0)
    half = np.sqrt(1 - beta(alpha, count)) / 2
    x, y, w, h = chance.integers(0, 24, count), chance.integers(0, 20, count), (half * 24), (half * 20)
    w, h = w.astype(int), h.astype(int)
    across, down = np.minimum(x + w, 24) - np.maximum(x - w, 0), np.minimum(y + h, 20) - np.maximum(y - h, 0)
    return 1 - across * down / AREA


def is_rectangle(mask: np.ndarray) -> bool:  # type: ignore[type-arg]
    return bool(mask.sum() == mask.any(0).sum() * mask.any(1).sum())


@pytest.mark.parametrize("alpha", [0.2, 1.0, 5.0])
def test_cutmix_lays_a_rectangle_over_an_image_whose_area_is_the_share_of_its_label(alpha: float) -> None:
    found = list(pairs(*train_pairs(cutmix=alpha)))
    for values, one, other, share in found:
        patch = patch_of(values, one, other)
        assert patch is not None
        assert patch.sum() / AREA == pytest.approx(1 - share, abs=1e-4)
        assert is_rectangle(patch) or is_rectangle(~patch)
    assert follow([share for *_, share in found[::2]], larger(covered(alpha)))


def test_the_images_of_a_batch_are_all_mixed_by_one_share_each_with_the_one_before() -> None:
    labels = list(range(CLASSES))
    batch = see_arrays(KINDS, labels, batch=CLASSES, mixup=1.0, cutmix=0.0)[0]
    shares = batch.targets.max(1).values
    assert torch.allclose(shares, shares[0].expand(CLASSES), atol=1e-4)
    assert sorted(batch.targets.argmax(1).tolist()) == labels
    assert torch.allclose(batch.targets.sum(0), torch.ones(CLASSES), atol=1e-4)  # each is in two images


def test_with_both_each_batch_is_blended_or_patched_and_either_as_often() -> None:
    found = list(pairs(*train_pairs(mixup=1.0, cutmix=1.0)))[::2]
    blends = [is_blend(*each) for each in found]
    assert all(blend or patch_of(*each[:3]) is not None for blend, each in zip(blends, found, strict=True))
    assert 0.4 < np.mean(blends) < 0.62  # of patches, some cover nothing and are not among these


@pytest.mark.parametrize("recipe", [{"mixup": 0.2}, {"cutmix": 1.0}])
def test_mixing_differs_from_epoch_to_epoch(recipe: dict[str, float]) -> None:
    batches = see_arrays(KINDS, list(range(CLASSES)), batch=CLASSES, epochs=6, **recipe)
    assert len({round(batch.targets.max().item(), 4) for batch in batches}) > 2


@pytest.mark.parametrize("recipe", [{}, {"flip": False, "crop": 0}])
def test_without_mixing_labels_are_whole(recipe: dict[str, object]) -> None:
    assert sorted(classes_of(see_arrays(KINDS, list(range(CLASSES)), **recipe)[0])) == list(range(CLASSES))


def holes(probability: float, count: int = 2000, height: int = 40, width: int = 30) -> np.ndarray:  # type: ignore[type-arg]
    """N x H x W: which pixels of black and white images, none of which is of the mean colour, are of it now."""
    images = np.where(np.random.default_rng(2).random((count, 3, height, width)) < 0.5, 0, 255).astype(np.uint8)
    batches = see_arrays(images, [0, 1] * (count // 2), erasing=probability)
    found = torch.cat([batch.images for batch in batches]).numpy()
    assert np.array_equal((found == 0).all(1), (found == 0).any(1))
    assert np.abs(np.abs(found[found != 0]) - 1).max() < 0.01  # all the others are black or white still
    return (found == 0).all(1)


def by_torchvision(count: int, height: int, width: int) -> np.ndarray:  # type: ignore[type-arg]
    torch.manual_seed(0)
    erase = v2.RandomErasing(1.0, (0.02, 1 / 3), (0.3, 3.3), value=0)
    return np.stack([(erase(torch.ones(1, height, width)) == 0)[0].numpy() for _ in range(count)])


def sides(masks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:  # type: ignore[type-arg]
    """Heights and widths of the rectangles."""
    return masks.any(2).sum(1), masks.any(1).sum(1)


@pytest.mark.parametrize("probability", [0.2, 0.7])
def test_erasing_makes_rectangles_in_so_many_images_as_torchvision_draws_them(probability: float) -> None:
    every = holes(probability)
    masks, expected = every[every.any((1, 2))], by_torchvision(3000, 40, 30)
    assert len(masks) / len(every) == pytest.approx(probability, abs=4 * (0.25 / len(every)) ** 0.5)
    (high, wide), (tall, broad) = sides(masks), sides(expected)
    assert (masks.sum((1, 2)) == high * wide).all()
    assert agree(high * wide, tall * broad)
    assert agree(high / wide, tall / broad)
    assert agree(masks.argmax(1).max(1), expected.argmax(1).max(1))
    assert agree(masks.argmax(2).max(1), expected.argmax(2).max(1))
    assert masks[:, [0, 0, -1, -1], [0, -1, 0, -1]].any(0).all()  # every corner


def test_without_erasing_nothing_is_erased() -> None:
    assert not holes(0.0, 100).any()
