import numpy as np
import torch

from brickwork.train.augment import Draws, augmented, batches, draws, mirrors_suit


def same(one: Draws, other: Draws) -> bool:
    return all(torch.equal(getattr(one, name), getattr(other, name)) for name in ("order", "mirrored", "shifts"))


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
    assert torch.equal(few.mirrored, many.mirrored[:50])
    assert torch.equal(few.shifts, many.shifts[:50])
    assert torch.equal(few.order, draws(3, 2, 50, flip=False, crop=0).order)


def test_an_order_holds_every_sample_once_and_half_are_mirrored() -> None:
    chances = draws(0, 1, 2000, flip=True, crop=3)
    assert torch.equal(chances.order.sort().values, torch.arange(2000))
    assert 900 < int(chances.mirrored.sum()) < 1100
    assert set(chances.shifts.flatten().tolist()) == set(range(-3, 4))
    assert not draws(0, 1, 2000, flip=False, crop=0).mirrored.any()


def test_batches_differ_by_one_image_at_most() -> None:
    chances = draws(0, 1, 129, flip=False, crop=0)
    sizes = [len(batch) for batch in batches(chances, 64)]
    assert sizes == [43, 43, 43]
    assert torch.equal(torch.cat(list(batches(chances, 64))), chances.order)


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
    samples = chances.order[:8]
    found = augmented(images, samples, chances)
    assert found.dtype == torch.uint8
    assert found.is_contiguous(memory_format=torch.channels_last)
    for image, sample in zip(found, samples.tolist(), strict=True):
        down, right = chances.shifts[sample].tolist()
        assert torch.equal(image, by_hand(images[sample], bool(chances.mirrored[sample]), down, right))


def test_without_flip_and_crop_images_stay_as_they_are() -> None:
    images = torch.randint(0, 256, (6, 1, 5, 5), dtype=torch.uint8)
    chances = draws(1, 1, 6, flip=False, crop=0)
    assert torch.equal(augmented(images, chances.order, chances), images[chances.order])


def test_digits_and_letters_are_not_mirrored() -> None:
    assert not mirrors_suit([str(digit) for digit in range(47)])
    assert not mirrors_suit(["a", "b", "Ä"])
    assert mirrors_suit(["bag", "coat", "7"])
