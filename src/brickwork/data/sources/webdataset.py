"""WebDataset's shards: .tar files in which the files of one sample share a name, 0001.jpg and 0001.cls.

https://github.com/webdataset/webdataset, "The WebDataset Format". A shard is read through once, for its labels and the
places of its images; then every image is read from its place.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from brickwork.data.dataset import Dataset, Split
from brickwork.data.images.decode import MAX_BYTES, Unreadable, decode_bytes
from brickwork.data.images.deep import Range
from brickwork.data.keys import normal_path
from brickwork.data.names import natural, printable
from brickwork.data.shards.contents import Contents, is_whole, stem
from brickwork.data.shards.index import read_shards
from brickwork.data.sources import notes
from brickwork.data.sources.groups import groups_of
from brickwork.data.sources.shards import Shard, is_remote, path_of, read_part, shards_of, split_of
from brickwork.data.sources.splits import check_for_training, splits_of
from brickwork.errors import BrickworkError, mask_credentials

SAMPLE = 'image with a label: a sample is 0001.jpg beside 0001.cls, 0001.json with "label", or 0001.txt'


@dataclass(frozen=True, eq=False, repr=False)
class TarSplit(Split):
    """Split of images in tar archives that are not compressed."""

    shards: tuple[Shard, ...]
    files: tuple[str, ...]  # in the archive
    places: NDArray[np.int64]  # N x 3: which shard, where the bytes begin, how many

    @property
    def location(self) -> str:
        return ", ".join(printable(shard.place) for shard in self.shards)

    @cached_property
    def names(self) -> Sequence[str]:
        shards = self.places[:, 0].tolist()
        pairs = zip(shards, self.files, strict=True)
        return tuple(printable(f"{self.shards[shard].place}#{file}") for shard, file in pairs)

    @cached_property
    def keys(self) -> Sequence[str]:
        shards = self.places[:, 0].tolist()
        pairs = zip(shards, self.files, strict=True)
        return tuple(normal_path(f"{self.shards[shard].title}/{stem(file)}") for shard, file in pairs)

    def read_bytes(self, i: int) -> bytes:
        shard, offset, size = self.places[i].tolist()
        if size > MAX_BYTES:
            raise Unreadable(self.names[i], f"{size:,} bytes; images of up to {MAX_BYTES:,} are read")
        try:
            content = read_part(self.shards[shard].place, offset, size)
        except BrickworkError as error:
            raise Unreadable(self.names[i], str(error).rstrip("."), "missing") from None
        if len(content) != size:
            raise Unreadable(self.names[i], f"its archive gives {len(content):,} of its {size:,} bytes", "truncated")
        return content

    def decode(self, i: int, content: bytes, least: int = 0, range: Range = "file") -> Image.Image:
        return decode_bytes(content, self.names[i], least=least, range=range)

    def subset(self, positions: Sequence[int]) -> "TarSplit":
        index = list(positions)
        files = tuple(self.files[p] for p in index)
        return TarSplit(self.labels[index], self.shards, files, self.places[index], groups=self.groups_at(index))


def open_webdataset(source: str | Path, *, seed: int = 0, groups: str = "", training: bool = True) -> Dataset:
    """Open the dataset in .tar shards, which a path, a folder, a pattern or an address names.

    A sample's class is the text in its .cls, the "label" in its .json, or the text in its .txt; class ids follow the
    natural order of these names. Shards that are called train, val and test, or lie in folders that are, hold these
    splits; of others the seed draws them. `groups` is a pattern in the images' keys, "shard/sample". Raises
    BrickworkError.
    """
    source = str(source)
    shards = shards_of(source)
    check_there(source, shards)
    contents = read_shards(shards)
    whole, classes = collect_samples(source, shards, contents, groups)
    given = shard_splits(source, shards, whole)
    splits = splits_of(whole, given, seed)
    if training:
        check_for_training(printable(source), classes, splits)
    return Dataset(
        name=dataset_name(source, shards),
        classes=classes,
        splits=splits,
        notes=(
            *notes.division("No shard's name tells of a split", whole, splits, None if given else seed),
            *notes.class_notes(classes, splits),
            *damages(shards, contents),
            *notes.incomplete_samples(places_without_pair(shards, contents)),
            *notes.ignored_entries(0, (name for shard in contents for name in shard.others)),
        ),
        groups=groups,
    )


def damages(shards: Sequence[Shard], contents: Sequence[Contents]) -> list[str]:
    """A sentence for each shard that could not be read to its end."""
    return [
        f"{printable(shard.place)} {content.damage}: {sum(map(is_whole, content.samples.values())):,} samples are read."
        for shard, content in zip(shards, contents, strict=True)
        if content.damage
    ]


def places_without_pair(shards: Sequence[Shard], contents: Sequence[Contents]) -> list[str]:
    """Where the samples are that have no image or no label."""
    return [
        printable(f"{shard.place}#{key}")
        for shard, content in zip(shards, contents, strict=True)
        for key, sample in content.samples.items()
        if not is_whole(sample)
    ]


def check_there(source: str, shards: Sequence[Shard]) -> None:
    missing = [shard.place for shard in shards if not is_remote(shard.place) and not Path(shard.place).exists()]
    if missing:
        count = f"{len(missing):,} of {len(shards):,} shards are missing"
        raise BrickworkError(f"{printable(source)}: {count}, first {printable(missing[0])}.")


def collect_samples(
    source: str, shards: Sequence[Shard], contents: Sequence[Contents], groups: str
) -> tuple[TarSplit, tuple[str, ...]]:
    """All images that have a label, shard by shard, and the names of the labels."""
    rows = [
        (shard, sample.image, sample.label)
        for shard, content in enumerate(contents)
        for sample in content.samples.values()
        if sample.image and sample.label
    ]
    if not rows:
        raise BrickworkError(" ".join([f"{printable(source)} holds no {SAMPLE}.", *damages(shards, contents)]))
    classes = sorted({label for _, _, label in rows}, key=natural)
    number = {name: i for i, name in enumerate(classes)}
    whole = TarSplit(
        labels=np.array([number[label] for _, _, label in rows], np.int64),
        shards=tuple(shards),
        files=tuple(image.name for _, image, _ in rows),
        places=np.array([(shard, image.offset, image.size) for shard, image, _ in rows], np.int64),
    )
    names = groups_of(whole.keys, groups) if groups else ()
    return replace(whole, groups=names), tuple(map(printable, classes))


def shard_splits(source: str, shards: Sequence[Shard], whole: TarSplit) -> list[str] | None:
    """The split of each image, where the shards' names tell of them."""
    splits = [split_of(shard) for shard in shards]
    if not any(splits):
        return None
    if None in splits:
        lacking = shards[splits.index(None)].place
        raise BrickworkError(
            f"{printable(source)}: {printable(lacking)} does not tell by its name whether it is train, val or test."
        )
    return [splits[shard] or "" for shard in whole.places[:, 0].tolist()]


def dataset_name(source: str, shards: Sequence[Shard]) -> str:
    """The folder around the shards; of a single one, its own name."""
    if len(shards) == 1:
        return printable(shards[0].title.rpartition("/")[2])
    place = mask_credentials(path_of(shards[0].place)).removesuffix(".tar").removesuffix(shards[0].title)
    return printable(place.rstrip("/").rpartition("/")[2] if is_remote(place) else Path(place).resolve().name)
