"""Prediction: the most probable classes of images, or "unsure" where the confidence is below the threshold."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from brickwork.data.dataset import FileSplit, Images
from brickwork.data.images.decode import Unreadable, decode_bytes
from brickwork.data.preprocessing import Preprocessing, preprocess_all
from brickwork.errors import BrickworkError
from brickwork.runtime.inputs import NamedImage

UNSURE = "unsure"
Logits = NDArray[np.float32]  # N x classes


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


@dataclass(frozen=True, eq=False)
class Predictor:
    """A model's logits, with all that turns images into them and them into predictions; whatever computes them."""

    logits: Callable[[Images], Logits]  # of N x C x H x W bytes
    classes: tuple[str, ...]
    preprocessing: Preprocessing
    temperature: float = 1.0
    threshold: float = 0.0
    top: int = 1  # classes to name
    readers: int = 0  # threads that decode; 0 = one a core

    def predictions(self, images: Sequence[NamedImage]) -> list[Prediction]:
        """The predictions of one batch, in its order."""
        decoded = list(decode_images(images, self.preprocessing, self.readers))
        guesses = iter(self.guesses([pixels for pixels in decoded if not isinstance(pixels, Unreadable)]))
        return [
            Prediction(image.name, None, None, pixels.reason)
            if isinstance(pixels, Unreadable)
            else self.prediction(image.name, next(guesses))
            for image, pixels in zip(images, decoded, strict=True)
        ]

    def guesses(self, images: Sequence[Images]) -> list[tuple[Guess, ...]]:
        """Each image's most probable classes, the most probable first."""
        if not images:
            return []
        logits = self.logits(np.stack(images))
        best = np.argsort(-logits, axis=1, kind="stable")[:, : self.top]
        shares = np.take_along_axis(softmax(logits, self.temperature), best, axis=1)
        rows = zip(best.tolist(), shares.tolist(), strict=True)
        return [tuple(Guess(self.classes[c], p) for c, p in zip(*row, strict=True)) for row in rows]

    def prediction(self, name: str, top: tuple[Guess, ...]) -> Prediction:
        best = top[0]
        label = best.label if best.probability >= self.threshold else UNSURE
        return Prediction(name, label, best.probability, None, best.label, top)


def softmax(logits: Logits, temperature: float = 1.0) -> NDArray[np.float64]:
    """Probabilities, N x classes, of logits that are divided by the temperature first."""
    scores = logits.astype(np.float64) / temperature
    shares: NDArray[np.float64] = np.exp(scores - scores.max(1, keepdims=True))
    shares /= shares.sum(1, keepdims=True)
    return shares


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


def batches(images: Iterator[NamedImage], size: int) -> Iterator[list[NamedImage]]:
    """All images, so many at a time, found as they are asked for."""
    while group := list(islice(images, size)):
        yield group


def check_count(name: str, value: object) -> None:
    if not isinstance(value, int) or value < 1:
        raise BrickworkError(f"{name} is a whole number of 1 or more, not {value!r:.80}.")
