import numpy as np
import pytest

from brickwork.data.cache.pack import value_counts
from brickwork.data.statistics import channel_moments
from brickwork.errors import BrickworkError


def test_channel_statistics_are_each_channels_mean_and_standard_deviation() -> None:
    images = np.random.default_rng(0).integers(0, 200, (700, 9, 5, 3), np.uint8)
    mean, std = channel_moments(sum(value_counts(image) for image in images))  # type: ignore[arg-type]
    assert np.allclose(mean, images.mean(axis=(0, 1, 2)) / 255, atol=1e-12)
    assert np.allclose(std, images.std(axis=(0, 1, 2)) / 255, atol=1e-12)


def test_one_flat_colour_has_a_deviation_that_can_be_divided_by() -> None:
    counts = np.zeros((1, 256), np.int64)
    counts[0, 51] = 48
    assert channel_moments(counts) == (pytest.approx((0.2,)), (1 / 255,))


def test_no_pixels_have_no_statistics() -> None:
    with pytest.raises(BrickworkError, match="no image could be read"):
        channel_moments(np.zeros((3, 256), np.int64))
