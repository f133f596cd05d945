"""Prediction: the most probable classes of images, or "unsure" where the confidence is below the threshold."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from brickwork.data.dataset import Images
from brickwork.data.images.decode import Unreadable, bytes_of, decode_bytes
from brickwork.data.parallel import hold_fault, map_in_order
from brickwork.data.preprocessing import Preprocessing
from brickwork.errors import BrickworkError
from brickwork.runtime.inputs import NamedImage

UNSURE = "unsure"
AHEAD = 2  # batches of each thread that wait for the one before them
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

    logits: Callable[[Images], Logits]  # of N x C x H x W bytes, whose channels may come last in memory
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
        logits = self.logits(stack_channels_last(images))
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


def stack_channels_last(images: Sequence[Images]) -> Images:
    """A batch, N x C x H x W, whose channels come last in memory, as an image's do."""
    channels, height, width = images[0].shape
    batch = np.empty((len(images), height, width, channels), np.uint8)
    for place, image in enumerate(images):
        batch[place] = image.transpose(1, 2, 0)
    return batch.transpose(0, 3, 1, 2)


def decode_images(
    images: Sequence[NamedImage], preprocessing: Preprocessing, readers: int = 0
) -> Iterator[Images | Unreadable]:
    """Every image's pixels, or why there are none, in order; so many threads decode them, 0: one a core."""
    decode = partial(decode_image, preprocessing)
    return map(decode, images) if readers == 1 else map_in_order(decode, images, threads=readers)


def decode_image(preprocessing: Preprocessing, image: NamedImage) -> Images | Unreadable:
    """An image's pixels, channels x height x width, or why there are none; they must not be written to."""
    source = image.source
    try:
        if isinstance(source, Path):
            source = bytes_of(source)
        if isinstance(source, bytes):
            source = decode_bytes(source, image.name, least=preprocessing.least, range=preprocessing.range)
    except Unreadable as error:
        return error
    return source if isinstance(source, Unreadable) else preprocessing.rows(source).transpose(2, 0, 1)


def predict_batches(
    predictor: Predictor, groups: Iterable[list[NamedImage]], threads: int
) -> Iterator[list[Prediction]]:
    """The predictions of all batches, in order: each of so many threads decodes a batch and then computes it.

    So every core works all the time without one waiting for another, and what a batch gives does not depend on how
    many there are. `predictor.logits` may be called by all threads at a time, and computes in the one that calls.
    """

    def predict(group: list[NamedImage] | Exception) -> list[Prediction]:
        if isinstance(group, Exception):
            raise group
        return predictor.predictions(group)

    return map_in_order(predict, hold_fault(groups), ahead=AHEAD * threads, threads=threads)


def batches(images: Iterator[NamedImage], size: int) -> Iterator[list[NamedImage]]:
    """All images, so many at a time, found as they are asked for."""
    while group := list(islice(images, size)):
        yield group


def check_count(name: str, value: object) -> None:
    if not isinstance(value, int) or value < 1:
        raise BrickworkError(f"{name} is a whole number of 1 or more, not {value!r:.80}.")
