"""Scoring a model on a split of a data set: every image once, and all metrics of the outcomes."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from brickwork.data.dataset import Dataset, Labels, Skipped, Split
from brickwork.errors import BrickworkError
from brickwork.evaluation.data import as_dataset, as_model_file, class_positions, images_of
from brickwork.evaluation.images import UnreadableImage
from brickwork.evaluation.logits import preprocessing_of
from brickwork.evaluation.metrics.intervals import (
    Estimate,
    Integers,
    Tally,
    hits,
    mean_estimate,
    resample,
    share_estimates,
)
from brickwork.evaluation.metrics.reliability import bins_of, diagram, ece, gaps
from brickwork.evaluation.metrics.slices import Grouping, by_brightness, by_size, make_slices, worst_first
from brickwork.evaluation.outcomes import TOP, Outcomes, Scorer, concat_outcomes, score_split
from brickwork.evaluation.report.report import ClassReport, Confusion, Report
from brickwork.model import ModelFile
from brickwork.processes import check_nproc
from brickwork.runtime.calibration import temperature_of


def evaluate(
    model: ModelFile | str | Path,
    data: Dataset | str | Path,
    split: str = "test",
    *,
    groups: str = "",
    progress: Callable[[int], None] | None = None,
    nproc: int | None = None,
) -> Report:
    """Evaluates a model on a split of a data set: accuracy, calibration, classes, slices, worst mistakes.

    The model is a model file or its path. Data that is a path or a word is opened as `brickwork evaluate` opens it:
    divided by the seed of the model's training, and by its groups or those given here. The split "all" is every
    image. Classes are matched by name, so the data may hold some of the model's classes, in any order. Probabilities
    are after the temperature in the model file's record. A window of images is in memory at a time; `progress` hears
    how many have been scored. `nproc` processes of one thread each, whatever their number, give the same report, bit
    for bit; without it this process computes by all its threads. Raises BrickworkError where the data has a class that
    the model does not know, or no readable image.
    """
    check_nproc(nproc)
    if progress is not None and not callable(progress):
        raise BrickworkError(f"progress is a function of how many images are done, not {type(progress).__name__}.")
    file = as_model_file(model)
    dataset = as_dataset(data, groups, file.record)
    known = class_positions(dataset.classes, file.classes)
    images = images_of(file, dataset, split)
    temperature = temperature_of(file)
    scorer = Scorer(file, images, known[images.labels], temperature, threads=1 if nproc else 0)
    parts, unreadable = score_split(scorer, progress, nproc)
    if not parts:
        reason = f": {images.names[unreadable[0].place]}: {unreadable[0].reason}" if unreadable else ""
        raise BrickworkError(f"{dataset.name}: no image of the split {split!r} can be read{reason}.")
    return make_report(
        ScoredSplit(file, dataset, split, images, known, concat_outcomes(parts), tuple(unreadable), temperature)
    )


@dataclass(frozen=True, eq=False)
class ScoredSplit:
    """A split that a model has been scored on, with the outcomes."""

    file: ModelFile
    dataset: Dataset
    split: str
    images: Split
    known: Labels  # of each class of the data, its position in the model's
    outcomes: Outcomes
    unreadable: tuple[UnreadableImage, ...]
    temperature: float

    @property
    def rows(self) -> Integers:
        """Of each image, the position of its class in the data's."""
        return self.images.labels[self.outcomes.place]


def make_report(scored: ScoredSplit) -> Report:
    """All metrics of a report, with intervals from one resampling of the images."""
    outcomes, classes = scored.outcomes, scored.file.classes
    bins = bins_of(outcomes.confidence)
    groupings = (
        Grouping("class", scored.dataset.classes, scored.rows), by_size(outcomes), by_brightness(outcomes),
    )  # fmt: skip
    tallies = tally(outcomes, bins, groupings, len(classes))
    drawn = resample(tallies, len(outcomes))
    shares = {name: share_estimates(tallies[name], drawn[name]) for name in tallies if name not in ("loss", "gaps")}
    (accuracy,), (top5,) = shares["all"], shares["top5"]
    assert accuracy, "there is an image"
    return Report(
        network=scored.file.model.network.name,
        data=scored.dataset.name,
        split=scored.split,
        temperature=scored.temperature,
        accuracy=accuracy,
        top5=top5 if len(classes) > TOP else None,
        nll=mean_estimate(outcomes.loss, drawn["loss"]),
        ece=ece(outcomes.confidence, outcomes.correct, tallies["gaps"], drawn["gaps"]),
        bins=diagram(outcomes.confidence, outcomes.correct, bins),
        classes=class_reports(scored, shares["prediction"], shares["class"]),
        confusion=confusion(scored),
        slices=worst_first([s for g in groupings for s in make_slices(g, outcomes.correct, shares[g.kind])]),
        skipped=tuple(Skipped(scored.images.names[image.place], image.reason) for image in scored.unreadable),
        known=classes,
        images=scored.images,
        outcomes=outcomes,
        notes=scored.dataset.notes,
        range=preprocessing_of(scored.file).range,
    )


def tally(outcomes: Outcomes, bins: Integers, groupings: Sequence[Grouping], classes: int) -> dict[str, Tally]:
    """What is summed in every draw."""
    correct = outcomes.correct
    return {
        "all": hits(correct),
        "top5": hits(outcomes.in_top5),
        "prediction": hits(correct, outcomes.prediction, classes),
        "loss": Tally(np.zeros(len(correct), np.int64), 1, outcomes.loss),
        "gaps": gaps(outcomes.confidence, correct, bins),
        **{grouping.kind: hits(correct, grouping.groups, len(grouping.names)) for grouping in groupings},
    }


def class_reports(
    scored: ScoredSplit, precisions: Sequence[Estimate | None], recalls: Sequence[Estimate | None]
) -> tuple[ClassReport, ...]:
    """Precision and recall of the data's classes; precisions are by the model's classes, recalls by the data's."""
    skipped = Counter(scored.images.labels[image.place] for image in scored.unreadable)
    return tuple(
        ClassReport(name, recall.n if recall else 0, skipped[row], precisions[scored.known[row]], recall)
        for row, (name, recall) in enumerate(zip(scored.dataset.classes, recalls, strict=True))
    )


def confusion(scored: ScoredSplit) -> Confusion:
    """The data's classes in its order, and behind them others of the model's that were predicted."""
    prediction = scored.outcomes.prediction
    columns = np.concatenate([scored.known, np.setdiff1d(prediction, scored.known)])
    places = np.zeros(len(scored.file.classes), np.int64)
    places[columns] = np.arange(len(columns))
    counts = np.zeros((len(scored.known), len(columns)), np.int64)
    np.add.at(counts, (scored.rows, places[prediction]), 1)
    return Confusion(scored.dataset.classes, tuple(scored.file.classes[column] for column in columns), counts)
