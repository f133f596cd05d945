"""Intervals against numbers from elsewhere, and against a population whose truth is known."""

from math import inf, isclose
from statistics import NormalDist

import numpy as np
import pytest

from brickwork.evaluation import Estimate
from brickwork.evaluation.metrics.intervals import (
    DRAWS,
    Floats,
    Tally,
    bca,
    bootstrap_draws,
    difference_estimate,
    hits,
    mean_estimate,
    paired_difference,
    resample,
    share_estimate,
    share_estimates,
    wilson,
)
from calls import calls
from population import CLASSES, counted, drawn, error, population


@pytest.mark.parametrize(
    ("right", "n", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),  # Newcombe 1998, Stat. Med. 17, p. 857, table I, his method 3
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilsons_interval_is_that_of_newcombes_table(right: int, n: int, low: float, high: float) -> None:
    assert wilson(right, n) == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize(
    ("a", "m", "b", "n", "low", "high"),
    [
        (56, 70, 48, 80, 0.0524, 0.3339),  # Newcombe 1998, Stat. Med. 17, p. 873, table II, his method 10
        (9, 10, 3, 10, 0.1705, 0.8090),
        (5, 56, 0, 29, -0.0381, 0.1926),
        (10, 10, 0, 10, 0.6075, 1.0),
    ],
)
def test_the_difference_of_two_shares_is_that_of_newcombes_table(
    a: int, m: int, b: int, n: int, low: float, high: float
) -> None:
    found = difference_estimate(a, m, b, n)
    assert (found.low, found.high) == pytest.approx((low, high), abs=5e-5)
    assert found.value == pytest.approx(a / m - b / n)


def test_all_right_has_an_interval_below_and_none_right_one_above() -> None:
    drawn = np.tile([0.0, 5.0], (DRAWS, 1))
    found = share_estimate(0, 5, drawn)
    assert found == Estimate(1.0, wilson(5, 5)[0], 1.0, 5)
    assert 0.5 < found.low < 0.6
    assert share_estimate(5, 0, drawn[:, ::-1]) == Estimate(0.0, 0.0, wilson(0, 5)[1], 5)


def test_an_empty_group_has_no_share() -> None:
    tally = hits(np.array([True, False]), np.array([0, 2]), 3)
    found = share_estimates(tally, resample({"x": tally}, 2)["x"])
    assert [each and each.n for each in found] == [1, None, 1]


def test_an_interval_of_a_symmetric_spread_is_its_middle_and_moves_with_bias() -> None:
    even = np.array([NormalDist().inv_cdf((i + 0.5) / DRAWS) for i in range(DRAWS)])
    assert bca(even, 0.0, 0.0) == pytest.approx((-1.96, 1.96), abs=0.02)
    assert bca(even, 0.1, 0.0) == pytest.approx((-1.76, 2.16), abs=0.03)
    low, high = bca(even, 0.0, 0.05)
    assert low > -1.96 + 0.1
    assert high > 1.96 + 0.1


def test_draws_are_the_same_on_every_call_and_hold_as_many_images_each() -> None:
    first, again = next(bootstrap_draws(1000)), next(bootstrap_draws(1000))
    assert np.array_equal(first, again)
    assert first.sum() == 1000
    assert not np.array_equal(first, next(bootstrap_draws(1000, seed=1)))


def test_sums_of_groups_are_those_of_the_images_that_were_drawn() -> None:
    weights = np.array([1.0, 10.0, 100.0])
    tallies = {"weights": Tally(np.array([0, 1, 1]), 2, weights), "count": Tally(np.array([0, 1, 1]), 2)}
    found = resample(tallies, 3)
    for row, times in enumerate(bootstrap_draws(3)):
        assert found["count"][row].tolist() == [times[0], times[1] + times[2]]
        assert found["weights"][row].tolist() == [times[0], 10 * times[1] + 100 * times[2]]


def means(values: Floats) -> Estimate:
    tally = Tally(np.zeros(len(values), np.int64), 1, values)
    return mean_estimate(values, resample({"x": tally}, len(values))["x"])


def test_a_mean_of_many_numbers_has_the_interval_of_the_central_limit() -> None:
    values = np.random.default_rng(0).normal(3, 1, 4000)
    found, half = means(values), 1.96 * values.std() / 4000**0.5
    assert isclose(found.value, values.mean())
    assert (found.low, found.high) == pytest.approx((found.value - half, found.value + half), abs=0.1 * half)


def test_one_number_bounds_nothing_above_and_equal_ones_are_a_point() -> None:
    assert means(np.array([0.5])) == Estimate(0.5, 0.0, inf, 1)
    assert means(np.full(9, 0.5)) == Estimate(0.5, 0.5, 0.5, 9)


def test_a_report_on_ten_times_as_many_images_takes_as_many_calls() -> None:
    whole = population(1.0)
    few, many = (calls(lambda n=n: drawn(whole, n, np.random.default_rng(0))).total() for n in (1000, 10_000))
    assert many < 1.1 * few


@pytest.mark.parametrize("temperature", [1.0, 1.6])
def test_intervals_hold_the_truth_as_often_as_they_say(temperature: float) -> None:
    """The short form of benchmarks/intervals.py; with three standard errors of leeway for every row."""
    found = counted(temperature, 300, 60)
    assert set(found) == {
        "accuracy", "top-5", "NLL", "ECE", "precision", "recall", "accuracy of a slice", "difference of a slice",
    }  # fmt: skip
    for name, (inside, every) in found.items():
        assert inside / every >= 0.95 - 1.5 * error(60), name
    assert found["recall"][1] == 60 * len(CLASSES)


def pairs(both: int, lost: int, gained: int, neither: int) -> tuple[np.ndarray, np.ndarray]:
    """Whether each image was predicted correctly before and after a change."""
    table = [(True, True)] * both + [(True, False)] * lost + [(False, True)] * gained + [(False, False)] * neither
    before, after = zip(*table, strict=True)
    return np.array(before), np.array(after)


@pytest.mark.parametrize(
    ("table", "value", "low", "high"),
    [  # Newcombe 1998 (Statistics in Medicine 17, 2635), Table II: method 10, here after less before
        ((36, 2, 12, 0), 0.2, 0.0569, 0.3404),
        ((54, 0, 0, 0), 0.0, -0.0664, 0.0664),
    ],
)
def test_paired_differences_are_newcombes(
    table: tuple[int, int, int, int], value: float, low: float, high: float
) -> None:
    found = paired_difference(*pairs(*table))
    assert (found.value, found.low, found.high) == pytest.approx((value, low, high), abs=5e-4)


def test_the_interval_of_a_paired_difference_holds_the_truth_as_often_as_it_says() -> None:
    """Of 500 sets of 200 pairs that lose 3 and gain 1 in a hundred, some 95 % of the intervals hold -0.02."""
    chance, inside = np.random.default_rng(0), 0
    for _ in range(500):
        both, lost, gained, neither = chance.multinomial(200, (0.86, 0.03, 0.01, 0.1))
        found = paired_difference(*pairs(both, lost, gained, neither))
        inside += found.low <= -0.02 <= found.high
    assert 0.93 <= inside / 500 <= 0.995


def test_a_share_of_many_images_is_bootstrapped_as_the_mean_of_ones_and_zeros() -> None:
    """Of 200 images all draws hold 200, so that the share is the mean of 1 and 0, with that mean's own skewness."""
    correct = np.arange(200) < 20
    sums = resample({"share": hits(correct), "mean": Tally(np.zeros(200, np.int64), 1, correct.astype(float))}, 200)
    share = share_estimate(180, 20, sums["share"])
    mean = mean_estimate(correct.astype(float), sums["mean"])
    assert share is not None
    assert (share.value, share.low, share.high) == pytest.approx((mean.value, mean.low, mean.high))
    assert (share.low, share.high) != pytest.approx(wilson(20, 200))


def test_a_share_of_few_wrong_or_correct_images_is_wilsons() -> None:
    for correct, n in ((4, 200), (196, 200)):
        sums = resample({"share": hits(np.arange(n) < correct)}, n)
        share = share_estimate(n - correct, correct, sums["share"])
        assert share is not None
        assert (share.low, share.high) == pytest.approx(wilson(correct, n))
