"""Groups of images, and which of them is surely worse."""

import numpy as np
import pytest

from brickwork.evaluation import Estimate, Slice
from brickwork.evaluation.metrics.intervals import hits, resample, share_estimates
from brickwork.evaluation.metrics.slices import Grouping, by_brightness, by_size, make_slices, quarters, worst_first
from brickwork.evaluation.outcomes import Outcomes


def test_quarters_of_different_values_hold_a_quarter_of_the_images_each() -> None:
    groups = quarters(np.random.default_rng(0).random(1000))
    assert np.bincount(groups).tolist() == [250] * 4


@pytest.mark.parametrize(
    ("values", "counts"),
    [
        ([7] * 10, [10]),
        ([1] + [9] * 19, [1, 19]),  # a few small images are a group of their own
        ([1] * 19 + [9], [19, 1]),
        ([1] * 5 + [2] * 5 + [3] * 5, [5, 5, 5]),
        ([1, 2, 3, 4, 5], [1, 1, 2, 1]),
        ([3], [1]),
    ],
)
def test_equal_values_are_never_parted(values: list[int], counts: list[int]) -> None:
    assert np.bincount(quarters(np.array(values))).tolist() == counts


def outcomes(sides: list[tuple[int, int]], shades: list[float], right: list[bool]) -> Outcomes:
    n = len(right)
    answered = np.where(right, 0, 1)
    width, height = (np.array(side) for side in zip(*sides, strict=True))
    zeros, numbers = np.zeros(n), np.zeros(n, np.int64)
    return Outcomes(np.arange(n), numbers, answered, zeros, zeros, np.array(right), width, height, np.array(shades))


def test_sizes_go_by_area_so_that_an_image_on_its_side_is_of_one_size_with_the_upright() -> None:
    found = by_size(outcomes([(10, 20), (20, 10), (30, 30), (15, 15)], [0.5] * 4, [True] * 4))
    assert found.names == ("10x20", "15x15", "30x30")
    assert found.groups.tolist() == [0, 0, 2, 1]


def test_brightness_is_named_by_its_darkest_and_brightest_image() -> None:
    found = by_brightness(outcomes([(1, 1)] * 8, [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7], [True] * 8))
    assert found.names == ("0.00 to 0.10", "0.20 to 0.30", "0.40 to 0.50", "0.60 to 0.70")


def sliced(grouping: Grouping, right: np.ndarray) -> list[Slice]:
    tally = hits(right, grouping.groups, len(grouping.names))
    return list(make_slices(grouping, right, share_estimates(tally, resample({"x": tally}, len(right))["x"])))


def test_a_slice_is_compared_with_all_other_images() -> None:
    right = np.array([True] * 30 + [False] * 30 + [True] * 60)
    dark, light = sliced(Grouping("brightness", ("dark", "light"), np.repeat([0, 1], 60)), right)
    assert (dark.accuracy.value, light.accuracy.value) == (0.5, 1.0)
    assert dark.difference.value == -light.difference.value == -0.5
    assert dark.difference.high < 0 < light.difference.low


def test_a_single_group_and_an_empty_one_are_no_slices() -> None:
    right = np.array([True, False, True])
    assert sliced(Grouping("size", ("4x4",), np.zeros(3, np.int64)), right) == []
    names = [each.name for each in sliced(Grouping("class", ("a", "b", "c"), np.array([0, 0, 2])), right)]
    assert names == ["a", "c"]


def part(name: str, n: int, high: float) -> Slice:
    return Slice("class", name, Estimate(0.5, 0.4, 0.6, n), Estimate(high - 0.1, high - 0.2, high, n))


def test_the_most_surely_worse_comes_first_and_a_handful_of_images_never() -> None:
    found = worst_first([part("better", 50, 0.1), part("few", 19, -0.5), part("worse", 20, -0.2), part("even", 50, 0)])
    assert [each.name for each in found] == ["worse", "even", "better", "few"]
