"""Outcomes of scoring: target, prediction, confidence and loss of every image; neither pixels nor logits are kept."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from brickwork.data.dataset import Labels, Split
from brickwork.errors import BrickworkError
from brickwork.evaluation.images import WINDOW, DecodedImage, ReadImage, UnreadableImage, read_image, read_windows
from brickwork.evaluation.logits import compute_logits, preprocessing_of, stable_batch_size
from brickwork.evaluation.metrics.intervals import Booleans, Floats, Integers
from brickwork.evaluation.parallel import map_in_processes
from brickwork.machine import compute_threads, device
from brickwork.model import ModelFile

TOP = 5  # as in "top-5 accuracy"


@dataclass(frozen=True, eq=False)
class Outcomes:
    """Scored images, a value each; classes are positions in the model's own."""

    place: Integers  # in the split
    target: Integers  # the class that the data gives
    prediction: Integers  # the model's most probable class
    confidence: Floats  # the probability of the prediction
    loss: Floats  # cross-entropy: -log of the probability of the target
    in_top5: Booleans  # the target is among the five most probable classes
    width: Integers  # of the original
    height: Integers
    brightness: Floats  # the mean pixel, 0 to 1

    @cached_property
    def correct(self) -> Booleans:
        """Whether each prediction is the target."""
        correct: Booleans = self.target == self.prediction
        return correct

    def __len__(self) -> int:
        return len(self.target)


def concat_outcomes(parts: Sequence[Outcomes]) -> Outcomes:
    """All images of several parts, in their order."""
    names = (field.name for field in fields(Outcomes))
    return Outcomes(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


ScoredWindow = tuple[Outcomes | None, list[UnreadableImage]]  # None where no image can be read


@dataclass(frozen=True, eq=False)
class Scorer:
    """A model with all that turns the images of a split into outcomes."""

    file: ModelFile
    split: Split
    targets: Labels  # the class of each image, readable or not
    temperature: float
    threads: int = 0  # that compute; 0 = all

    @property
    def size(self) -> int:
        """Images that are scored at a time."""
        return stable_batch_size(self.file.model, WINDOW)

    def score(self, window: Sequence[ReadImage]) -> ScoredWindow:
        """The outcomes of the images of a window, and those that cannot be read."""
        decoded = [image for image in window if isinstance(image, DecodedImage)]
        unreadable = [image for image in window if isinstance(image, UnreadableImage)]
        if not decoded:
            return None, unreadable
        batch = torch.from_numpy(np.stack([image.pixels for image in decoded]))
        with compute_threads(self.threads):
            logits = compute_logits(self.file.model.to(device()), batch, preprocessing_of(self.file))
            return score_batch(logits, decoded, self.targets, self.temperature), unreadable

    def read_and_score(self, places: range) -> ScoredWindow:
        preprocessing = preprocessing_of(self.file)
        return self.score([read_image(self.split, preprocessing, place) for place in places])

    def score_all(self, nproc: int | None) -> Iterator[ScoredWindow]:
        """Every window of the split in order, by so many processes of one thread, or by all threads of this one."""
        if nproc is None or nproc == 1:
            return map(self.score, read_windows(self.split, preprocessing_of(self.file), self.size))
        starts = range(0, len(self.split), self.size)
        windows = [range(start, min(start + self.size, len(self.split))) for start in starts]
        return map_in_processes(self.read_and_score, self.file.model, windows, min(nproc, max(1, len(windows))))


def score_split(
    scorer: Scorer, progress: Callable[[int], None] | None, nproc: int | None = None
) -> tuple[list[Outcomes], list[UnreadableImage]]:
    """The outcomes of every image of a split, in parts, and the images that cannot be read.

    `progress` hears how many images have been scored.
    """
    parts: list[Outcomes] = []
    unreadable: list[UnreadableImage] = []
    for part, missing in scorer.score_all(nproc):
        parts += [part] if part else []
        unreadable += missing
        if progress:
            progress(sum(map(len, parts)))
    return parts, unreadable


def score_batch(logits: Tensor, images: list[DecodedImage], targets: Labels, temperature: float) -> Outcomes:
    """The outcomes of images from their logits, N x classes. Raises BrickworkError where these are not finite."""
    if not logits.isfinite().all():
        raise BrickworkError("the model's logits are infinite or not numbers (NaN).")
    places = np.array([image.place for image in images], np.int64)
    target = torch.from_numpy(targets[places]).view(-1, 1)
    log_probabilities = (logits.double() / temperature).log_softmax(1)
    best = log_probabilities.max(1)
    return Outcomes(
        place=places,
        target=targets[places],
        prediction=best.indices.numpy(),
        confidence=best.values.exp().numpy(),
        loss=-log_probabilities.gather(1, target).view(-1).numpy(),
        in_top5=(log_probabilities.topk(min(TOP, logits.shape[1])).indices == target).any(1).numpy(),
        width=np.array([image.width for image in images], np.int64),
        height=np.array([image.height for image in images], np.int64),
        brightness=np.array([image.brightness for image in images]),
    )
