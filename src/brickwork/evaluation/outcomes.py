"""What is kept of every image that a model was asked about: a few numbers, neither pixels nor logits."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from brickwork.data.dataset import Labels, Split
from brickwork.errors import BrickworkError
from brickwork.evaluation.images import DecodedImage, UnreadableImage, read_windows
from brickwork.evaluation.logits import compute_logits, preprocessing_of
from brickwork.evaluation.metrics.intervals import Booleans, Floats, Integers
from brickwork.machine import device
from brickwork.model import ModelFile

TOP = 5  # as in "top-5 accuracy"


@dataclass(frozen=True, eq=False)
class Outcomes:
    """Images that were scored, a number each; classes are positions in the model's own."""

    place: Integers  # in the split
    given: Integers  # the class that the data has for it
    answered: Integers  # the model's most probable class
    confidence: Floats  # the probability of that
    loss: Floats  # cross-entropy: -log of the probability of the given class
    near: Booleans  # the given class is among the five most probable
    width: Integers  # of the original
    height: Integers
    brightness: Floats  # the mean pixel, 0 to 1

    @cached_property
    def right(self) -> Booleans:
        right: Booleans = self.given == self.answered
        return right

    def __len__(self) -> int:
        return len(self.given)


def concat_outcomes(parts: Sequence[Outcomes]) -> Outcomes:
    """All images of several parts, in their order."""
    return Outcomes(*(np.concatenate([getattr(part, each.name) for part in parts]) for each in fields(Outcomes)))


def score_split(
    file: ModelFile, split: Split, given: Labels, temperature: float, progress: Callable[[int], None] | None
) -> tuple[list[Outcomes], list[UnreadableImage]]:
    """What a model says of every image of a split, in parts, and the images that cannot be read.

    `given` has the class of each image, readable or not; `progress` hears how many have been scored.
    """
    preprocessing = preprocessing_of(file)
    file.model.to(device())
    parts: list[Outcomes] = []
    unseen: list[UnreadableImage] = []
    for window in read_windows(split, preprocessing):
        seen = [each for each in window if isinstance(each, DecodedImage)]
        unseen += [each for each in window if isinstance(each, UnreadableImage)]
        if seen:
            images = torch.from_numpy(np.stack([each.pixels for each in seen]))
            parts.append(score_batch(compute_logits(file.model, images, preprocessing), seen, given, temperature))
        if progress:
            progress(sum(map(len, parts)))
    return parts, unseen


def score_batch(logits: Tensor, seen: list[DecodedImage], given: Labels, temperature: float) -> Outcomes:
    """The outcomes of images from the logits that they got. Raises BrickworkError where these are not finite."""
    if not logits.isfinite().all():
        raise BrickworkError("the model answers with numbers that are infinite or not numbers (NaN).")
    places = np.array([each.place for each in seen], np.int64)
    own = torch.from_numpy(given[places]).view(-1, 1)
    logs = (logits.double() / temperature).log_softmax(1)
    best = logs.max(1)
    return Outcomes(
        place=places,
        given=given[places],
        answered=best.indices.numpy(),
        confidence=best.values.exp().numpy(),
        loss=-logs.gather(1, own).view(-1).numpy(),
        near=(logs.topk(min(TOP, logits.shape[1])).indices == own).any(1).numpy(),
        width=np.array([each.width for each in seen], np.int64),
        height=np.array([each.height for each in seen], np.int64),
        brightness=np.array([each.brightness for each in seen]),
    )
