"""Dataset: class names, and map-style splits of labelled images that are decoded when they are asked for."""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from html import escape
from pathlib import Path, PurePath
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from brickwork.data.hashing import stratified_split
from brickwork.data.images.decode import bytes_of, decode_bytes
from brickwork.data.images.deep import Range
from brickwork.data.names import natural, printable, shorten
from brickwork.errors import BrickworkError

Labels = NDArray[np.int64]
Images = NDArray[np.uint8]


def majority_share(labels: Labels) -> float:
    """The share of the most frequent class: the accuracy of always answering with it; 0 without images."""
    return float(np.bincount(labels).max() / len(labels)) if len(labels) else 0.0


@dataclass(frozen=True)
class Skipped:
    """An image that was left out, and the reason."""

    name: str
    reason: str


@dataclass(frozen=True, eq=False)
class Split(ABC):
    """Map-style split: `split[i]` is image number i, a PIL image in "L" or "RGB", and its label, a class's position.

    It can be looped over and given to torch's DataLoader with a collate_fn, also with workers: it pickles. An image
    is decoded at each access; Unreadable is raised where it cannot be.
    """

    labels: Labels  # N, a position in the dataset's classes each
    groups: tuple[str, ...] = field(default=(), kw_only=True)  # one name an image, of what stays together; or none

    @property
    @abstractmethod
    def location(self) -> str:
        """What holds the images, for a person: a folder, a file, a table's name."""

    @property
    @abstractmethod
    def names(self) -> Sequence[str]:
        """The place of each image, for a person: a path, or "file#number"."""

    @property
    @abstractmethod
    def keys(self) -> Sequence[str]:
        """The identity of each image wherever the dataset lies: seeds and splits are drawn from it."""

    @abstractmethod
    def read_bytes(self, i: int) -> bytes:
        """The encoded bytes of image number i, whose sum says whether it has changed; raises Unreadable."""

    @abstractmethod
    def decode(self, i: int, content: bytes, least: int = 0, range: Range = "file") -> Image.Image:
        """Decode image number i from its content; raises Unreadable.

        Where only `least` pixels a side are needed, it may be smaller than in full, with that many at least. `range`
        is what is black and what is white in images of more than 8 bits.
        """

    def image(self, i: int) -> Image.Image:
        """Read and decode image number i in full; raises Unreadable."""
        return self.decode(i, self.read_bytes(i))

    @abstractmethod
    def subset(self, positions: Sequence[int]) -> "Split":
        """The split of the images at these positions."""

    def path(self, i: int) -> Path | None:
        """The file that holds image number i alone; None where there is no such file."""
        return None

    def groups_at(self, positions: Sequence[int]) -> tuple[str, ...]:
        return tuple(self.groups[p] for p in positions) if self.groups else ()

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, i: int) -> tuple[Image.Image, int]:
        """Image number i and its label; a negative i counts from the end. Raises IndexError and Unreadable."""
        if not hasattr(i, "__index__"):
            raise BrickworkError(f"the number of an image is an int, not {i!r:.80}; several are subset([0, 1, 2]).")
        if not -len(self) <= i < len(self):
            raise IndexError(f"image {i} of a split of {len(self):,} images")
        i = range(len(self))[i]
        return self.image(i), int(self.labels[i])

    def __iter__(self) -> Iterator[tuple[Image.Image, int]]:
        """Every image with its label, in order; raises Unreadable."""
        return (self[i] for i in range(len(self)))

    def __repr__(self) -> str:
        images = f"{len(self):,} images of {len(np.unique(self.labels)):,} classes"
        return f"{type(self).__name__}({images}, {shorten(self.location)!r})"

    def __getstate__(self) -> dict[str, Any]:
        """The fields alone: what was derived from them is not sent to other processes."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


@dataclass(frozen=True, eq=False, repr=False)
class FileSplit(Split):
    """Split of images in files of their own; the root may be given as str or Path."""

    root: Path
    files: tuple[str, ...]  # relative to the root, with "/" between folders
    known_as: tuple[str, ...] = field(default=(), kw_only=True)  # the keys, where they are not the files

    def __post_init__(self) -> None:
        object.__setattr__(self, "root", Path(self.root))

    @property
    def location(self) -> str:
        return str(self.root)

    @cached_property
    def names(self) -> Sequence[str]:
        return tuple(printable(str(self.root / file)) for file in self.files)

    @property
    def keys(self) -> Sequence[str]:
        return self.known_as or self.files

    def path(self, i: int) -> Path | None:
        return self.root / self.files[i]

    def read_bytes(self, i: int) -> bytes:
        return bytes_of(self.root / self.files[i])

    def decode(self, i: int, content: bytes, least: int = 0, range: Range = "file") -> Image.Image:
        return decode_bytes(content, self.names[i], least=least, range=range)

    def subset(self, positions: Sequence[int]) -> "FileSplit":
        files = tuple(self.files[p] for p in positions)
        keys = tuple(self.known_as[p] for p in positions) if self.known_as else ()
        groups = self.groups_at(positions)
        return FileSplit(self.labels[list(positions)], self.root, files, groups=groups, known_as=keys)


@dataclass(frozen=True, eq=False, repr=False)
class ArraySplit(Split):
    """Split of images of one size in one array, in memory."""

    images: Images  # N x channels x height x width
    file: str  # the file that they come from
    numbers: tuple[int, ...]  # each image's place in that file

    @property
    def location(self) -> str:
        return self.file

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

    def decode(self, i: int, content: bytes, least: int = 0, range: Range = "file") -> Image.Image:
        channels = np.frombuffer(content, np.uint8).reshape(self.images.shape[1:])
        return Image.fromarray(channels[0] if len(channels) == 1 else np.moveaxis(channels, 0, -1))

    def subset(self, positions: Sequence[int]) -> "ArraySplit":
        index = list(positions)
        numbers = tuple(self.numbers[p] for p in index)
        return ArraySplit(self.labels[index], self.images[index], self.file, numbers, groups=self.groups_at(index))


@dataclass(frozen=True, eq=False, repr=False)
class JoinedSplit(Split):
    """Concatenation of several splits in one order."""

    parts: tuple[Split, ...]
    places: tuple[tuple[int, int], ...]  # of each image: its part, and its position there

    @property
    def location(self) -> str:
        return " + ".join(part.location for part in self.parts)

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

    def decode(self, i: int, content: bytes, least: int = 0, range: Range = "file") -> Image.Image:
        part, position = self.places[i]
        return self.parts[part].decode(position, content, least, range)

    def subset(self, positions: Sequence[int]) -> "JoinedSplit":
        places = tuple(self.places[p] for p in positions)
        return JoinedSplit(self.labels[list(positions)], self.parts, places, groups=self.groups_at(positions))


def concatenate(parts: Sequence[Split]) -> Split:
    """Concatenate splits: all their images, by their keys in natural order."""
    if len(parts) == 1:
        return parts[0]
    places = [(part, position) for part, split in enumerate(parts) for position in range(len(split))]
    places.sort(key=lambda place: natural(parts[place[0]].keys[place[1]]))
    labels = np.array([parts[part].labels[position] for part, position in places], np.int64)
    grouped = all(part.groups for part in parts if len(part))
    groups = tuple(parts[part].groups[position] for part, position in places) if grouped else ()
    return JoinedSplit(labels, tuple(parts), tuple(places), groups=groups)


@dataclass(frozen=True, eq=False, repr=False)
class Dataset:
    """Dataset: classes and the splits "train", "val" and "test"; one opened for training always has "train"."""

    name: str
    classes: tuple[str, ...]
    splits: dict[str, Split]
    shape: tuple[int, int, int] | None = None  # channels, height, width where every image has the same
    source: str = ""  # as it was opened: a word, or the whole path
    notes: tuple[str, ...] = ()  # sentences on what opening it found, for a person
    groups: str = ""  # the pattern or the column that says which images stay together in one split
    seed: int = 0  # by which splits were drawn where the source has none

    def __repr__(self) -> str:
        counts = ", ".join(f"{name} {len(split):,}" for name, split in self.splits.items())
        return f"Dataset({shorten(self.name)!r}, {len(self.classes):,} classes, {shorten(counts)})"

    def _repr_html_(self) -> str:
        """A small table of the splits, which a notebook shows."""
        names = escape(shorten(", ".join(self.classes)))
        caption = f"<b>{escape(shorten(self.name))}</b>: {len(self.classes):,} classes ({names})"
        rows = [
            (escape(name), f"{len(split):,}", f"{len(np.unique(split.labels)):,}")
            for name, split in self.splits.items()
        ]
        table = "".join(f"<tr><td>{'</td><td>'.join(row)}</td></tr>" for row in rows)
        heads = "<tr><th>split</th><th>images</th><th>classes</th></tr>"
        return f"<table><caption>{caption}</caption>{heads}{table}</table>"

    def split(self, name: str) -> Split:
        """The split of this name, or of every image for "all"; raises BrickworkError with the names that there are."""
        if name == "all":
            return self.whole()
        if name not in self.splits:
            raise BrickworkError(f"{self.name} has no split {name!r}: it has {', '.join(self.splits)}.")
        return self.splits[name]

    def whole(self) -> Split:
        """The split of every image of all splits, by their keys in natural order."""
        return concatenate(tuple(self.splits.values()))

    def with_validation(self, fraction: float = 0.1, seed: int = 0) -> "Dataset":
        """The dataset with a part of every class of train held out as "val", where there is no "val" yet.

        An image's own hash decides, as in `split_by_hash`, so that none moves as others come and go: the share
        of a class is that fraction within chance. A class of two images has one in each; groups stay whole.
        """
        if "val" in self.splits:
            return self
        if not 0 < fraction < 1:
            raise BrickworkError(f"{self.name}: the share held out for validation is between 0 and 1, not {fraction}.")
        train = self.split("train")
        if train.groups and len(set(train.groups)) < 2:
            raise BrickworkError(
                f"{self.name}: all training images are of one group, {printable(train.groups[0])}, and none is left to "
                f"validate with: group by something finer."
            )
        held, kept = stratified_split(train.keys, train.labels.tolist(), train.groups, (fraction,), seed)
        rest = {name: split for name, split in self.splits.items() if name != "train"}
        return replace(self, splits={"train": train.subset(kept), "val": train.subset(held), **rest})
