"""What a model sees in images of your own."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from os.path import expanduser
from pathlib import Path

import numpy as np
import torch

from brickwork.data.dataset import FileSplit, Images
from brickwork.data.images.decode import Unreadable
from brickwork.data.preprocessing import preprocess_all
from brickwork.data.sources.listing import list_tree
from brickwork.errors import BrickworkError
from brickwork.evaluation.logits import compute_logits, preprocessing_of
from brickwork.evaluation.metrics.calibration import COVERAGE, Threshold, calibration_of, probabilities, temperature_of
from brickwork.machine import device
from brickwork.model import ModelFile

UNSURE = "unsure"


@dataclass(frozen=True)
class Guess:
    """A class, and the model's probability for it."""

    label: str
    probability: float


@dataclass(frozen=True)
class Prediction:
    """What a model says of one image; or nothing, and the reason."""

    path: str
    label: str | None  # the most probable class, or "unsure" where its probability is below the threshold
    probability: float | None  # of the most probable class
    reason: str | None = None  # why the image could not be read
    guess: str | None = None  # the most probable class, however sure
    top: tuple[Guess, ...] = ()  # as many classes as were asked for, the most probable first


def image_files(path: str | Path) -> list[Path]:
    """The images below a folder in natural order; otherwise the path itself, which decoding then judges."""
    path = Path(expanduser(path))  # Path's own raises where there is no such person
    inside = list_tree(path).images if path.is_dir() else ()
    return [path / name for name in inside] or [path]


def threshold_for(file: ModelFile, coverage: float | None = None) -> Threshold | None:
    """The threshold of `predict` and what validation says of it; None where every image is answered.

    Without a coverage it is 0.95 where the file has a calibration. Raises BrickworkError where a coverage below 1 is
    asked of a file without a calibration, or none can be.
    """
    calibration = calibration_of(file)
    if calibration and coverage != 1:
        return calibration.at(COVERAGE if coverage is None else coverage)
    if coverage not in (None, 1):
        raise BrickworkError(
            f"the model file has no calibration, so no threshold is known for a coverage of {coverage:g}: "
            f"train the network again, as older versions did not calibrate, or leave the coverage out."
        )
    return None


@dataclass(frozen=True, eq=False)
class Predictor:
    """A model with all that turns images into predictions."""

    file: ModelFile
    threshold: float
    temperature: float
    top: int  # classes to name

    def guesses(self, images: list[Images]) -> list[tuple[Guess, ...]]:
        """Each image's most probable classes."""
        if not images:
            return []
        logits = compute_logits(self.file.model, torch.from_numpy(np.stack(images)), preprocessing_of(self.file))
        best = probabilities(logits, self.temperature).topk(min(self.top, len(self.file.classes)))
        rows = zip(best.indices.tolist(), best.values.tolist(), strict=True)
        return [tuple(Guess(self.file.classes[c], p) for c, p in zip(*row, strict=True)) for row in rows]

    def predictions(self, paths: Sequence[Path]) -> Iterator[Prediction]:
        """The predictions of one batch, in its order."""
        files = FileSplit(np.zeros(len(paths), np.int64), Path(), tuple(map(str, paths)))
        found = list(preprocess_all(files, preprocessing_of(self.file)))
        guesses = iter(self.guesses([pixels for pixels in found if not isinstance(pixels, Unreadable)]))
        for name, pixels in zip(files.names, found, strict=True):
            if isinstance(pixels, Unreadable):
                yield Prediction(name, None, None, pixels.reason)
            else:
                yield self.prediction(name, next(guesses))

    def prediction(self, name: str, top: tuple[Guess, ...]) -> Prediction:
        best = top[0]
        label = best.label if best.probability >= self.threshold else UNSURE
        return Prediction(name, label, best.probability, None, best.label, top)


def predict(
    file: ModelFile, paths: Iterable[str | Path], *, batch: int = 64, coverage: float | None = None, top: int = 1
) -> Iterator[Prediction]:
    """A prediction for every file, and for every image below every folder, in natural order.

    What cannot be read is a prediction with the reason: a damaged file, a path that leads nowhere, a folder without
    an image. A folder's hidden and junk entries, and its files that are no images, are passed over. Of images like
    those of the validation, a share of `coverage` at least is answered, and the others are "unsure": 0.95 without
    one where the file has a calibration, and 1 asks for an answer to every image. Raises BrickworkError as
    `answered_by` does.
    """
    answered = threshold_for(file, coverage)
    judge = Predictor(file, answered.threshold if answered else 0.0, temperature_of(file), top)
    preprocessing_of(file)  # raises where it is not the network's
    file.model.to(device())
    return chain.from_iterable(map(judge.predictions, path_batches(paths, batch)))


def path_batches(paths: Iterable[str | Path], size: int) -> Iterator[list[Path]]:
    """All files, so many at a time, found as they are asked for."""
    waiting = chain.from_iterable(map(image_files, paths))
    while group := list(islice(waiting, size)):
        yield group
