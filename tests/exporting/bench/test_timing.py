"""Turns, medians and their intervals, by written-out numbers."""

from collections.abc import Callable

import pytest

from brickwork.exporting.bench import timing
from brickwork.exporting.bench.timing import interleave, ratio_spread, spread


def test_a_median_of_six_lies_between_the_smallest_and_the_largest() -> None:
    assert spread([3, 1, 2, 6, 5, 4]) == (3.5, 1, 6)


def test_a_median_of_twenty_lies_between_the_sixth_and_the_fifteenth() -> None:
    """The table of binomial confidence intervals for a median has ranks 6 and 15 of 20 for 95 % (95.9 %)."""
    assert spread(list(range(1, 21))) == (10.5, 6, 15)


def test_a_median_of_a_hundred_lies_between_the_fortieth_and_the_sixty_first() -> None:
    assert spread(list(range(1, 101))) == (50.5, 40, 61)


def test_a_ratio_is_taken_within_each_round() -> None:
    assert ratio_spread([2, 4, 40, 4, 4, 4], [1, 2, 20, 2, 2, 2]) == (2, 2, 2)


def test_works_take_turns_and_every_other_round_goes_backwards(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    monkeypatch.setattr(timing, "_repeats", lambda work: 1)

    def work(name: str) -> Callable[[], None]:
        return lambda: calls.append(name)

    times = interleave([work("a"), work("b"), work("c")], 0)
    assert calls == [*"abccba"] * 3
    assert [len(found) for found in times] == [6, 6, 6]


def test_a_longer_time_has_more_rounds() -> None:
    (times,) = interleave([lambda: sum(range(100))], 0.3)
    assert len(times) > 6
    assert all(0 < seconds < 0.1 for seconds in times)
