"""The judgement of a drop: the budget, the order of candidates, and what is said where an export is refused."""

import numpy as np
import pytest

from brickwork.errors import BrickworkError
from brickwork.evaluation.metrics.intervals import Estimate
from brickwork.exporting.int8.judge import accuracy_loss, check_budget, enough_images, judge, sequence, too_costly
from brickwork.exporting.int8.sheet import Drop


def booleans(right: int, wrong: int) -> np.ndarray:
    return np.array([True] * right + [False] * wrong)


def test_what_is_lost_is_positive_and_its_upper_end_is_that_of_the_loss() -> None:
    before = booleans(900, 100)
    after = before.copy()
    after[:30] = False  # thirty are lost
    after[-10:] = True  # ten are gained
    lost = accuracy_loss(before, after)
    assert lost.value == pytest.approx(0.02)
    plain = np.sqrt(40 - 20**2 / 1000) / 1000 * 1.96  # Wald's for pairs: narrower than Newcombe's, but near
    assert lost.high == pytest.approx(0.02 + plain, abs=0.005)
    assert lost.low == pytest.approx(0.02 - plain, abs=0.005)
    assert lost.low < lost.value < lost.high


def test_a_gain_by_chance_is_not_within_a_budget_that_its_interval_exceeds() -> None:
    """0.3 points more on 1,000 images were noise once: the interval says so."""
    before = booleans(880, 120)
    after = before.copy()
    after[:9] = False
    after[-12:] = True
    drop = Drop("engine", accuracy_loss(before, after))
    assert drop.lost.value < 0
    assert not judge((), (drop,), 0.5).within
    assert judge((), (drop,), 3).within


def test_the_worst_engine_decides() -> None:
    small, large = (Drop(name, Estimate(0.0, -0.001, high, 9)) for name, high in (("a", 0.001), ("b", 0.02)))
    trial = judge(("one",), (small, large), 1)
    assert not trial.within
    assert trial.worst is large
    assert judge((), (small,), 1).within


def test_candidates_go_from_the_most_layers_in_float_to_none_and_one_is_always_in_int8() -> None:
    ranking = [f"layer{number}" for number in range(5)]
    assert [len(kept) for kept in sequence(ranking)] == [4, 2, 1, 0]
    assert sequence(ranking)[1] == ("layer0", "layer1")
    assert [len(kept) for kept in sequence([*ranking, *"abcdef"])] == [8, 4, 2, 1, 0]
    assert sequence(["only"]) == [()]


def test_a_refusal_tells_a_loss_from_too_few_images() -> None:
    few = judge(("head",), (Drop("engine 1", Estimate(0.001, -0.006, 0.009, 1000)),), 0.5)
    text = too_costly(few, 5, 0.5, "photos, val")
    assert "with 1 of 5 layers in float" in text
    assert "0.10 points (95 % interval -0.60 to 0.90, at most 0.5 allowed) on 1,000 images of photos, val" in text
    assert "too few to tell whether it is within; some 4,000 validation images would do" in text
    lossy = judge((), (Drop("engine 1", Estimate(0.02, 0.01, 0.03, 1000)),), 0.5)
    assert too_costly(lossy, 5, 0.5, "photos, val").endswith("allow a larger --max-drop, or stay in float")


@pytest.mark.parametrize(("n", "wanted"), [(1000, 4000), (123, 500), (7, 28)])
def test_four_times_the_images_halve_an_interval(n: int, wanted: int) -> None:
    assert enough_images(Estimate(0.001, -0.007, 0.009, n), 0.5) == wanted


@pytest.mark.parametrize("budget", ["0.5", None, True, float("nan"), float("inf"), 0, -1, 101])
def test_a_budget_that_is_no_number_of_points_is_refused(budget: object) -> None:
    with pytest.raises(BrickworkError, match=r"the largest drop is a number of points of accuracy above 0"):
        check_budget(budget)  # type: ignore[arg-type]
