"""How often a model is right on a data set."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from brickwork.data.dataset import Dataset, Labels
from brickwork.data.memory import Pixels, Skipped, load_pixels
from brickwork.data.preprocessing import Preprocessing
from brickwork.errors import BrickworkError, nearest
from brickwork.evaluate.device import device
from brickwork.evaluate.logits import logits_of, preprocessing_of
from brickwork.model.file import ModelFile
from brickwork.model.model import Model


@dataclass(frozen=True)
class ClassReport:
    """One class: how many of its images were scored, and the share that was named rightly."""

    name: str
    n: int
    accuracy: float | None  # None where there is no image


@dataclass(frozen=True)
class Report:
    """How a model did on a split. `skipped` images could not be read and count nowhere."""

    accuracy: float
    n: int
    skipped: tuple[Skipped, ...]
    classes: tuple[ClassReport, ...]  # those of the data set, in its order


def positions(wanted: Sequence[str], known: Sequence[str]) -> Labels:
    """Where each wanted class stands among the known ones; raises BrickworkError for one that is not there."""
    places = {name: place for place, name in enumerate(known)}
    for name in wanted:
        if name not in places:
            words = f"the data has a class {name!r} that the model does not know: {nearest(name, list(known))}"
            raise BrickworkError(f"{words} Classes are matched by the names of their folders.")
    return np.array([places[name] for name in wanted], dtype=np.int64)


def first(skipped: Sequence[Skipped]) -> str:
    """The first of the skipped images, as the end of a sentence."""
    return f": {skipped[0].name}: {skipped[0].reason}" if skipped else ""


def answers_of(
    model: Model, preprocessing: Preprocessing, pixels: Pixels, progress: Callable[[int], None] | None
) -> Labels:
    """The position in the model's classes that it gives each image."""
    logits = logits_of(model.to(device()), torch.from_numpy(pixels.images), preprocessing, progress=progress)
    answers: Labels = logits.argmax(1).numpy()
    return answers


def report(classes: Sequence[str], pixels: Pixels, right: NDArray[np.bool_]) -> Report:
    """The report on images of which `right` says whether each was named rightly."""
    each = [right[pixels.labels == number] for number in range(len(classes))]
    return Report(
        accuracy=float(right.mean()),
        n=len(right),
        skipped=pixels.skipped,
        classes=tuple(
            ClassReport(name, len(hits), float(hits.mean()) if len(hits) else None)
            for name, hits in zip(classes, each, strict=True)
        ),
    )


def evaluate(
    file: ModelFile, dataset: Dataset, split: str = "test", *, progress: Callable[[int], None] | None = None
) -> Report:
    """Scores a model on a split of a data set; `progress` hears how many images have been scored.

    Classes are matched by name, so the data may hold some of the model's classes, in any order. Raises
    BrickworkError where the data has a class that the model does not know, or no readable image.
    """
    known = positions(dataset.classes, file.classes)
    preprocessing = preprocessing_of(file)
    pixels = load_pixels(dataset.split(split), preprocessing)
    if not len(pixels):
        raise BrickworkError(f"{dataset.name}: no image of the split {split!r} can be read{first(pixels.skipped)}.")
    answers = answers_of(file.model, preprocessing, pixels, progress)
    return report(dataset.classes, pixels, known[pixels.labels] == answers)
