"""Faults planted in a labelled set, and how soon a report finds them."""

from dataclasses import dataclass, replace

import numpy as np

from brickwork.data.dataset import ArraySplit, Dataset
from brickwork.evaluation import Report
from brickwork.evaluation.metrics.intervals import Booleans, Integers

NOISE = 0.05  # of the labels are changed to another class
DARK = 0.2  # of the images are destroyed: noise, nearly black
FIRST = 0.08  # of the list in which at least half of the changed labels should be


@dataclass(frozen=True, eq=False)
class Planted:
    """A split with faults, and where they are."""

    split: ArraySplit
    noisy: Booleans
    dark: Booleans

    def found(self, report: Report) -> float:
        """The share of the changed labels that stand in the first part of the worst mistakes."""
        numbers = {number: i for i, number in enumerate(self.split.numbers)}
        order = [numbers[int(each.name.rpartition("#")[2])] for each in report.worst]
        noisy = self.noisy[order]
        return float(noisy[: round(FIRST * len(order))].sum() / noisy.sum())


def planted(split: ArraySplit, classes: int, seed: int = 0) -> Planted:
    """A split with changed labels and destroyed images, each drawn without regard to the other."""
    chance = np.random.default_rng(seed)
    noisy, dark = chance.random(len(split)) < NOISE, chance.random(len(split)) < DARK
    labels = changed(split.labels, noisy, classes, chance)
    images = split.images.copy()
    images[dark] = chance.integers(0, 8, images[dark].shape)
    return Planted(replace(split, labels=labels, images=images), noisy, dark)


def changed(labels: Integers, which: Booleans, classes: int, chance: np.random.Generator) -> Integers:
    """The labels, where `which` says so one of the other classes."""
    steps = np.where(which, chance.integers(1, classes, len(labels)), 0)
    return (labels + steps) % classes


def only(dataset: Dataset, split: ArraySplit) -> Dataset:
    """A data set with this training split and no other."""
    return replace(dataset, splits={"train": split})
