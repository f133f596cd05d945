"""What a model sees in images of your own."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from os.path import expanduser
from pathlib import Path

import numpy as np
import torch

from brickwork.data.dataset import FileSplit, Images
from brickwork.data.decode import Unreadable
from brickwork.data.memory import decoded
from brickwork.data.preprocessing import Preprocessing
from brickwork.data.scan import below
from brickwork.evaluate.device import device
from brickwork.evaluate.logits import logits_of, preprocessing_of
from brickwork.model.file import ModelFile


@dataclass(frozen=True)
class Prediction:
    """One image's class and the model's probability for it; or neither, and the reason."""

    path: str
    label: str | None
    probability: float | None
    reason: str | None = None  # why the image could not be read


def files_at(path: str | Path) -> list[Path]:
    """The images below a folder in natural order; otherwise the path itself, which decoding then judges."""
    path = Path(expanduser(path))  # Path's own raises where there is no such person
    inside = below(path).images if path.is_dir() else ()
    return [path / name for name in inside] or [path]


def answers_of(file: ModelFile, preprocessing: Preprocessing, images: list[Images]) -> list[tuple[str, float]]:
    """Each image's most probable class, with the probability."""
    if not images:
        return []
    logits = logits_of(file.model, torch.from_numpy(np.stack(images)), preprocessing)
    best = logits.softmax(1).max(1)
    labels = [file.classes[place] for place in best.indices.tolist()]
    return list(zip(labels, best.values.tolist(), strict=True))


def predictions(file: ModelFile, preprocessing: Preprocessing, paths: Sequence[Path]) -> Iterator[Prediction]:
    """The predictions of one batch, in its order."""
    files = FileSplit(np.zeros(len(paths), np.int64), Path(), tuple(map(str, paths)))
    found = list(decoded(files, preprocessing))
    answers = iter(answers_of(file, preprocessing, [pixels for pixels in found if not isinstance(pixels, Unreadable)]))
    for name, pixels in zip(files.names, found, strict=True):
        if isinstance(pixels, Unreadable):
            yield Prediction(name, None, None, pixels.reason)
        else:
            yield Prediction(name, *next(answers))


def predict(file: ModelFile, paths: Iterable[str | Path], *, batch: int = 64) -> Iterator[Prediction]:
    """A prediction for every file, and for every image below every folder, in natural order.

    What cannot be read is a prediction with the reason: a damaged file, a path that leads nowhere, a folder without
    an image. A folder's hidden and junk entries, and its files that are no images, are passed over.
    """
    preprocessing = preprocessing_of(file)
    file.model.to(device())
    waiting = chain.from_iterable(map(files_at, paths))
    while group := list(islice(waiting, batch)):
        yield from predictions(file, preprocessing, group)
