"""What a model did on a data set: numbers with their intervals, and the images behind them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import isfinite
from typing import Any

import numpy as np

from brickwork.data.dataset import Skipped, Split
from brickwork.evaluation.metrics.intervals import Estimate, Integers, wilson
from brickwork.evaluation.metrics.reliability import Bin
from brickwork.evaluation.metrics.slices import Slice
from brickwork.evaluation.outcomes import Outcomes


@dataclass(frozen=True)
class ClassReport:
    """One class of the data set."""

    name: str
    n: int  # images of it that were scored
    skipped: int  # images of it that cannot be read
    precision: Estimate | None  # of the images that were taken for it, the share that is of it; None where none was
    recall: Estimate | None  # of its images, the share that was taken for it; None where there is none


@dataclass(frozen=True)
class Confused:
    """Images of one class that were taken for another."""

    given: str
    answered: str
    count: int
    share: Estimate  # of the images of the given class, by Wilson's interval


@dataclass(frozen=True, eq=False)
class Confusion:
    """How many images of each class were taken for which."""

    given: tuple[str, ...]  # rows: the classes of the data set
    answered: tuple[str, ...]  # columns: the same, and others of the model's that were answered
    counts: Integers  # rows x columns

    @cached_property
    def pairs(self) -> tuple[Confused, ...]:
        """All pairs of different classes that were confused, the most frequent first."""
        totals = self.counts.sum(1)
        wrong = self.counts * (np.array(self.given)[:, None] != np.array(self.answered))
        order = np.argsort(-wrong, axis=None, kind="stable")[: np.count_nonzero(wrong)]
        places = zip(*(each.tolist() for each in np.unravel_index(order, wrong.shape)), strict=True)
        return tuple(self.pair(row, column, int(totals[row])) for row, column in places)

    def pair(self, row: int, column: int, n: int) -> Confused:
        count = int(self.counts[row, column])
        share = Estimate(count / n, *wilson(count, n), n)
        return Confused(self.given[row], self.answered[column], count, share)


@dataclass(frozen=True)
class Scored:
    """One image: the class that the data gives it, and the one that the model does."""

    name: str  # its path
    place: int  # in the split
    given: str
    answered: str
    given_probability: float
    answered_probability: float
    loss: float  # cross-entropy, -log of the given class's probability


@dataclass(frozen=True, eq=False)
class Report:
    """How a model did on a split. Images that cannot be read count nowhere but in `skipped`."""

    network: str
    data: str
    split: str
    temperature: float  # of all probabilities here; 1 where the model file has no calibration
    accuracy: Estimate
    top5: Estimate | None  # the given class is among the five most probable; None up to five classes
    nll: Estimate  # negative log-likelihood: the mean cross-entropy, in nats
    ece: Estimate  # expected calibration error, see `brickwork.evaluation.metrics.reliability`
    bins: tuple[Bin, ...]  # that it is made of
    classes: tuple[ClassReport, ...]  # those of the data set, in its order
    confusion: Confusion
    slices: tuple[Slice, ...]  # the one most surely worse than the rest first
    skipped: tuple[Skipped, ...]
    known: tuple[str, ...]  # the model's classes
    images: Split
    outcomes: Outcomes

    @property
    def n(self) -> int:
        """Images that were scored."""
        return len(self.outcomes)

    @cached_property
    def worst(self) -> tuple[Scored, ...]:
        """All images by falling loss: the worst mistakes first, and among these whatever has a wrong label."""
        return tuple(self.scored(int(i)) for i in np.argsort(-self.outcomes.loss, kind="stable"))

    def scored(self, i: int) -> Scored:
        each, place = self.outcomes, int(self.outcomes.place[i])
        given, answered = self.known[each.given[i]], self.known[each.answered[i]]
        loss = float(each.loss[i])
        chances = float(np.exp(-loss)), float(each.confidence[i])
        return Scored(self.images.names[place], place, given, answered, *chances, loss)

    def document(self, worst: int = 20) -> dict[str, Any]:
        """As plain data for JSON, with so many of the worst mistakes: the interval of a number X is X_95."""
        return {
            "network": self.network,
            "data": self.data,
            "split": self.split,
            "n": self.n,
            "skipped": len(self.skipped),
            "temperature": self.temperature,
            **flat("accuracy", self.accuracy),
            **flat("top5", self.top5),
            **flat("nll", self.nll),
            **flat("ece", self.ece),
            "bins": [
                {"n": each.accuracy.n, "confidence": each.confidence, **flat("accuracy", each.accuracy)}
                for each in self.bins
            ],
            "classes": [
                {
                    "name": each.name,
                    "n": each.n,
                    "skipped": each.skipped,
                    **flat("precision", each.precision),
                    **flat("recall", each.recall),
                }
                for each in self.classes
            ],
            "confusion": {
                "given": self.confusion.given,
                "answered": self.confusion.answered,
                "counts": self.confusion.counts.tolist(),
            },
            "confused": [
                {"given": each.given, "answered": each.answered, "n": each.count, **flat("share", each.share)}
                for each in self.confusion.pairs
            ],
            "slices": list(slice_documents(self.slices)),
            "worst": [vars(each) for each in self.worst[:worst]],
            "unreadable": [vars(each) for each in self.skipped],
        }


def flat(name: str, estimate: Estimate | None) -> dict[str, Any]:
    if estimate is None:
        return {name: None, f"{name}_95": None}
    ends = [end if isfinite(end) else None for end in (estimate.low, estimate.high)]
    return {name: estimate.value, f"{name}_95": ends}


def slice_documents(slices: Sequence[Slice]) -> Iterator[dict[str, Any]]:
    for each in slices:
        numbers = {**flat("accuracy", each.accuracy), **flat("difference", each.difference)}
        yield {"kind": each.kind, "name": each.name, "n": each.accuracy.n, **numbers}
