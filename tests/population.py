"""A population of images whose true numbers are known, test sets drawn from it, and how often intervals hold them."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import fields
from functools import lru_cache
from math import sqrt

import numpy as np
import torch

from brickwork.data.dataset import ArraySplit, Dataset
from brickwork.data.preprocessing import Preprocessing
from brickwork.evaluation import Estimate, Report
from brickwork.evaluation.images import DecodedImage
from brickwork.evaluation.metrics.intervals import Booleans
from brickwork.evaluation.metrics.reliability import bins_of, gaps
from brickwork.evaluation.outcomes import Outcomes, score_batch
from brickwork.evaluation.scoring import ScoredSplit, make_report
from brickwork.model import ModelFile, build
from brickwork.network import Network, stages
from brickwork.network.layers import Flatten, Linear

CLASSES = tuple(f"class {number}" for number in range(10))
IMAGES = 100_000
PIXEL = Preprocessing(1, 1, 1, mean=(0.0,), std=(1.0,))
SIDES = np.array([16, 32, 64])  # small images are harder


@lru_cache(maxsize=4)
def population(temperature: float) -> Outcomes:
    """All images as if each had been scored: labels are drawn from the softmax of the logits / temperature."""
    chance = np.random.default_rng(0)
    side = SIDES[chance.integers(0, 3, IMAGES)]
    logits = chance.normal(0, 1.5, (IMAGES, len(CLASSES)))
    liked = chance.integers(0, len(CLASSES), IMAGES)
    logits[np.arange(IMAGES), liked] += chance.normal(4 + 1.5 * np.log2(side / 16), 3.5)
    shares = torch.from_numpy(logits / temperature).softmax(1)
    given = torch.multinomial(shares, 1, generator=torch.Generator().manual_seed(0)).view(-1).numpy()
    shades = chance.integers(0, 256, IMAGES, np.uint8).reshape(-1, 1, 1, 1)
    seen = [DecodedImage(i, shade, int(s), int(s)) for i, (shade, s) in enumerate(zip(shades, side, strict=True))]
    return score_batch(torch.from_numpy(logits), seen, given, 1.0)


def drawn(outcomes: Outcomes, n: int, chance: np.random.Generator) -> Report:
    """The report on so many images of a population."""
    some = chance.integers(0, len(outcomes), n)
    part = Outcomes(*(getattr(outcomes, each.name)[some] for each in fields(Outcomes)))
    part.place[:] = np.arange(n)
    images = ArraySplit(part.target, np.zeros((n, 1, 1, 1), np.uint8), "population", tuple(range(n)))
    network = Network("none", (1, 1, 1), len(CLASSES), stages(flat=Flatten()), Linear(len(CLASSES)))
    file, known = ModelFile(build(network), CLASSES, PIXEL.document(), {}), np.arange(len(CLASSES))
    return make_report(
        ScoredSplit(file, Dataset("drawn", CLASSES, {"test": images}), "test", images, known, part, (), 1.0)
    )


def verdicts(whole: Outcomes, found: Report) -> Iterator[tuple[str, bool]]:
    """Of every number of a report: what it is, and whether its interval holds the population's."""
    right = whole.correct
    yield "accuracy", holds(found.accuracy, right)
    assert found.top5
    yield "top-5", holds(found.top5, whole.in_top5)
    yield "NLL", found.nll.low <= whole.loss.mean() <= found.nll.high
    yield "ECE", found.ece.low <= true_ece(whole) <= found.ece.high
    for number, each in enumerate(found.classes):
        if each.precision:
            yield "precision", holds(each.precision, right[whole.prediction == number])
        if each.recall:
            yield "recall", holds(each.recall, right[whole.target == number])
    for part in found.slices:
        if part.kind != "class":
            inside = members(whole, part.kind, part.name)
            yield "accuracy of a slice", holds(part.accuracy, right[inside])
            gap = right[inside].mean() - right[~inside].mean()
            yield "difference of a slice", part.difference.low <= gap <= part.difference.high


def holds(estimate: Estimate, right: Booleans) -> bool:
    return bool(estimate.low <= right.mean() <= estimate.high)


@lru_cache(maxsize=4)
def true_ece(whole: Outcomes) -> float:
    tally = gaps(whole.confidence, whole.correct, bins_of(whole.confidence))
    return float(np.abs(tally.sums(np.ones(len(whole), np.intp))).sum()) / len(whole)


def members(whole: Outcomes, kind: str, name: str) -> Booleans:
    """The population's images that belong to a slice."""
    ends = name.split(" to ")
    if kind == "size":
        sides = [int(end.split("x")[0]) for end in ends]
        return (sides[0] <= whole.width) & (whole.width <= sides[-1])
    shades = [float(end) for end in ends]
    return (shades[0] - 0.005 <= whole.brightness) & (whole.brightness <= shades[-1] + 0.005)


def counted(temperature: float, n: int, sets: int) -> dict[str, tuple[int, int]]:
    """Of each number: intervals that hold the truth, and all of them, over so many sets of n images."""
    whole, chance = population(temperature), np.random.default_rng([round(100 * temperature), n])
    inside: Counter[str] = Counter()
    every: Counter[str] = Counter()
    for _ in range(sets):
        for name, held in verdicts(whole, drawn(whole, n, chance)):
            inside[name] += held
            every[name] += 1
    return {name: (inside[name], every[name]) for name in every}


def error(count: int) -> float:
    """How far the share of so many intervals may be from 95 % by chance, in 95 of 100 cases."""
    return 1.96 * sqrt(0.95 * 0.05 / count)
