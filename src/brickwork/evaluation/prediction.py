"""Prediction: the most probable classes of images, or "unsure" where the confidence is below the threshold."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path

import numpy as np
import torch

from brickwork.data.dataset import FileSplit, Images
from brickwork.data.images.decode import Unreadable, decode_bytes
from brickwork.data.preprocessing import Preprocessing, preprocess_all
from brickwork.errors import BrickworkError, check_kind
from brickwork.evaluation.data import as_model_file
from brickwork.evaluation.inputs import ImageInputs, NamedImage, iter_images
from brickwork.evaluation.logits import compute_logits, preprocessing_of, stable_batch_size
from brickwork.evaluation.metrics.calibration import COVERAGE, Threshold, calibration_of, probabilities, temperature_of
from brickwork.evaluation.parallel import check_nproc, map_in_processes
from brickwork.machine import compute_threads, device
from brickwork.model import ModelFile
from brickwork.ray_cluster import check_engine

UNSURE = "unsure"


@dataclass(frozen=True)
class Guess:
    """A class, and the model's probability for it."""

    label: str
    probability: float


@dataclass(frozen=True, repr=False)
class Prediction:
    """What a model predicts for one image; or nothing, and the reason."""

    path: str  # or "image 0", "image 1" ... for one in memory
    label: str | None  # the most probable class, or "unsure" where its probability is below the threshold
    probability: float | None  # of the most probable class: the confidence
    reason: str | None = None  # why the image could not be read
    guess: str | None = None  # the most probable class, whatever its probability
    top: tuple[Guess, ...] = ()  # as many classes as were asked for, the most probable first

    def __repr__(self) -> str:
        if self.probability is None:
            return f"Prediction({self.path!r:.160}, unreadable: {self.reason:.160})"
        guess = f" ({self.guess:.80})" if self.guess != self.label else ""
        return f"Prediction({self.path!r:.160}, {self.label:.80}{guess} {self.probability:.1%})"


def threshold_for(file: ModelFile, coverage: float | None = None) -> Threshold | None:
    """The confidence threshold of `predict` and its validation images; None where every image gets its class.

    Without a coverage it is 0.95 where the file has a calibration. Raises BrickworkError where a coverage below 1 is
    asked of a file without a calibration, or none can be.
    """
    check_kind("coverage", coverage, (int, float, type(None)), "a share above 0 and up to 1")
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
    threads: int = 0  # that compute; 0 = all
    readers: int = 0  # threads that decode; 0 = one a core

    def guesses(self, images: list[Images]) -> list[tuple[Guess, ...]]:
        """Each image's most probable classes."""
        if not images:
            return []
        model, batch = self.file.model.to(device()), torch.from_numpy(np.stack(images))
        with compute_threads(self.threads):
            logits = compute_logits(model, batch, preprocessing_of(self.file))
            best = probabilities(logits, self.temperature).topk(min(self.top, len(self.file.classes)))
        rows = zip(best.indices.tolist(), best.values.tolist(), strict=True)
        return [tuple(Guess(self.file.classes[c], p) for c, p in zip(*row, strict=True)) for row in rows]

    def predictions(self, images: Sequence[NamedImage]) -> list[Prediction]:
        """The predictions of one batch, in its order."""
        decoded = list(decode_images(images, preprocessing_of(self.file), self.readers))
        guesses = iter(self.guesses([pixels for pixels in decoded if not isinstance(pixels, Unreadable)]))
        return [
            Prediction(image.name, None, None, pixels.reason)
            if isinstance(pixels, Unreadable)
            else self.prediction(image.name, next(guesses))
            for image, pixels in zip(images, decoded, strict=True)
        ]

    def predict_all(
        self, images: Iterator[NamedImage], batch: int, nproc: int | None, engine: str = "torch"
    ) -> Iterator[list[Prediction]]:
        """The predictions of all batches, by so many processes of one thread, or by all threads of this one."""
        groups = batches(images, stable_batch_size(self.file.model, batch))
        if nproc and engine == "ray":
            from brickwork.evaluation.ray import map_on_ray

            return map_on_ray(replace(self, readers=1).predictions, self.file.model, groups, nproc)
        if nproc is None or nproc == 1:
            return map(self.predictions, groups)
        return map_in_processes(replace(self, readers=1).predictions, self.file.model, groups, nproc)

    def prediction(self, name: str, top: tuple[Guess, ...]) -> Prediction:
        best = top[0]
        label = best.label if best.probability >= self.threshold else UNSURE
        return Prediction(name, label, best.probability, None, best.label, top)


def decode_images(
    images: Sequence[NamedImage], preprocessing: Preprocessing, readers: int = 0
) -> Iterator[Images | Unreadable]:
    """Every image's pixels, or why there are none, in order; so many threads decode files, 0: one a core."""
    files = tuple(str(image.source) for image in images if isinstance(image.source, Path))
    split = FileSplit(np.zeros(len(files), np.int64), Path(), files)
    decoded = preprocess_all(split, preprocessing, threads=readers)
    for image in images:
        match image.source:
            case Path():
                yield next(decoded)
            case Unreadable():
                yield image.source
            case bytes():
                yield preprocess_content(image.name, image.source, preprocessing)
            case pixels:
                yield preprocessing.pixels(pixels)


def preprocess_content(name: str, content: bytes, preprocessing: Preprocessing) -> Images | Unreadable:
    """The pixels of an encoded image, as those of its file."""
    try:
        return preprocessing.pixels(decode_bytes(content, name, least=preprocessing.least, range=preprocessing.range))
    except Unreadable as error:
        return error


def iter_predictions(
    model: ModelFile | str | Path,
    images: ImageInputs,
    *,
    batch: int = 64,
    coverage: float | None = None,
    top: int = 1,
    nproc: int | None = None,
    engine: str = "torch",
) -> Iterator[Prediction]:
    """What `predict` gives, a batch at a time as it is asked for: for more images than a list should hold.

    The model and the coverage are checked at once; images are read, and refused, on the way.
    """
    check_count("batch", batch)
    check_count("top", top)
    check_nproc(nproc)
    check_engine(engine, nproc)
    file = as_model_file(model)
    threshold = threshold_for(file, coverage)
    least = threshold.threshold if threshold else 0.0
    predictor = Predictor(file, least, temperature_of(file), top, threads=1 if nproc else 0)
    preprocessing_of(file)  # raises where it is not the network's
    return chain.from_iterable(predictor.predict_all(iter_images(images), batch, nproc, engine))


def check_count(name: str, value: object) -> None:
    if not isinstance(value, int) or value < 1:
        raise BrickworkError(f"{name} is a whole number of 1 or more, not {value!r:.80}.")


def batches(images: Iterator[NamedImage], size: int) -> Iterator[list[NamedImage]]:
    """All images, so many at a time, found as they are asked for."""
    while group := list(islice(images, size)):
        yield group


def predict(
    model: ModelFile | str | Path,
    images: ImageInputs,
    *,
    batch: int = 64,
    coverage: float | None = None,
    top: int = 1,
    nproc: int | None = None,
    engine: str = "torch",
) -> list[Prediction]:
    """Predicts classes of images: a list with a prediction for every image, also where only one is given.

    The model is a model file or its path. Images are a path of a file or of a folder, which has every image below it
    in natural order, a PIL image, an array of uint8 (H x W, or H x W x C with 1, 3 or 4 channels), or several of
    these, mixed as they come. One in memory is treated as its file would be, and named "image 0" by its position.

    What cannot be read is a prediction with the reason: a damaged file, a path that leads nowhere, a folder without
    an image. A folder's hidden and junk entries, and its files that are no images, are passed over. Of images like
    those of the validation, a share of `coverage` at least gets its most probable class (`top` of them in `.top`),
    and the others are "unsure": 0.95 without one where the file has a calibration, and 1 gives every image its class.
    `nproc` processes of one thread each, whatever their number, predict the same, bit for bit; with `engine="ray"`
    they are those of the Ray cluster that RAY_ADDRESS names, or of one on this machine.
    Raises BrickworkError where there is no such model file, where `threshold_for` does, and for an array of another
    kind.
    """
    return list(iter_predictions(model, images, batch=batch, coverage=coverage, top=top, nproc=nproc, engine=engine))
