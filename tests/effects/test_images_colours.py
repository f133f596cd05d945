"""What color and policy do to the images that a network sees."""

from collections import Counter
from collections.abc import Callable

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision.transforms import InterpolationMode, v2

from effects.batches import Bytes, restore_bytes, see_arrays
from effects.distributions import agree


def chart() -> Bytes:
    """12 x 12 pixels of luminance 100: dark and light grey stripes, and reddish ones."""
    image = np.empty((3, 12, 12), np.uint8)
    image[:, 0::3], image[:, 1::3] = 50, 150
    image[:, 2::3] = np.array([140, 80, 100], np.uint8)[:, None, None]
    return image


def factors(images: Bytes) -> np.ndarray:  # type: ignore[type-arg]
    """How much brighter, of how much more contrast and how much more saturated each image of the chart is: N x 3.

    Brightness alone changes the mean of the greys, and contrast with it their distance; saturation leaves both.
    """
    dark, light, red, green = images[:, 0, 0, 0], images[:, 0, 1, 0], images[:, 0, 2, 0], images[:, 1, 2, 0]
    mean, gap, chroma = (dark / 2 + light / 2), light * 1.0 - dark, red * 1.0 - green
    return np.stack([mean / 100, gap / mean, chroma / 60 / (gap / 100)], axis=1)


def by_torchvision(image: Bytes, change: Callable[[Image.Image], Image.Image], count: int) -> Bytes:
    """An image as torchvision changes it, so many times."""
    picture = Image.fromarray(np.moveaxis(image, 0, -1) if len(image) == 3 else image[0])
    torch.manual_seed(0)
    made = np.stack([np.asarray(change(picture)) for _ in range(count)])
    return np.moveaxis(made, -1, 1) if len(image) == 3 else made[:, None]


@pytest.mark.parametrize("color", [0.2, 0.4])
def test_brightness_contrast_and_saturation_vary_by_up_to_color_and_evenly(color: float) -> None:
    images = np.repeat(chart()[None], 800, axis=0)
    found = factors(restore_bytes(see_arrays(images, [0, 1] * 400, color=color), images))
    assert (found[:, :2] > 1 - color - 0.03).all()
    assert (found[:, :2] < 1 + color + 0.03).all()
    assert (found.min(0) < 1 - 0.9 * color).all()
    assert (found.max(0) > 1 + 0.9 * color).all()
    assert agree(found[:, 0], np.linspace(1 - color, 1 + color, 10_000))
    expected = factors(by_torchvision(chart(), v2.ColorJitter(color, color, color), 2000))
    assert all(agree(found[:, kind], expected[:, kind]) for kind in range(3))
    assert np.abs(np.corrcoef(found.T) - np.eye(3)).max() < 0.2


def test_without_color_and_policy_images_keep_their_colours() -> None:
    images = np.repeat(chart()[None], 20, axis=0)
    assert (restore_bytes(see_arrays(images, [0, 1] * 10), images) == images).all()


def photograph(channels: int) -> Bytes:
    """16 x 16 pixels, smooth, of many values and a bright corner, of which every operation makes another image."""
    small = np.random.default_rng(1).integers(20, 200, (5, 5, 3), np.uint8)
    image = np.moveaxis(np.asarray(Image.fromarray(small).resize((16, 16), Image.Resampling.BICUBIC)), -1, 0).copy()
    image[:, :5, :5] |= 0x91
    return image[:channels]


def policies(image: Bytes) -> dict[str, Callable[[Image.Image], Image.Image]]:
    """Torchvision's own defaults, with bilinear turning, and the mean colour where an image has been moved away."""
    fill = [round(value) for value in image.mean((1, 2))]
    return {
        "randaugment": v2.RandAugment(2, 9, 31, InterpolationMode.BILINEAR, fill),
        "trivialaugment": v2.TrivialAugmentWide(31, InterpolationMode.BILINEAR, fill),
    }


def kinds(images: Bytes) -> Counter[bytes]:
    return Counter(image.tobytes() for image in images)


def commonness(found: Counter[bytes], expected: Counter[bytes]) -> float:
    """The share of images that are also among the expected ones."""
    return sum(count for image, count in found.items() if image in expected) / found.total()


def deviations(found: Counter[bytes], expected: Counter[bytes]) -> list[float]:
    """By how many standard deviations each frequent image comes more often or less often than expected."""
    share = found.total() / expected.total()
    frequent = {image: count * share for image, count in expected.items() if count * share > 10}
    return [(found[image] - count) / count**0.5 for image, count in frequent.items()]


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("policy", ["randaugment", "trivialaugment"])
def test_a_policy_makes_the_images_that_torchvisions_makes_and_as_often(policy: str, channels: int) -> None:
    image = photograph(channels)
    images = np.repeat(image[None], 1200, axis=0)
    found = kinds(restore_bytes(see_arrays(images, [0, 1] * 600, policy=policy, batch=256), images))
    expected = {name: kinds(by_torchvision(image, change, 6000)) for name, change in policies(image).items()}
    own, other = expected.pop(policy), expected.popitem()[1]
    print(
        commonness(found, own), commonness(own, found), commonness(found, other), np.abs(deviations(found, own)).max()
    )
    assert commonness(found, own) > 0.99
    assert commonness(own, found) > 0.82  # 6000 images have rare ones that 1200 miss
    assert commonness(found, other) < 0.5
    assert np.abs(deviations(found, own)).max() < 5
