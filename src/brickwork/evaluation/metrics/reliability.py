"""Expected calibration error (ECE): whether predictions of 80 % confidence are correct in 80 % of cases.

ECE = sum over bins of n(bin) / n * |accuracy(bin) - mean confidence(bin)|: Guo et al. 2017, arXiv 1706.04599, eq. 3.
Their 15 bins are equally wide; these hold equally many images (Nguyen and O'Connor 2015, arXiv 1508.05154), so that
none is left with a handful.
"""

from dataclasses import dataclass

import numpy as np

from brickwork.evaluation.metrics.intervals import FEW, Booleans, Estimate, Floats, Integers, Tally, Z, wilson

BINS = 15
IN_A_BIN = 10  # images at least; a small set has fewer bins
STEPS = np.linspace(0, 2, 41)  # how far true gaps are taken to be, as parts of those that are seen


@dataclass(frozen=True)
class Bin:
    """A point of a reliability diagram: images of similar confidence."""

    confidence: float  # their mean
    accuracy: Estimate  # by Wilson's interval


def bins_of(confidence: Floats) -> Integers:
    """The bin of each image, from 0; images of one confidence share a bin, so there may be fewer bins than 15."""
    count = min(BINS, max(1, len(confidence) // IN_A_BIN))
    edges = np.unique(np.quantile(confidence, np.arange(1, count) / count))
    _, bins = np.unique(np.searchsorted(edges, confidence, side="right"), return_inverse=True)
    return bins.astype(np.int64)


def gaps(confidence: Floats, correct: Booleans, bins: Integers) -> Tally:
    """Of each bin, the sum of confidence less that of correct images."""
    return Tally(bins, int(bins.max()) + 1, confidence - correct)


def diagram(confidence: Floats, correct: Booleans, bins: Integers) -> tuple[Bin, ...]:
    """The points of a reliability diagram."""
    masks = [bins == number for number in range(int(bins.max()) + 1)]
    return tuple(Bin(float(confidence[mask].mean()), wilson_share(correct[mask])) for mask in masks)


def wilson_share(correct: Booleans) -> Estimate:
    """The share of correct images, with Wilson's interval."""
    n, k = len(correct), int(correct.sum())
    return Estimate(k / n, *wilson(k, n), n)


def ece(confidence: Floats, correct: Booleans, tally: Tally, drawn: Floats) -> Estimate:
    """The error as seen, and an interval for the true one, which is smaller: chance makes gaps where there are none.

    A bootstrap's quantiles add chance once more, and would never hold a true error near 0. So of each true error it
    is asked whether what was seen is among the middle 95 % of what would be seen then: true gaps a part t of those
    that were seen, chance as in the draws. The interval has the true errors for which it is. Where all gaps are real,
    chance adds less than it does there: the upper end is at least the plain one, 1.96 deviations of the draws above.
    """
    n = len(correct)
    seen = tally.sums(np.ones(n, np.intp)) / n
    value = float(np.abs(seen).sum())
    noise = drawn / n - seen
    would = np.stack([np.abs(step * seen + noise).sum(1) for step in STEPS], axis=1)
    plain = value + Z * float(np.abs(drawn / n).sum(1).std())
    low, high = crossing(would, 0.975, value), max(crossing(would, 0.025, value), plain)
    if min(correct.sum(), (~correct).sum()) < FEW:  # the draws know hardly any chance
        few = overall_gap(confidence, correct)
        low, high = min(low, few[0]), max(high, few[1])
    return Estimate(value, min(low, value), min(high, 1.0), n)


def crossing(would: Floats, part: float, value: float) -> float:
    """The true error of which this part of what would be seen is below what was seen."""
    quantiles = np.maximum.accumulate(np.quantile(would, part, axis=0))
    return float(np.interp(value, quantiles, STEPS)) * value


def overall_gap(confidence: Floats, correct: Booleans) -> tuple[float, float]:
    """How far the mean confidence is, at least and at most, from the ends of Wilson's interval for the accuracy."""
    middle, (low, high) = float(confidence.mean()), wilson(int(correct.sum()), len(correct))
    return max(low - middle, middle - high, 0.0), max(abs(low - middle), abs(high - middle))
