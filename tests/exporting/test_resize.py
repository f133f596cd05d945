"""Resizing in the graph against Pillow itself, on twelve pairs of sizes."""

import numpy as np
import pytest
import torch
from PIL import Image

from brickwork.data.preprocessing import Preprocessing
from brickwork.errors import BrickworkError
from brickwork.exporting.resize import Resize, is_vertical_first

PAIRS = (  # width and height of an image, and of the input
    ((500, 400), (224, 224)), ((333, 517), (224, 160)), ((40, 30), (28, 28)), ((1280, 853), (96, 128)),
    ((224, 224), (224, 224)), ((61, 400), (64, 64)), ((225, 223), (224, 224)), ((17, 13), (32, 32)),
    ((1500, 1000), (299, 299)), ((100, 100), (28, 28)), ((641, 32), (32, 48)), ((1, 7), (28, 28)),
)  # fmt: skip
RARE = 0.06  # of pixels: those half way between two bytes


def picture(size: tuple[int, int], mode: str) -> Image.Image:
    """Smooth, with noise, and with rows of black and white, where a bicubic filter overshoots."""
    chance = np.random.default_rng(size)
    width, height = size
    small = chance.integers(0, 256, (max(2, height // 9), max(2, width // 9), 3), np.uint8)
    pixels = np.asarray(Image.fromarray(small).resize(size, Image.Resampling.BICUBIC)).astype(int)
    pixels = pixels + chance.integers(-20, 20, pixels.shape)
    pixels[::7] = 255 * (chance.random(pixels[::7].shape) > 0.5)
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).convert(mode)


@pytest.mark.parametrize("mode", ["RGB", "L"])
@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic"])
@pytest.mark.parametrize("fit", ["crop", "pad", "squash"])
def test_pixels_are_within_a_level_of_pillows(fit: str, interpolation: str, mode: str) -> None:
    channels = len(mode)
    for size, (width, height) in PAIRS:
        mean, std = (0.4, 0.5, 0.6)[:channels], (1.0,) * channels
        steps = Preprocessing(channels, height, width, mean, std, fit, interpolation)  # type: ignore[arg-type]
        image = picture(size, mode)
        found = Resize(steps)(torch.from_numpy(steps.array(image).copy())).numpy()
        apart = np.abs(found.astype(int) - steps.pixels(image))
        assert apart.max() <= 1, size
        assert (apart > 0).mean() <= RARE, size


def test_nearest_is_refused() -> None:
    with pytest.raises(BrickworkError, match="the interpolation is bilinear or bicubic, not nearest"):
        Resize(Preprocessing(1, 8, 8, (0.5,), (1.0,), interpolation="nearest"))


def test_the_order_of_the_passes_is_that_of_the_pillow_at_hand() -> None:
    """By its version: the vertical pass comes first for tall images since 13."""
    from PIL import __version__

    assert is_vertical_first() == (int(__version__.split(".")[0]) >= 13)
