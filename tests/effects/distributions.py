"""Whether two samples come from one distribution."""

from math import sqrt

import numpy as np
from numpy.typing import ArrayLike


def distance(one: ArrayLike, other: ArrayLike) -> float:
    """The statistic of Kolmogorov and Smirnov: the greatest distance of the two samples' shares below a value."""
    first, second = np.sort(np.ravel(one)), np.sort(np.ravel(other))
    every = np.concatenate([first, second])
    return float(np.abs(below(first, every) - below(second, every)).max())


def below(ordered: np.ndarray, values: np.ndarray) -> np.ndarray:  # type: ignore[type-arg]
    return np.searchsorted(ordered, values, side="right") / len(ordered)


def agree(one: ArrayLike, other: ArrayLike) -> bool:
    """Whether the distance is one that samples of one distribution exceed in 1 of 1000 cases at most."""
    first, second = np.size(one), np.size(other)
    return distance(one, other) < 1.95 * sqrt((first + second) / (first * second))
