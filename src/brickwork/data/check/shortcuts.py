"""Classes that can be told from the others without looking at the picture: by the file's size, or the image's shape.

A rule sorts the images by one number into bins and says of each bin whether it is the class; it is scored on images
that it was not made from. The score is the balanced accuracy, the mean of how much of the class and how much of the
rest it gets right: 50 % by chance, whatever the class's share. Whether chance alone would reach it is asked of chance:
the same is done with shuffled labels.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from brickwork.data.check.findings import Case
from brickwork.data.check.inspect import ImageFacts

Numbers = NDArray[np.int64]
Scores = NDArray[np.float64]

BINS = 16
FOLDS = 5
SHUFFLES = 499
WORK = 100_000_000  # images that are shuffled in all; above, there are fewer shuffles
FEWEST = 199  # shuffles, so that they can show what is rare
RARE = 0.005
IMAGES = 10  # a class needs so many: of fewer, chance makes what it will
TELLING = 0.88  # balanced accuracy from which a class counts as guessed: trousers reach 0.84 by what they are


@dataclass(frozen=True)
class ClassGuess:
    """How well a class is told from the others."""

    label: int
    accuracy: float  # balanced
    chance: float  # the share of shuffles in which some class stood out as far from its own mean


def shortcuts(images: Sequence[ImageFacts], classes: Sequence[str]) -> Iterator[tuple[str, Case]]:
    """Findings of both kinds."""
    entries = [image.entry for image in images if image.readable]
    number = {name: i for i, name in enumerate(classes)}
    labels = np.array([number[entry.label] for entry in entries], np.int64)
    sizes = np.array([entry.bytes for entry in entries], float)
    shapes = np.array([(entry.width, entry.height) for entry in entries], float).reshape(-1, 2)
    kinds = {
        "S501": [sizes],
        "S502": [shapes[:, 0] * shapes[:, 1], shapes[:, 0] / shapes[:, 1].clip(min=1)],
    }
    for code, features in kinds.items():
        for guess in best(guesses(bin_values(feature), labels, len(classes)) for feature in features):
            yield code, Case(detail=guess_text(classes[guess.label], guess))


def guess_text(name: str, guess: ClassGuess) -> str:
    figures = f"balanced accuracy {guess.accuracy:.0%}, chance 50% (p = {guess.chance:.3f})"
    return f"{name}: {figures}"


def best(rounds: Iterator[list[ClassGuess]]) -> list[ClassGuess]:
    """Of each class the best guess."""
    by_label: dict[int, ClassGuess] = {}
    for guess in (guess for guesses in rounds for guess in guesses):
        known = by_label.get(guess.label)
        if known is None or guess.accuracy > known.accuracy:
            by_label[guess.label] = guess
    return [by_label[label] for label in sorted(by_label)]


def bin_values(feature: NDArray[np.float64]) -> Numbers:
    """The place of each value among at most `BINS` ranges that hold about as many images each; equals stay together."""
    if not len(feature):
        return np.zeros(0, np.int64)
    edges = np.unique(np.quantile(feature, np.arange(1, BINS) / BINS, method="lower"))
    return np.searchsorted(edges, feature, "left")


def guesses(bins: Numbers, labels: Numbers, classes: int) -> list[ClassGuess]:
    """The classes that are told from the others too well for chance."""
    if len(bins) < 2 * FOLDS or bins.max() == 0:
        return []
    rng = np.random.default_rng(0)
    folds = rng.permutation(len(bins)) % FOLDS
    cells = folds * BINS + bins
    real = scores(cells, labels, classes)
    if real.max() < TELLING:
        return []
    rounds = max(FEWEST, min(SHUFFLES, WORK // len(bins)))
    shuffled = np.stack([scores(cells, rng.permutation(labels), classes) for _ in range(rounds)])
    chance = chances(real, shuffled)
    return [
        ClassGuess(label, float(real[label]), float(chance[label]))
        for label in np.flatnonzero((real >= TELLING) & (chance <= RARE)).tolist()
    ]


def chances(real: Scores, shuffled: Scores) -> Scores:
    """Each class's share of the shuffles in which any class stands out as far; `shuffled` is shuffles x classes.

    Far is counted in each class's own standard deviations, since small classes scatter widely.
    """
    mean, spread = shuffled.mean(axis=0), shuffled.std(axis=0).clip(min=1e-9)
    furthest = ((shuffled - mean) / spread).max(axis=1)
    above: Scores = (furthest[:, None] >= (real - mean) / spread).sum(axis=0)
    return (1 + above) / (1 + len(shuffled))


def scores(cells: Numbers, labels: Numbers, classes: int) -> Scores:
    """Each class's balanced accuracy, held out; 0 where it or the rest has few images."""
    counts = np.bincount(cells * classes + labels, minlength=FOLDS * BINS * classes)
    held = counts.reshape(FOLDS, BINS, classes).astype(float)
    known = held.sum(axis=0) - held  # of the other folds
    ours, all_known = known.sum(axis=1, keepdims=True), known.sum(axis=2, keepdims=True)
    others = all_known - known
    # A bin is taken for the class where it holds a larger part of the class than of the rest.
    predicted = known * others.sum(axis=1, keepdims=True) > others * ours
    of_class = held.sum(axis=(0, 1))
    rest = held.sum(axis=2, keepdims=True) - held
    of_rest = rest.sum(axis=(0, 1))
    hits = (held * predicted).sum(axis=(0, 1)) / of_class.clip(min=1)
    passes = (rest * ~predicted).sum(axis=(0, 1)) / of_rest.clip(min=1)
    balanced: Scores = np.where(np.minimum(of_class, of_rest) >= IMAGES, (hits + passes) / 2, 0.0)
    return balanced
