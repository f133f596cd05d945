"""WebDataset's shards: .tar files in which the files of one sample share a name, 0001.jpg and 0001.cls.

https://github.com/webdataset/webdataset, "The WebDataset Format". A shard is read through once, for its labels and the
places of its images; then every image is read from its place.
"""

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from brickwork.data.dataset import Dataset, Split
from brickwork.data.images.decode import MAX_BYTES, Unreadable, decode_bytes
from brickwork.data.images.deep import Range
from brickwork.data.keys import normal_path
from brickwork.data.names import natural, normal_name, printable
from brickwork.data.sources import notes
from brickwork.data.sources.groups import groups_of
from brickwork.data.sources.listing import ENDINGS
from brickwork.data.sources.shards import Shard, is_remote, open_shard, read_part, shards_of, split_of
from brickwork.data.sources.splits import check_for_training, splits_of
from brickwork.data.sources.tar import Damaged, Member, content, tar_members
from brickwork.errors import BrickworkError

LABELS = ("cls", "json", "txt")  # the first that a sample has counts
SAMPLE = 'image with a label: a sample is 0001.jpg beside 0001.cls, 0001.json with "label", or 0001.txt'
LONGEST = 1 << 20  # bytes of a file with a label
THREADS = 8  # shards that are read through at once: addresses answer slowly


@dataclass(frozen=True, eq=False, repr=False)
class TarSplit(Split):
    """Split of images in tar archives that are not compressed."""

    shards: tuple[Shard, ...]
    files: tuple[str, ...]  # in the archive
    places: NDArray[np.int64]  # N x 3: which shard, where the bytes begin, how many

    @property
    def location(self) -> str:
        return ", ".join(shard.place for shard in self.shards)

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


def stem(file: str) -> str:
    """A file's path up to the first dot in its name, which is its sample's."""
    return file[: len(file) - len(ending(file))].removesuffix(".")


def ending(file: str) -> str:
    """All that comes behind the first dot of a file's name, in lower case: "jpg" or "left.jpg"."""
    return file.rpartition("/")[2].partition(".")[2].lower()


@dataclass
class Sample:
    """Sample of a shard: the image and the label under one name."""

    image: Member | None = None
    label: str | None = None
    source: int = len(LABELS)  # which of LABELS the label is of
    named: Member | None = None  # the file with the label
    image_turn: int = 0  # the stretch of files of one sample in which the image stands
    label_turn: int = 0


def is_whole(sample: Sample) -> bool:
    return bool(sample.image and sample.label)


@dataclass
class Contents:
    """Contents of a shard: its samples, other files, and damage."""

    samples: dict[str, Sample] = field(default_factory=dict)
    others: list[str] = field(default_factory=list)  # names of neither images nor labels
    damage: str = ""  # why it was not read to its end
    key: str = ""  # of the last member
    turn: int = 0  # how often the next sample has begun

    def sample(self, key: str) -> Sample:
        """The sample of this key, of which a file comes now."""
        self.turn += key != self.key
        self.key = key
        return self.samples.setdefault(key, Sample())


class SharedKey(BrickworkError):
    """Two files of an archive that belong to one sample by their names, and cannot."""

    def __init__(self, first: Member, second: Member) -> None:
        places = (f"{printable(member.name)} (byte {member.offset:,})" for member in (first, second))
        super().__init__(f"{' and '.join(places)} share a key")


def read_through(shard: Shard) -> Contents:
    contents = Contents()
    with open_shard(shard.place) as file:
        try:
            for member in tar_members(file):
                sort(member, file, contents)
        except Damaged as error:
            contents.damage = str(error)
        except SharedKey as error:
            advice = "give the samples of one archive names of their own, as cat-0001.jpg with cat-0001.cls"
            raise BrickworkError(f"{printable(shard.place)}: {error}: {advice}.") from None
    return contents


def sort(member: Member, file: BinaryIO, contents: Contents) -> None:
    """Puts a member to its sample; of several images there, the first counts, and sooner 1.jpg than 1.left.jpg."""
    name = member.name.removeprefix("./")
    key, kind = normal_path(stem(name)), ending(name)
    hidden = key.rpartition("/")[2] == ""
    if not hidden and kind in LABELS:
        add_label(contents.sample(key), member, file, LABELS.index(kind), contents.turn)
    elif not hidden and f".{kind.rpartition('.')[2]}" in ENDINGS:
        add_image(contents.sample(key), Member(name, member.offset, member.size), contents.turn)
    else:
        contents.others.append(name)


def add_image(sample: Sample, image: Member, turn: int) -> None:
    """Raises SharedKey for an image of the same name, and for one that other samples' files keep from the first."""
    plain = "." not in ending(image.name)
    if sample.image is None or (plain and "." in ending(sample.image.name)):
        sample.image, sample.image_turn = image, turn
    elif normal_path(image.name) == normal_path(sample.image.name) or (plain and turn != sample.image_turn):
        raise SharedKey(sample.image, image)


def add_label(sample: Sample, member: Member, file: BinaryIO, source: int, turn: int) -> None:
    """Raises SharedKey for a label of the same kind, and for another one that stands apart from the first."""
    if member.size > LONGEST or not (label := label_in(content(file, member.offset, member.size), source)):
        return
    if sample.named and (source == sample.source or (turn != sample.label_turn and label != sample.label)):
        raise SharedKey(sample.named, member)
    if source < sample.source:
        sample.label, sample.source, sample.named, sample.label_turn = label, source, member, turn


def label_in(data: bytes, source: int) -> str | None:
    """The label in a file, a line of text or the "label" of a JSON object; None where there is none."""
    try:
        text = data.decode("utf-8-sig").strip()
        if LABELS[source] == "json":
            document = json.loads(text)
            value = document.get("label") if isinstance(document, dict) else None
            text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    except (ValueError, RecursionError):
        return None
    return normal_name(text.strip()) if text and "\n" not in text and "\0" not in text else None


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
    with ThreadPoolExecutor(THREADS) as pool:
        contents = list(pool.map(read_through, shards))
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
    place = shards[0].place.removesuffix(".tar").removesuffix(shards[0].title)
    return printable(place.rstrip("/").rpartition("/")[2] if is_remote(place) else Path(place).resolve().name)
