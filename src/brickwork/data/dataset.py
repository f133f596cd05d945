"""A data set: class names, and splits of labelled images that are decoded when they are asked for."""

import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from pathlib import Path, PurePath
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from brickwork.data.hashing import stratified_split
from brickwork.data.images.decode import bytes_of, decode_bytes
from brickwork.data.names import natural, printable
from brickwork.errors import BrickworkError

Labels = NDArray[np.int64]
Images = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Split(ABC):
    """Images with their labels, in a fixed order."""

    labels: Labels  # N, a position in the data set's classes each
    groups: tuple[str, ...] = field(default=(), kw_only=True)  # one name an image, of what stays together; or none

    @property
    @abstractmethod
    def names(self) -> Sequence[str]:
        """Where each image is, for a person: a path, or "file#number"."""

    @property
    @abstractmethod
    def keys(self) -> Sequence[str]:
        """What identifies each image wherever the data set lies: chance is drawn from it."""

    @abstractmethod
    def read_bytes(self, i: int) -> bytes:
        """The bytes that image number i is made of, before decoding: its sum says whether it has changed.

        Raises Unreadable.
        """

    @abstractmethod
    def decode(self, i: int, content: bytes, least: int = 0) -> Image.Image:
        """Image number i from its content, with at least so many pixels a side where it has them; raises Unreadable."""

    def image(self, i: int) -> Image.Image:
        """Image number i in full; raises Unreadable."""
        return self.decode(i, self.read_bytes(i))

    @abstractmethod
    def subset(self, positions: Sequence[int]) -> "Split":
        """The images at these positions."""

    def path(self, i: int) -> Path | None:
        """The file of its own that image number i has."""
        return None

    def groups_at(self, positions: Sequence[int]) -> tuple[str, ...]:
        return tuple(self.groups[p] for p in positions) if self.groups else ()

    def __len__(self) -> int:
        return len(self.labels)

    def __getstate__(self) -> dict[str, Any]:
        """The fields alone: what was derived from them is not sent to other processes."""
        return {each.name: getattr(self, each.name) for each in fields(self)}


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

    def path(self, i: int) -> Path | None:
        return self.root / self.files[i]

    def read_bytes(self, i: int) -> bytes:
        return bytes_of(self.root / self.files[i])

    def decode(self, i: int, content: bytes, least: int = 0) -> Image.Image:
        return decode_bytes(content, self.names[i], least=least)

    def subset(self, positions: Sequence[int]) -> "FileSplit":
        files = tuple(self.files[p] for p in positions)
        return FileSplit(self.labels[list(positions)], self.root, files, groups=self.groups_at(positions))


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
        kind = re.split("[-.]", PurePath(self.file).name)[0]  # "train" or "t10k"
        return tuple(f"{kind}/{number}" for number in self.numbers)

    def read_bytes(self, i: int) -> bytes:
        content: bytes = self.images[i].tobytes()
        return content

    def decode(self, i: int, content: bytes, least: int = 0) -> Image.Image:
        channels = np.frombuffer(content, np.uint8).reshape(self.images.shape[1:])
        return Image.fromarray(channels[0] if len(channels) == 1 else np.moveaxis(channels, 0, -1))

    def subset(self, positions: Sequence[int]) -> "ArraySplit":
        index = list(positions)
        numbers = tuple(self.numbers[p] for p in index)
        return ArraySplit(self.labels[index], self.images[index], self.file, numbers, groups=self.groups_at(index))


@dataclass(frozen=True, eq=False)
class JoinedSplit(Split):
    """Images of several splits in one order."""

    parts: tuple[Split, ...]
    places: tuple[tuple[int, int], ...]  # of each image: its part, and its position there

    @cached_property
    def names(self) -> Sequence[str]:
        return tuple(self.parts[part].names[p] for part, p in self.places)

    @cached_property
    def keys(self) -> Sequence[str]:
        return tuple(self.parts[part].keys[p] for part, p in self.places)

    def path(self, i: int) -> Path | None:
        part, position = self.places[i]
        return self.parts[part].path(position)

    def read_bytes(self, i: int) -> bytes:
        part, position = self.places[i]
        return self.parts[part].read_bytes(position)

    def decode(self, i: int, content: bytes, least: int = 0) -> Image.Image:
        part, position = self.places[i]
        return self.parts[part].decode(position, content, least)

    def subset(self, positions: Sequence[int]) -> "JoinedSplit":
        places = tuple(self.places[p] for p in positions)
        return JoinedSplit(self.labels[list(positions)], self.parts, places, groups=self.groups_at(positions))


def concatenate(parts: Sequence[Split]) -> Split:
    """All the images of these splits, by their keys in natural order."""
    if len(parts) == 1:
        return parts[0]
    places = [(part, position) for part, split in enumerate(parts) for position in range(len(split))]
    places.sort(key=lambda place: natural(parts[place[0]].keys[place[1]]))
    labels = np.array([parts[part].labels[position] for part, position in places], np.int64)
    grouped = all(part.groups for part in parts if len(part))
    groups = tuple(parts[part].groups[position] for part, position in places) if grouped else ()
    return JoinedSplit(labels, tuple(parts), tuple(places), groups=groups)


@dataclass(frozen=True, eq=False)
class Dataset:
    """Classes and the splits "train", "val" and "test"; what is opened for training always has "train"."""

    name: str
    classes: tuple[str, ...]
    splits: dict[str, Split]
    shape: tuple[int, int, int] | None = None  # channels, height, width where every image has the same
    source: str = ""  # what was opened: a word, or the whole path
    ignored: int = 0  # hidden and junk entries, and files that are not images
    notes: tuple[str, ...] = ()  # sentences about what was found, for a person
    groups: str = ""  # the pattern or the column that says which images stay together in one split
    seed: int = 0  # by which splits were drawn where the source has none

    def split(self, name: str) -> Split:
        """The split of this name, or with "all" every image; raises BrickworkError with the names that there are."""
        if name == "all":
            return self.whole()
        if name not in self.splits:
            raise BrickworkError(f"{self.name} has no split {name!r}: it has {', '.join(self.splits)}.")
        return self.splits[name]

    def whole(self) -> Split:
        """Every image of all splits, by their keys in natural order."""
        return concatenate(tuple(self.splits.values()))

    def with_validation(self, fraction: float = 0.1, seed: int = 0) -> "Dataset":
        """The same set with a part of every class of train held out as "val", where there is no "val" yet.

        An image's own hash decides, as in `split_by_hash`, so that none moves as others come and go: the share
        of a class is that fraction within chance. A class of two images has one in each; groups stay whole.
        """
        if "val" in self.splits:
            return self
        if not 0 < fraction < 1:
            raise BrickworkError(f"{self.name}: the share held out for validation is between 0 and 1, not {fraction}.")
        train = self.splits["train"]
        if train.groups and len(set(train.groups)) < 2:
            raise BrickworkError(
                f"{self.name}: all training images are of one group, {printable(train.groups[0])}, and none is left to "
                f"validate with: group by something finer."
            )
        held, kept = stratified_split(train.keys, train.labels.tolist(), train.groups, (fraction,), seed)
        rest = {name: split for name, split in self.splits.items() if name != "train"}
        return replace(self, splits={"train": train.subset(kept), "val": train.subset(held), **rest})
