"""A data set: class names, and splits of labelled images that are decoded when they are asked for."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from brickwork.data.decode import bytes_of, decode_bytes
from brickwork.data.names import printable
from brickwork.data.shuffle import stratified
from brickwork.errors import BrickworkError

Labels = NDArray[np.int64]
Images = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Split(ABC):
    """Images with their labels, in a fixed order."""

    labels: Labels  # N, a position in the data set's classes each

    @property
    @abstractmethod
    def names(self) -> Sequence[str]:
        """Where each image is, for a person: a path, or "file#number"."""

    @property
    @abstractmethod
    def keys(self) -> Sequence[str]:
        """What identifies each image wherever the data set lies: chance is drawn from it."""

    @abstractmethod
    def content(self, i: int) -> bytes:
        """The bytes that image number i is made of, before decoding: its sum says whether it has changed.

        Raises Unreadable.
        """

    @abstractmethod
    def opened(self, i: int, content: bytes, least: int = 0) -> Image.Image:
        """Image number i from its content, with at least so many pixels a side where it has them; raises Unreadable."""

    def image(self, i: int) -> Image.Image:
        """Image number i in full; raises Unreadable."""
        return self.opened(i, self.content(i))

    @abstractmethod
    def take(self, positions: Sequence[int]) -> "Split":
        """The images at these positions."""

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True, eq=False)
class FileSplit(Split):
    """Images in files of their own."""

    root: Path
    files: tuple[str, ...]  # relative to the root, with "/" between folders

    @cached_property
    def names(self) -> Sequence[str]:
        return tuple(printable(str(self.root / file)) for file in self.files)

    @property
    def keys(self) -> Sequence[str]:
        return self.files

    def content(self, i: int) -> bytes:
        return bytes_of(self.root / self.files[i])

    def opened(self, i: int, content: bytes, least: int = 0) -> Image.Image:
        return decode_bytes(content, self.names[i], least=least)

    def take(self, positions: Sequence[int]) -> "FileSplit":
        return FileSplit(self.labels[list(positions)], self.root, tuple(self.files[p] for p in positions))


@dataclass(frozen=True, eq=False)
class ArraySplit(Split):
    """Images of one size, in memory."""

    images: Images  # N x channels x height x width
    file: str  # the file that they come from
    numbers: tuple[int, ...]  # each image's place in that file

    @cached_property
    def names(self) -> Sequence[str]:
        return tuple(f"{self.file}#{number}" for number in self.numbers)

    @cached_property
    def keys(self) -> Sequence[str]:
        return tuple(map(str, self.numbers))

    def content(self, i: int) -> bytes:
        return self.images[i].tobytes()

    def opened(self, i: int, content: bytes, least: int = 0) -> Image.Image:
        channels = np.frombuffer(content, np.uint8).reshape(self.images.shape[1:])
        return Image.fromarray(channels[0] if len(channels) == 1 else np.moveaxis(channels, 0, -1))

    def take(self, positions: Sequence[int]) -> "ArraySplit":
        index = list(positions)
        return ArraySplit(self.labels[index], self.images[index], self.file, tuple(self.numbers[p] for p in index))


@dataclass(frozen=True, eq=False)
class Dataset:
    """Classes and the splits "train", "val" and "test"; "train" is always there."""

    name: str
    classes: tuple[str, ...]
    splits: dict[str, Split]
    shape: tuple[int, int, int] | None = None  # channels, height, width where every image has the same
    source: str = ""  # what was opened: a word, or the whole path
    ignored: int = 0  # hidden and junk entries, and files that are not images
    notes: tuple[str, ...] = ()  # sentences about what was found, for a person

    def split(self, name: str) -> Split:
        """The split of this name; raises BrickworkError with those that there are."""
        if name not in self.splits:
            raise BrickworkError(f"{self.name} has no split {name!r}: it has {', '.join(self.splits)}.")
        return self.splits[name]

    def with_validation(self, fraction: float = 0.1, seed: int = 0) -> "Dataset":
        """The same set with a stratified part of train held out as "val", where there is no "val" yet."""
        if "val" in self.splits:
            return self
        if not 0 < fraction < 1:
            raise BrickworkError(f"{self.name}: the share held out for validation is between 0 and 1, not {fraction}.")
        train = self.splits["train"]
        held = stratified(train.keys, train.labels.tolist(), fraction, seed)
        kept = np.setdiff1d(np.arange(len(train)), held).tolist()
        rest = {name: split for name, split in self.splits.items() if name != "train"}
        return replace(self, splits={"train": train.take(kept), "val": train.take(held), **rest})
