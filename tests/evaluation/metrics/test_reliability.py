"""Calibration errors of confidences whose worth is known."""

import numpy as np
import pytest

from brickwork.evaluation import Estimate
from brickwork.evaluation.metrics.intervals import Booleans, Floats, resample
from brickwork.evaluation.metrics.reliability import bins_of, diagram, ece, gaps


def error(confidence: Floats, right: Booleans) -> Estimate:
    tally = gaps(confidence, right, bins_of(confidence))
    return ece(confidence, right, tally, resample({"x": tally}, len(right))["x"])


def drawn(n: int, confidence_less: float, seed: int = 0) -> tuple[Floats, Booleans]:
    """Confidences from 0.5 to 1, and answers that are right more often by so much."""
    chance = np.random.default_rng(seed)
    confidence = chance.uniform(0.5, 0.95, n)
    return confidence, chance.random(n) < confidence + confidence_less


def test_bins_hold_equally_many_images_and_are_at_most_fifteen() -> None:
    bins = bins_of(np.random.default_rng(0).random(1500))
    assert np.bincount(bins).tolist() == [100] * 15


@pytest.mark.parametrize(("n", "bins"), [(1, 1), (19, 1), (20, 2), (149, 14), (150, 15), (9999, 15)])
def test_a_small_set_has_fewer_bins(n: int, bins: int) -> None:
    assert len(np.bincount(bins_of(np.random.default_rng(0).random(n)))) == bins


def test_equal_confidences_share_a_bin_whatever_their_order() -> None:
    confidence = np.repeat([0.5, 1.0], [100, 900])
    assert np.bincount(bins_of(confidence)).tolist() == [100, 900]
    assert np.bincount(bins_of(np.ones(300))).tolist() == [300]
    right = np.arange(1000) % 2 == 0
    order = np.random.default_rng(0).permutation(1000)
    assert error(confidence[order], right[order]).value == pytest.approx(error(confidence, right).value)


def test_the_error_is_the_mean_gap_between_confidence_and_accuracy() -> None:
    """By hand: half of the images 60 % sure and right in 40 %, half 90 % sure and right in 95 %."""
    confidence = np.repeat([0.6, 0.9], 100)
    right = np.concatenate([np.arange(100) < 40, np.arange(100) < 95])
    assert error(confidence, right).value == pytest.approx(0.5 * 0.2 + 0.5 * 0.05)


def test_a_right_confidence_has_an_interval_that_begins_at_0_where_chance_is_all_that_is_seen() -> None:
    found = error(*drawn(500, 0.0))
    assert found.low == 0
    assert 0.03 < found.value < found.high < 0.1


def test_a_wrong_confidence_has_an_interval_above_0() -> None:
    found = error(*drawn(3000, -0.1))
    assert 0.06 < found.low < 0.1 < found.high < 0.14


def test_all_right_does_not_make_the_interval_a_point() -> None:
    """Twelve of twelve, 70 % sure each: accuracy may be 76 % by Wilson's bound, and the true error 6 %."""
    found = error(np.full(12, 0.7), np.ones(12, bool))
    assert found.value == pytest.approx(0.3)
    assert found.low == pytest.approx(0.0575, abs=0.001)
    assert found.high == pytest.approx(0.3)


def test_one_image_has_an_error_and_an_interval_within_0_and_1() -> None:
    found = error(np.array([0.8]), np.array([True]))
    assert found.value == pytest.approx(0.2)
    assert 0 <= found.low <= found.value <= found.high <= 1


def test_the_diagram_has_every_image_in_one_of_its_points() -> None:
    confidence, right = drawn(1000, 0.0)
    found = diagram(confidence, right, bins_of(confidence))
    assert sum(each.accuracy.n for each in found) == 1000
    assert [each.confidence for each in found] == sorted(each.confidence for each in found)
    assert sum(each.accuracy.value * each.accuracy.n for each in found) == pytest.approx(right.sum())
