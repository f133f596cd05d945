"""Confidence intervals (95 %) of metrics on a test set, most of them by bootstrap: BCa, Wilson, Newcombe.

The images are drawn anew from themselves a thousand times, all numbers are taken of the same draws, and BCa turns the
draws into an interval (Efron 1987, Better Bootstrap Confidence Intervals, JASA 82).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import inf, sqrt
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]

NORMAL = NormalDist()
Z = NORMAL.inv_cdf(0.975)
DRAWS = 1000
FEW = 5  # correct or wrong images; with fewer, draws from them say too little


@dataclass(frozen=True)
class Estimate:
    """A metric's value and its 95 % confidence interval: where it would lie on endlessly many images like these."""

    value: float
    low: float
    high: float  # infinite where nothing bounds it
    n: int  # images


@dataclass(frozen=True, eq=False)
class Tally:
    """A sum over each group of images: of their weights, or without these how many they are."""

    groups: Integers  # of each image, from 0
    count: int  # groups that there are
    weights: Floats | None = None

    def sums(self, times: NDArray[np.intp]) -> Floats:
        """The sums where each image is there so many times."""
        weights = times if self.weights is None else times * self.weights
        return np.bincount(self.groups, weights, minlength=self.count).astype(np.float64)


def hits(correct: Booleans, groups: Integers | None = None, count: int = 1) -> Tally:
    """How many images of each group are wrong, and how many correct, next to each other."""
    return Tally(2 * (0 if groups is None else groups) + correct.astype(np.int64), 2 * count)


def bootstrap_draws(n: int, seed: int = 0) -> Iterator[NDArray[np.intp]]:
    """How often each of n images is in each of the sets that are drawn from them."""
    chance = np.random.default_rng(seed)
    for _ in range(DRAWS):
        yield np.bincount(chance.integers(0, n, n), minlength=n)


def resample(tallies: Mapping[str, Tally], n: int) -> dict[str, Floats]:
    """The sums of every tally in every draw: draws x groups each."""
    sums = {name: np.empty((DRAWS, tally.count)) for name, tally in tallies.items()}
    for row, times in enumerate(bootstrap_draws(n)):
        for name, tally in tallies.items():
            sums[name][row] = tally.sums(times)
    return sums


def share_estimates(tally: Tally, drawn: Floats) -> list[Estimate | None]:
    """The share of correct images in each group of a tally by `hits`, with its interval; None for an empty group.

    By BCa; where fewer than 5 images are correct or wrong, where a bootstrap is too narrow or even a point, Wilson's
    score interval (Wilson 1927).
    """
    sums = tally.sums(np.ones(len(tally.groups), np.intp)).reshape(-1, 2)
    drawn = drawn.reshape(DRAWS, -1, 2)
    return [share_estimate(int(wrong), int(correct), drawn[:, i]) for i, (wrong, correct) in enumerate(sums)]


def share_estimate(wrong: int, correct: int, drawn: Floats) -> Estimate | None:
    n = wrong + correct
    if not n:
        return None
    value = correct / n
    if min(wrong, correct) < FEW:
        return Estimate(value, *wilson(correct, n), n)
    totals = drawn.sum(1)
    ratios = drawn[totals > 0, 1] / totals[totals > 0]
    return Estimate(value, *bca(ratios, value, (1 - 2 * value) / (6 * sqrt(n * value * (1 - value)))), n)


def mean_estimate(values: Floats, drawn: Floats) -> Estimate:
    """The mean of numbers that may be large without a bound, by BCa; one image alone bounds nothing above."""
    n, value = len(values), float(values.mean())
    if n == 1:
        return Estimate(value, 0.0, inf, n)
    away = values - value
    power = float((away**2).sum()) ** 1.5
    skew = float((away**3).sum()) / power if power else 0.0
    return Estimate(value, *bca(drawn[:, 0] / n, value, skew / 6), n)


def bca(drawn: Floats, value: float, acceleration: float) -> tuple[float, float]:
    """The bias-corrected and accelerated interval from bootstrapped values."""
    below = float((drawn < value).mean() + (drawn == value).mean() / 2)
    bias = NORMAL.inv_cdf(min(max(below, 0.5 / len(drawn)), 1 - 0.5 / len(drawn)))
    ends = [NORMAL.cdf(bias + (bias + z) / (1 - acceleration * (bias + z))) for z in (-Z, Z)]
    low, high = np.quantile(drawn, ends).tolist()
    return low, high


def wilson(correct: int, n: int) -> tuple[float, float]:
    """The score interval of a share: those true shares that are no further than 1.96 of their own errors away."""
    share, weight = correct / n, Z * Z / n
    middle, half = share + weight / 2, Z * sqrt(share * (1 - share) / n + weight / (4 * n))
    low, high = (middle - half) / (1 + weight), (middle + half) / (1 + weight)
    return (0.0 if correct == 0 else low), (1.0 if correct == n else high)


def difference_estimate(correct: int, n: int, other_correct: int, other_n: int) -> Estimate:
    """One share less that of other images, with Newcombe's interval from two of Wilson's (1998, his method 10)."""
    one, other = correct / n, other_correct / other_n
    low, high = wilson(correct, n)
    other_low, other_high = wilson(other_correct, other_n)
    below = difference_length(one - low, other_high - other, 0)
    above = difference_length(high - one, other - other_low, 0)
    return Estimate(one - other, one - other - below, one - other + above, n)


def paired_difference(before: Booleans, after: Booleans) -> Estimate:
    """The accuracy after a change less that before it, on the same images, with Newcombe's interval for pairs.

    His method 10 (1998, Improved confidence intervals for the difference between binomial proportions based on paired
    data): Wilson's intervals of both, and their correlation, with a correction for continuity.
    """
    n, both, neither = len(before), int((before & after).sum()), int((~before & ~after).sum())
    lost, gained = int((before & ~after).sum()), int((~before & after).sum())
    one, other = (both + gained) / n, (both + lost) / n
    (low, high), (other_low, other_high) = wilson(both + gained, n), wilson(both + lost, n)
    together = correlation(both, gained, lost, neither)
    below = difference_length(one - low, other_high - other, together)
    above = difference_length(high - one, other - other_low, together)
    return Estimate(one - other, one - other - below, one - other + above, n)


def correlation(both: int, gained: int, lost: int, neither: int) -> float:
    """Phi of a table of pairs, corrected for continuity where it is positive; 0 where a margin is empty."""
    margins = (both + gained) * (lost + neither) * (both + lost) * (gained + neither)
    product = float(both * neither - gained * lost)
    if product > 0:
        product = max(product - (both + gained + lost + neither) / 2, 0)
    return product / sqrt(margins) if margins else 0.0


def difference_length(one: float, other: float, together: float) -> float:
    """The length of the difference of two correlated errors."""
    return sqrt(max(one**2 - 2 * together * one * other + other**2, 0.0))
