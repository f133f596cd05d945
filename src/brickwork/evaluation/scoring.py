"""How often a model is right on a data set, and where it is not."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from brickwork.data.dataset import Dataset, Labels, Skipped, Split
from brickwork.errors import BrickworkError, nearest
from brickwork.evaluation.images import UnreadableImage
from brickwork.evaluation.metrics.calibration import temperature_of
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
from brickwork.evaluation.outcomes import TOP, Outcomes, concat_outcomes, score_split
from brickwork.evaluation.report.report import ClassReport, Confusion, Report
from brickwork.model import ModelFile


def positions(wanted: Sequence[str], known: Sequence[str]) -> Labels:
    """Where each wanted class stands among the known ones; raises BrickworkError for one that is not there."""
    places = {name: place for place, name in enumerate(known)}
    for name in wanted:
        if name not in places:
            words = f"the data has a class {name!r} that the model does not know: {nearest(name, list(known))}"
            raise BrickworkError(f"{words} Classes are matched by the names of their folders.")
    return np.array([places[name] for name in wanted], dtype=np.int64)


def images_of(file: ModelFile, dataset: Dataset, split: str) -> Split:
    """The images of a split; where the training held validation images out of this data, they are held out again."""
    recipe = file.record.get("recipe")
    share, seed = (recipe.get("validation"), recipe.get("seed")) if isinstance(recipe, dict) else (None, None)
    own = split == "val" or file.record.get("data") == dataset.name
    if split in ("train", "val") and own and "train" in dataset.splits and type(seed) is int and type(share) is float:
        dataset = dataset.with_validation(share, seed)
    return dataset.split(split)


def evaluate(
    file: ModelFile, dataset: Dataset, split: str = "test", *, progress: Callable[[int], None] | None = None
) -> Report:
    """Scores a model on a split of a data set; `progress` hears how many images have been scored.

    The split "all" is every image. Classes are matched by name, so the data may hold some of the model's classes, in
    any order. Probabilities are after the temperature in the model file's record. A window of images is in memory at
    a time. Raises BrickworkError where the data has a class that the model does not know, or no readable image.
    """
    known = positions(dataset.classes, file.classes)
    images = images_of(file, dataset, split)
    temperature = temperature_of(file)
    parts, unseen = score_split(file, images, known[images.labels], temperature, progress)
    if not parts:
        reason = f": {images.names[unseen[0].place]}: {unseen[0].reason}" if unseen else ""
        raise BrickworkError(f"{dataset.name}: no image of the split {split!r} can be read{reason}.")
    return make_report(
        ScoredSplit(file, dataset, split, images, known, concat_outcomes(parts), tuple(unseen), temperature)
    )


@dataclass(frozen=True, eq=False)
class ScoredSplit:
    """What was asked, and what came of it."""

    file: ModelFile
    dataset: Dataset
    split: str
    images: Split
    known: Labels  # of each class of the data, its position in the model's
    outcomes: Outcomes
    unseen: tuple[UnreadableImage, ...]
    temperature: float

    @property
    def rows(self) -> Integers:
        """Of each image, the position of its class in the data's."""
        return self.images.labels[self.outcomes.place]


def make_report(asked: ScoredSplit) -> Report:
    """All numbers of a report, with intervals from one resampling of the images."""
    outcomes, classes = asked.outcomes, asked.file.classes
    bins = bins_of(outcomes.confidence)
    groupings = (
        Grouping("class", asked.dataset.classes, asked.rows), by_size(outcomes), by_brightness(outcomes),
    )  # fmt: skip
    tallies = tally(outcomes, bins, groupings, len(classes))
    drawn = resample(tallies, len(outcomes))
    found = {name: share_estimates(tallies[name], drawn[name]) for name in tallies if name not in ("loss", "gaps")}
    (accuracy,), (top5,) = found["all"], found["top5"]
    assert accuracy, "there is an image"
    return Report(
        network=asked.file.model.network.name,
        data=asked.dataset.name,
        split=asked.split,
        temperature=asked.temperature,
        accuracy=accuracy,
        top5=top5 if len(classes) > TOP else None,
        nll=mean_estimate(outcomes.loss, drawn["loss"]),
        ece=ece(outcomes.confidence, outcomes.right, tallies["gaps"], drawn["gaps"]),
        bins=diagram(outcomes.confidence, outcomes.right, bins),
        classes=class_reports(asked, found["answered"], found["class"]),
        confusion=confusion(asked),
        slices=worst_first([s for each in groupings for s in make_slices(each, outcomes.right, found[each.kind])]),
        skipped=tuple(Skipped(asked.images.names[each.place], each.reason) for each in asked.unseen),
        known=classes,
        images=asked.images,
        outcomes=outcomes,
    )


def tally(outcomes: Outcomes, bins: Integers, groupings: Sequence[Grouping], classes: int) -> dict[str, Tally]:
    """What is summed in every draw."""
    right = outcomes.right
    return {
        "all": hits(right),
        "top5": hits(outcomes.near),
        "answered": hits(right, outcomes.answered, classes),
        "loss": Tally(np.zeros(len(right), np.int64), 1, outcomes.loss),
        "gaps": gaps(outcomes.confidence, right, bins),
        **{each.kind: hits(right, each.groups, len(each.names)) for each in groupings},
    }


def class_reports(
    asked: ScoredSplit, answered: Sequence[Estimate | None], recalls: Sequence[Estimate | None]
) -> tuple[ClassReport, ...]:
    skipped = Counter(asked.images.labels[each.place] for each in asked.unseen)
    return tuple(
        ClassReport(name, recall.n if recall else 0, skipped[row], answered[asked.known[row]], recall)
        for row, (name, recall) in enumerate(zip(asked.dataset.classes, recalls, strict=True))
    )


def confusion(asked: ScoredSplit) -> Confusion:
    """The data's classes in its order, and behind them others of the model's that were answered."""
    answered = asked.outcomes.answered
    columns = np.concatenate([asked.known, np.setdiff1d(answered, asked.known)])
    places = np.zeros(len(asked.file.classes), np.int64)
    places[columns] = np.arange(len(columns))
    counts = np.zeros((len(asked.known), len(columns)), np.int64)
    np.add.at(counts, (asked.rows, places[answered]), 1)
    return Confusion(asked.dataset.classes, tuple(asked.file.classes[column] for column in columns), counts)
