"""Decoded splits: every image is decoded once, and its pixels are kept in memory or in the cache."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from hashlib import sha256
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from brickwork.data.cache import store
from brickwork.data.cache.pack import NOTHING, Counts, Pack, PackBuilder, PackWriter, allocate, value_counts
from brickwork.data.cache.presize import Presize
from brickwork.data.dataset import ArraySplit, Images, Labels, Skipped, Split
from brickwork.data.images.decode import Unreadable
from brickwork.data.index import IndexEntry
from brickwork.data.parallel import map_in_order
from brickwork.data.shards.pieces import read_in_order
from brickwork.errors import BrickworkError

Cache = Literal["auto", "off", "always"]
Tell = Callable[[str], None]
Done = Callable[[int], None]
Seen = tuple[Images, Counts]
Item = tuple[int, bytes | None]  # an image's position, and its content where it has been read

UNKEPT = "decoded images are not kept in the cache: {reason}"  # which is the same for all splits


@dataclass(frozen=True, eq=False)
class ImageFiles:
    """Images without a cache, which are decoded at each access."""

    split: Split
    presize: Presize

    def image(self, i: int) -> Images:
        """Image number i as height x width x channels; it must not be written to. Raises Unreadable."""
        return self.decode(i, self.split.read_bytes(i))

    def decode(self, i: int, content: bytes) -> Images:
        """The same from its content, which has been read already."""
        return self.presize(self.presize.preprocessing.decode(self.split, i, content))


@dataclass(frozen=True, eq=False)
class Census:
    """Census of a split: what decoding all of its images has found, for a process that need not do so again."""

    sums: NDArray[np.bytes_]  # the SHA-256 of each image's content in hexadecimal; or one of all, of an array
    pack: Pack  # of those that can be decoded, without their pixels
    kept: bool  # whether their pixels are, in memory or in the cache

    @property
    def texts(self) -> list[str]:
        """The sums as text."""
        return [digest.decode() for digest in self.sums.tolist()]


@dataclass(frozen=True, eq=False, repr=False)
class DecodedSplit:
    """Decoded split: those of its images that can be decoded, presized for training."""

    split: Split  # of these images alone
    images: Pack | ImageFiles
    presize: Presize
    counts: Counts  # channels x 256: how often each value occurs
    sum: str  # over the contents of all the split's images, in their order, also of those that cannot be read
    census: Census
    skipped: tuple[Skipped, ...] = ()  # the split's other images
    whole: Split | None = None  # of all images, whose contents have these sums; None where they have none of their own
    sums: NDArray[np.bytes_] = field(default_factory=lambda: np.empty(0, "S16"))  # 64 bits of each content's SHA-256

    @property
    def labels(self) -> Labels:
        return self.split.labels

    @property
    def names(self) -> Sequence[str]:
        return self.split.names

    def __len__(self) -> int:
        return len(self.split)

    def __repr__(self) -> str:
        return f"DecodedSplit({len(self):,} images, {len(self.skipped):,} skipped)"


@dataclass(frozen=True)
class Storage:
    """Storage of decoded pixels: memory, the cache, both, or neither (images are then decoded at each access)."""

    memory: bool
    cache: Cache  # in a file: "auto" leaves out arrays, which need no decoding, and what would fill the disk

    def wants_file(self, split: Split) -> bool:
        return self.cache == "always" or (self.cache == "auto" and not isinstance(split, ArraySplit))


def sums_of(split: Split, entries: Sequence[IndexEntry | None], done: Done) -> list[str]:
    """The SHA-256 of each image's content, "" where it has none; a file with its entry's time stamps is not read."""

    def image_sum(item: Item) -> str:
        i, content = item
        entry = entries[i]
        if entry and entry.sha256 and entry.stamp and file_stamp(split, i) == (entry.bytes, *entry.stamp):
            return entry.sha256
        try:
            return sha256(split.read_bytes(i) if content is None else content).hexdigest()
        except Unreadable:
            return ""

    sums = []
    for number, digest in enumerate(map_in_order(image_sum, read_ahead(split)), 1):
        sums.append(digest)
        done(number)
    return sums


def read_ahead(split: Split) -> Iterator[Item]:
    """The positions of all images, with their contents where these lie in shards and are read in long pieces."""
    return zip(range(len(split)), read_in_order(split, range(len(split))), strict=True)


def changed_names(split: Split, sums: Sequence[str], entries: Sequence[IndexEntry | None]) -> list[str]:
    """The names of images whose content has changed since they were indexed."""
    return [
        split.names[i]
        for i, (digest, entry) in enumerate(zip(sums, entries, strict=True))
        if digest and entry and entry.sha256 not in ("", digest)
    ]


def missing_folder(split: Split, i: int) -> BrickworkError | None:
    """The error to raise where the folder of an image's file is gone; None where it is there."""
    path = split.path(i)
    if not path or os.path.isdir(path.parent):
        return None
    return BrickworkError(f"the folder {path.parent} is gone, and its images with it: is a disk or a share missing?")


def file_stamp(split: Split, i: int) -> tuple[int, int, int] | None:
    """Size, mtime and ctime of an image's file, which change when it is written to; None where there is none."""
    path = split.path(i)
    try:
        status = path.stat() if path else None
    except OSError:
        return None
    return (status.st_size, status.st_mtime_ns, status.st_ctime_ns) if status else None


def decode_split(
    split: Split,
    presize: Presize,
    sums: Sequence[str],
    storage: Storage,
    tell: Tell,
    done: Done,
    census: Census | None = None,
) -> DecodedSplit:
    """Decode a split once, or find the same contents already decoded in the cache.

    `tell` hears sentences, `done` how many images have been read; the `census` of another process that has kept no
    pixels says all that would be found.
    """
    if pack := pack_of_array(split, presize):
        return split_of_pack(split, presize, pack, [sha256(pack.pixels.data).hexdigest()])
    cached = storage.wants_file(split)
    if cached and (pack := look_up_pack(split, presize, sums, tell)):
        tell(f"{len(pack):,} images come decoded from the cache")
        return split_of_pack(split, presize, pack, sums)
    if census and not census.kept:
        return split_of_pack(split, presize, census.pack, sums)
    memory = allocate(len(split), presize.preprocessing.shape).ravel() if storage.memory else None
    builder = PackBuilder(presize.preprocessing.channels, memory)
    if cached:
        open_writer(builder, len(split) * presize.bytes, storage, tell)
    try:
        return split_of_pack(split, presize, *fill_pack(split, presize, builder, tell, done))
    finally:
        builder.drop()


def look_up_pack(split: Split, presize: Presize, sums: Sequence[str], tell: Tell) -> Pack | None:
    """The pack of a split in the cache; `tell` hears why one that is there is not used."""
    pack = store.find_pack(store.pack_key(sums, presize), tell)
    if pack and not pack.covers(len(split), presize.preprocessing.channels):
        tell(f"{pack.path} holds other images than its name says. It is made anew.")
        return None
    return pack


def pack_of_array(split: Split, presize: Presize) -> Pack | None:
    """The pack of an array whose images have the wanted size already; None for other splits."""
    if not isinstance(split, ArraySplit):
        return None
    channels, height, width = split.images.shape[1:]
    if channels != presize.preprocessing.channels or not presize.keeps(height, width):
        return None
    pixels = np.ascontiguousarray(np.moveaxis(split.images, 1, -1))
    counts = value_counts(pixels.reshape(1, -1, channels))
    sizes = np.tile(np.array([[height, width]], np.int64), (len(split), 1))
    return Pack(pixels.ravel(), sizes, np.arange(len(split)), counts)


def open_writer(builder: PackBuilder, needed: int, storage: Storage, tell: Tell) -> None:
    """Open a cache file for so many bytes of pixels; `tell` hears why where there is none."""
    try:
        if reason := store.make_room(needed, always=storage.cache == "always"):
            tell(UNKEPT.format(reason=reason))
        else:
            builder.writer = PackWriter(store.make_folder())
    except OSError as error:
        tell(UNKEPT.format(reason=f"{store.pack_folder()}: {error.strerror}"))


def fill_pack(split: Split, presize: Presize, builder: PackBuilder, tell: Tell, done: Done) -> tuple[Pack, list[str]]:
    """Decode every image into a pack, in their order; with it come the SHA-256 of every image's content."""
    sums: list[str] = []
    for i, (content, image) in enumerate(map_in_order(partial(decode_one, split, presize), read_ahead(split))):
        sums.append(content)
        if isinstance(image, Unreadable):
            builder.skip(i, image.reason)
        else:
            builder.add(i, *image)
        done(i + 1)
    pack = builder.finish(store.pack_path(store.pack_key(sums, presize)))
    if builder.fault:
        tell(UNKEPT.format(reason=f"{store.pack_folder()}: {builder.fault}"))
    return pack, sums


def decode_one(split: Split, presize: Presize, item: Item) -> tuple[str, Seen | Unreadable]:
    """Decode an image: the SHA-256 of its content, and its pixels with how often each value occurs."""
    i, content = item
    digest = ""
    try:
        content = split.read_bytes(i) if content is None else content
        digest = sha256(content).hexdigest()
        pixels = presize(presize.preprocessing.decode(split, i, content))
        return digest, (pixels, value_counts(pixels))
    except Unreadable as error:
        return digest, error


def split_of_pack(split: Split, presize: Presize, pack: Pack, sums: Sequence[str]) -> DecodedSplit:
    skipped = tuple(Skipped(split.names[position], reason) for position, reason in pack.reasons)
    readable = split if not skipped else split.subset(pack.positions.tolist())
    images = pack if len(pack.pixels) else ImageFiles(readable, presize)
    total = sha256("\n".join(sums).encode()).hexdigest()
    whole, own = (split, np.array(sums, "S16")) if len(sums) == len(split) else (None, np.empty(0, "S16"))
    census = Census(np.array(sums, "S64"), replace(pack, pixels=NOTHING, path=None), kept=bool(len(pack.pixels)))
    return DecodedSplit(readable, images, presize, pack.counts, total, census, skipped, whole, own)
