"""Slices: accuracy by class, size and brightness, and where it is lower than elsewhere."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from brickwork.evaluation.metrics.intervals import Booleans, Estimate, Floats, Integers, difference_estimate
from brickwork.evaluation.outcomes import Outcomes

GROUPS = 4  # of sizes, and of brightnesses
LEAST = 20  # images, without which a slice leads no list


@dataclass(frozen=True)
class Slice:
    """The images of one class, of similar size or of similar brightness."""

    kind: str  # "size", "brightness" or "class"
    name: str  # "24x24 to 48x32", "0.12 to 0.31", or the class
    accuracy: Estimate
    difference: Estimate  # its accuracy less that of all other images


@dataclass(frozen=True, eq=False)
class Grouping:
    """All images in groups."""

    kind: str
    names: tuple[str, ...]  # of the groups
    groups: Integers  # of each image, a position in the names


def quarters(values: Floats | Integers) -> Integers:
    """The quarter, from 0, in which the middle of each value's ranks lies.

    Equal values are in one quarter, so there may be fewer than four; a small share of small images among images of
    one size is a quarter of its own.
    """
    _, which, counts = np.unique(values, return_inverse=True, return_counts=True)
    middle = (np.cumsum(counts) - counts / 2) / len(values)
    _, groups = np.unique((GROUPS * middle).astype(np.int64)[which], return_inverse=True)
    return groups.astype(np.int64)


def by_size(outcomes: Outcomes) -> Grouping:
    """By the area of the original, so that an image and the same on its side are of one size."""
    area = outcomes.width * outcomes.height
    groups = quarters(area)
    ends = [(inside[area[inside].argmin()], inside[area[inside].argmax()]) for inside in group_members(groups)]
    sizes = [
        (f"{outcomes.width[a]}x{outcomes.height[a]}", f"{outcomes.width[b]}x{outcomes.height[b]}") for a, b in ends
    ]
    return Grouping("size", tuple(span_text(*pair) for pair in sizes), groups)


def by_brightness(outcomes: Outcomes) -> Grouping:
    groups = quarters(outcomes.brightness)
    ends = [outcomes.brightness[inside] for inside in group_members(groups)]
    return Grouping("brightness", tuple(span_text(f"{v.min():.2f}", f"{v.max():.2f}") for v in ends), groups)


def group_members(groups: Integers) -> Iterator[Integers]:
    """The positions of each group's images."""
    for group in range(int(groups.max()) + 1):
        yield np.flatnonzero(groups == group)


def span_text(low: str, high: str) -> str:
    return low if low == high else f"{low} to {high}"


def make_slices(grouping: Grouping, correct: Booleans, shares: Sequence[Estimate | None]) -> Iterator[Slice]:
    """The slices of a grouping, whose accuracies are known; none where all images are in one group."""
    n, k = len(correct), int(correct.sum())
    for group, (name, share) in enumerate(zip(grouping.names, shares, strict=True)):
        if share and share.n < n:
            inside = int(correct[grouping.groups == group].sum())
            yield Slice(grouping.kind, name, share, difference_estimate(inside, share.n, k - inside, n - share.n))


def worst_first(slices: Sequence[Slice]) -> tuple[Slice, ...]:
    """Those first of which it is surest that they are worse than the rest: by the upper end of the difference.

    Slices of fewer than 20 images come after all others.
    """
    return tuple(sorted(slices, key=lambda part: (part.accuracy.n < LEAST, part.difference.high)))
