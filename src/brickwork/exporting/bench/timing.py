"""Timing in interleaved rounds: contestants take turns, so that a busy moment is busy for all."""

import time
from collections.abc import Callable, Sequence
from math import comb
from statistics import median
from typing import NamedTuple

LEAST_ROUNDS = 6  # the fewest of which the smallest and the largest enclose the median with 95 %
SAMPLE = 0.01  # seconds at least that a clock is read over
SETTLE = 0.005  # seconds in which the threads of the one before stop waiting for work


class Spread(NamedTuple):
    """A median with the 95 % interval that order statistics give."""

    median: float
    low: float
    high: float

    def milliseconds(self) -> tuple[str, str]:
        """The median of seconds and its interval, as text."""
        middle, low, high = (1000 * seconds for seconds in self)
        return f"{middle:.3g}", f"{low:.3g}-{high:.3g}"


def interleave(works: Sequence[Callable[[], object]], seconds: float) -> list[list[float]]:
    """Seconds of a run of each, as many rounds as fit into the time, six at least; an even round goes backwards."""
    repeats = [_repeats(work) for work in works]
    times: list[list[float]] = [[] for _ in works]
    start, rounds = time.perf_counter(), 0
    while rounds < LEAST_ROUNDS or time.perf_counter() - start < seconds:
        order = range(len(works))
        for place in order if rounds % 2 == 0 else reversed(order):
            times[place].append(_time(works[place], repeats[place]))
        rounds += 1
    return times


def _repeats(work: Callable[[], object]) -> int:
    """How often a short work runs within one reading of the clock; also its warm-up."""
    work()
    return max(1, min(1000, round(SAMPLE / max(_time(work, 1), 1e-6))))


def _time(work: Callable[[], object], repeats: int) -> float:
    """Seconds of a run; short ones run once uncounted, as another's data is in the caches."""
    time.sleep(SETTLE)
    if repeats > 1:
        work()
    start = time.perf_counter()
    for _ in range(repeats):
        work()
    return (time.perf_counter() - start) / repeats


def spread(values: Sequence[float]) -> Spread:
    """The median, and the narrowest pair of order statistics that encloses it with 95 %.

    A value is below the true median as often as a coin shows heads, so binomial tails say which ranks these are.
    """
    ordered, count = sorted(values), len(values)
    rank, tail = 0, 0.5**count
    while rank < count // 2 and 2 * (tail + comb(count, rank + 1) * 0.5**count) <= 0.05:
        rank += 1
        tail += comb(count, rank) * 0.5**count
    return Spread(median(ordered), ordered[rank], ordered[-1 - rank])


def ratio_spread(slow: Sequence[float], fast: Sequence[float]) -> Spread:
    """How many times as fast, from the ratios within each round."""
    return spread([one / other for one, other in zip(slow, fast, strict=True)])
