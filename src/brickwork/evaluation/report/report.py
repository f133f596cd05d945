"""The report of an evaluation: metrics with their intervals, and the images behind them."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from brickwork.data.dataset import Skipped, Split
from brickwork.data.images.deep import Range
from brickwork.evaluation.metrics.intervals import Estimate, Integers, wilson
from brickwork.evaluation.metrics.reliability import Bin
from brickwork.evaluation.metrics.slices import Slice
from brickwork.evaluation.outcomes import Outcomes

NAME = 80  # characters of a name in a repr


@dataclass(frozen=True)
class ClassReport:
    """Precision and recall of one class of the data set."""

    name: str
    n: int  # images of it that were scored
    skipped: int  # images of it that cannot be read
    precision: Estimate | None  # of the images predicted as it, the share that is of it; None where none was
    recall: Estimate | None  # of its images, the share predicted as it; None where there is none


@dataclass(frozen=True)
class Majority:
    """The most frequent class of the scored images: whoever always answers with it has its share as accuracy."""

    name: str
    share: float


@dataclass(frozen=True)
class ConfusedPair:
    """A cell of the confusion matrix off its diagonal: images of one class that were predicted as another."""

    target: str
    prediction: str
    n: int  # images
    share: Estimate  # of the images of the target, by Wilson's interval


@dataclass(frozen=True, eq=False)
class Confusion:
    """The confusion matrix: how many images of each class were predicted as which."""

    target: tuple[str, ...]  # rows: the classes of the data set
    prediction: tuple[str, ...]  # columns: the same, and others of the model's that were predicted
    counts: Integers  # rows x columns

    @cached_property
    def pairs(self) -> tuple[ConfusedPair, ...]:
        """All pairs of different classes that were confused, the most frequent first."""
        totals = self.counts.sum(1)
        wrong = self.counts * (np.array(self.target)[:, None] != np.array(self.prediction))
        order = np.argsort(-wrong, axis=None, kind="stable")[: np.count_nonzero(wrong)]
        places = zip(*(axis.tolist() for axis in np.unravel_index(order, wrong.shape)), strict=True)
        return tuple(self.pair(row, column, int(totals[row])) for row, column in places)

    def pair(self, row: int, column: int, total: int) -> ConfusedPair:
        n = int(self.counts[row, column])
        share = Estimate(n / total, *wilson(n, total), total)
        return ConfusedPair(self.target[row], self.prediction[column], n, share)


@dataclass(frozen=True)
class ScoredImage:
    """One image: its target, the model's prediction, and the probabilities of both."""

    name: str  # its path
    place: int  # in the split
    target: str
    prediction: str
    target_probability: float
    prediction_probability: float  # the confidence
    loss: float  # cross-entropy, -log of the target's probability


@dataclass(frozen=True, eq=False, repr=False)
class Report:
    """The evaluation of a model on a split. Images that cannot be read count nowhere but in `skipped`."""

    network: str
    data: str
    split: str
    temperature: float  # of all probabilities here; 1 where the model file has no calibration
    accuracy: Estimate
    top5: Estimate | None  # top-5 accuracy: the target is among the five most probable; None up to five classes
    nll: Estimate  # negative log-likelihood: the mean cross-entropy, in nats
    ece: Estimate  # expected calibration error, see `brickwork.evaluation.metrics.reliability`
    bins: tuple[Bin, ...]  # of the reliability diagram, of which the ECE is made
    classes: tuple[ClassReport, ...]  # those of the data set, in its order
    confusion: Confusion
    slices: tuple[Slice, ...]  # the one most surely worse than the rest first
    skipped: tuple[Skipped, ...]
    known: tuple[str, ...]  # the model's classes
    images: Split
    outcomes: Outcomes
    notes: tuple[str, ...] = ()  # on how the data set was opened and divided
    range: Range = "file"  # by which the model sees images of more than 8 bits

    @property
    def n(self) -> int:
        """Images that were scored."""
        return len(self.outcomes)

    @property
    def majority(self) -> Majority:
        """The most frequent class, with which the accuracy is to be compared."""
        row = max(self.classes, key=lambda row: row.n)
        return Majority(row.name, row.n / self.n)

    @cached_property
    def worst(self) -> tuple[ScoredImage, ...]:
        """All images by falling loss: the worst mistakes first, and among these whatever has a wrong label."""
        return tuple(self.scored_image(int(i)) for i in np.argsort(-self.outcomes.loss, kind="stable"))

    def scored_image(self, i: int) -> ScoredImage:
        outcomes, place = self.outcomes, int(self.outcomes.place[i])
        target, prediction = self.known[outcomes.target[i]], self.known[outcomes.prediction[i]]
        loss = float(outcomes.loss[i])
        probabilities = float(np.exp(-loss)), float(outcomes.confidence[i])
        return ScoredImage(self.images.names[place], place, target, prediction, *probabilities, loss)

    def mistakes(self, count: int) -> tuple[ScoredImage, ...]:
        """Of so many images with the highest loss, those whose prediction is wrong."""
        return tuple(image for image in self.worst[:count] if image.target != image.prediction)

    def worse_slices(self, count: int) -> tuple[Slice, ...]:
        """Of the first slices, as many at most, those of lower accuracy than the rest."""
        return tuple(part for part in self.slices[:count] if part.difference.value < 0)

    def document(self, worst: int = 20) -> dict[str, Any]:
        """As plain data for JSON, with so many of the worst mistakes: the interval of a number X is X_95."""
        from brickwork.evaluation.report.document import report_document

        return report_document(self, worst)

    def __repr__(self) -> str:
        accuracy = self.accuracy
        return (
            f"Report(network={self.network!r:.{NAME}}, data={self.data!r:.{NAME}}, split={self.split!r:.{NAME}}, "
            f"n={self.n}, skipped={len(self.skipped)}, accuracy={accuracy.value:.2%} "
            f"({accuracy.low:.2%} to {accuracy.high:.2%}))"
        )

    def _repr_html_(self) -> str:
        """Metrics and classes as a notebook shows them."""
        from brickwork.evaluation.report.html import summary_html

        return summary_html(self)
