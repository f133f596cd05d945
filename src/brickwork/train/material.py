"""What a training works on: images in memory, and how they become a network's input."""

import time
from dataclasses import dataclass, replace

from brickwork.data.dataset import Dataset
from brickwork.data.memory import Pixels, Skipped, load_pixels, statistics
from brickwork.data.preprocessing import Preprocessing
from brickwork.errors import BrickworkError
from brickwork.network import Network
from brickwork.train.progress import Listen, Progress

PAUSE = 5.0  # seconds between two notes while images are read


@dataclass(frozen=True, eq=False)
class Material:
    """Images to train on and to validate with; the preprocessing has the training pixels' mean and deviation."""

    classes: tuple[str, ...]
    train: Pixels
    val: Pixels
    preprocessing: Preprocessing

    @property
    def skipped(self) -> tuple[Skipped, ...]:
        return (*self.train.skipped, *self.val.skipped)


def read(network: Network, dataset: Dataset, report: Listen) -> Material:
    """Reads the splits "train" and "val" at the network's input size.

    Raises BrickworkError where one of them has no readable image.
    """
    channels, height, width = network.input
    plain = Preprocessing(channels, height, width, mean=(0.0,) * channels, std=(1.0,) * channels)
    train, val = (pixels(dataset, split, plain, report) for split in ("train", "val"))
    mean, std = statistics(train)
    return Material(dataset.classes, train, val, replace(plain, mean=mean, std=std))


def pixels(dataset: Dataset, split: str, preprocessing: Preprocessing, report: Listen) -> Pixels:
    """A split in memory, with a note for every image that was skipped."""
    count = len(dataset.split(split))
    found = load_pixels(dataset.split(split), preprocessing, progress=Counter(split, count, report))
    for skipped in found.skipped:
        report(Progress("note", f"skipped {skipped.name}: {skipped.reason}"))
    if not len(found):
        raise BrickworkError(nothing(dataset.name, split, count))
    report(Progress("note", f"{split}: {len(found):,} images"))
    return found


class Counter:
    """Tells how many images have been read, every few seconds."""

    def __init__(self, split: str, count: int, report: Listen) -> None:
        self.split, self.count, self.report = split, count, report
        self.told = time.monotonic()

    def __call__(self, done: int) -> None:
        if time.monotonic() - self.told > PAUSE:
            self.told = time.monotonic()
            self.report(Progress("note", f"{self.split}: {done:,} of {self.count:,} images read"))


def nothing(name: str, split: str, count: int) -> str:
    if count:
        return f"{name}: none of the {count:,} images of the split {split!r} can be read."
    if split == "val":
        return f"{name}: no class has two images, one of them to validate with: add images."
    return f"{name}: the split {split!r} is empty."
