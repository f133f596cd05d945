"""One reading of a split: every image decoded once, what cannot be read named, and pixels kept for later."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from typing import Literal

import numpy as np

from brickwork.data.cache import store
from brickwork.data.cache.pack import Counts, Pack, PackBuilder, PackWriter, allocate, value_counts
from brickwork.data.cache.presize import Presize
from brickwork.data.dataset import ArraySplit, Images, Labels, Skipped, Split
from brickwork.data.images.decode import Unreadable
from brickwork.data.index import IndexEntry
from brickwork.data.parallel import map_in_order
from brickwork.errors import BrickworkError

Cache = Literal["auto", "off", "always"]
Tell = Callable[[str], None]
Done = Callable[[int], None]
Seen = tuple[Images, Counts]

UNKEPT = "decoded images are not kept in the cache: {reason}"


@dataclass(frozen=True, eq=False)
class ImageFiles:
    """Images that are decoded at each access."""

    split: Split
    presize: Presize

    def image(self, i: int) -> Images:
        """Image number i as height x width x channels; it must not be written to. Raises Unreadable."""
        return self.presize(self.split.decode(i, self.split.read_bytes(i), self.presize.preprocessing.least))


@dataclass(frozen=True, eq=False)
class DecodedSplit:
    """The images of a split that can be read, at the size in which a training keeps them."""

    split: Split  # of these images alone
    images: Pack | ImageFiles
    presize: Presize
    counts: Counts  # channels x 256: how often each value occurs
    sum: str  # over the contents of all the split's images, in their order, also of those that cannot be read
    skipped: tuple[Skipped, ...] = ()  # the split's other images

    @property
    def labels(self) -> Labels:
        return self.split.labels

    @property
    def names(self) -> Sequence[str]:
        return self.split.names

    def __len__(self) -> int:
        return len(self.split)


@dataclass(frozen=True)
class Storage:
    """Where pixels are kept; where nowhere, images are decoded from their files at each access."""

    memory: bool
    cache: Cache  # in a file: "auto" leaves out arrays, which need no decoding, and what would fill the disk

    def wants_file(self, split: Split) -> bool:
        return self.cache == "always" or (self.cache == "auto" and not isinstance(split, ArraySplit))


def sums_of(split: Split, entries: Sequence[IndexEntry | None], done: Done) -> list[str]:
    """Each image's sum; "" where there is no content. A file that is stamped as in its entry is not read."""

    def image_sum(i: int) -> str:
        entry = entries[i]
        if entry and entry.sha256 and entry.stamp and file_stamp(split, i) == (entry.bytes, *entry.stamp):
            return entry.sha256
        try:
            return sha256(split.read_bytes(i)).hexdigest()
        except Unreadable:
            return ""

    sums = []
    for number, digest in enumerate(map_in_order(image_sum, range(len(split))), 1):
        sums.append(digest)
        done(number)
    return sums


def changed_names(split: Split, sums: Sequence[str], entries: Sequence[IndexEntry | None]) -> list[str]:
    """The names of images that are others than those which were indexed."""
    return [
        split.names[i]
        for i, (found, entry) in enumerate(zip(sums, entries, strict=True))
        if found and entry and entry.sha256 not in ("", found)
    ]


def missing_folder(split: Split, i: int) -> BrickworkError | None:
    """What there is to say where the folder of an image's file is there no more."""
    path = split.path(i)
    if not path or os.path.isdir(path.parent):
        return None
    return BrickworkError(f"the folder {path.parent} is gone, and its images with it: is a disk or a share missing?")


def file_stamp(split: Split, i: int) -> tuple[int, int, int] | None:
    """What changes when a file is written to: its size, and when it and what is known of it were last changed."""
    path = split.path(i)
    try:
        state = path.stat() if path else None
    except OSError:
        return None
    return (state.st_size, state.st_mtime_ns, state.st_ctime_ns) if state else None


def decode_split(
    split: Split, presize: Presize, sums: Sequence[str], keep: Storage, tell: Tell, done: Done
) -> DecodedSplit:
    """Reads a split once, or finds what an earlier reading of the same contents has left in the cache folder.

    `tell` hears sentences, `done` how many images have been read.
    """
    if pack := pack_of_array(split, presize):
        return split_of_pack(split, presize, pack, [sha256(pack.pixels.data).hexdigest()])
    wanted = keep.wants_file(split)
    if wanted and (found := store.find_pack(store.pack_key(sums, presize), tell)):
        tell(f"{len(found):,} images come decoded from the cache")
        return split_of_pack(split, presize, found, sums)
    room = allocate(len(split), presize.preprocessing.shape).ravel() if keep.memory else None
    packing = PackBuilder(presize.preprocessing.channels, room)
    if wanted:
        open_writer(packing, len(split) * presize.bytes, keep, tell)
    try:
        return split_of_pack(split, presize, *fill_pack(split, presize, packing, tell, done))
    finally:
        packing.drop()


def pack_of_array(split: Split, presize: Presize) -> Pack | None:
    """An array whose images have the wanted size."""
    if not isinstance(split, ArraySplit):
        return None
    channels, height, width = split.images.shape[1:]
    if channels != presize.preprocessing.channels or not presize.keeps(height, width):
        return None
    pixels = np.ascontiguousarray(np.moveaxis(split.images, 1, -1))
    counts = value_counts(pixels.reshape(1, -1, channels))
    sizes = np.tile(np.array([[height, width]], np.int64), (len(split), 1))
    return Pack(pixels.ravel(), sizes, np.arange(len(split)), counts)


def open_writer(packing: PackBuilder, needed: int, keep: Storage, tell: Tell) -> None:
    """A file for so many bytes of pixels, or a sentence why there is none."""
    try:
        if reason := store.make_room(needed, always=keep.cache == "always"):
            tell(UNKEPT.format(reason=reason))
        else:
            packing.writer = PackWriter(store.pack_folder())
    except OSError as fault:
        tell(UNKEPT.format(reason=f"{store.pack_folder()}: {fault.strerror}"))


def fill_pack(split: Split, presize: Presize, packing: PackBuilder, tell: Tell, done: Done) -> tuple[Pack, list[str]]:
    """The pack of every image that can be read, in their order, and the sum of every image's content."""
    sums: list[str] = []
    for i, (content, seen) in enumerate(map_in_order(partial(decode_one, split, presize), range(len(split)))):
        sums.append(content)
        if isinstance(seen, Unreadable):
            packing.skip(i, seen.reason)
        else:
            packing.add(i, *seen)
        done(i + 1)
    pack = packing.finished(store.pack_path(store.pack_key(sums, presize)))
    if packing.fault:
        tell(UNKEPT.format(reason=f"{store.pack_folder()}: {packing.fault}"))
    return pack, sums


def decode_one(split: Split, presize: Presize, i: int) -> tuple[str, Seen | Unreadable]:
    """The sum of image number i's content, and its pixels with how often each value occurs."""
    digest = ""
    try:
        content = split.read_bytes(i)
        digest = sha256(content).hexdigest()
        pixels = presize(split.decode(i, content, presize.preprocessing.least))
        return digest, (pixels, value_counts(pixels))
    except Unreadable as error:
        return digest, error


def split_of_pack(split: Split, presize: Presize, pack: Pack, sums: Sequence[str]) -> DecodedSplit:
    skipped = tuple(Skipped(split.names[position], reason) for position, reason in pack.reasons)
    readable = split if not skipped else split.subset(pack.positions.tolist())
    images = pack if len(pack.pixels) else ImageFiles(readable, presize)
    return DecodedSplit(readable, images, presize, pack.counts, sha256("\n".join(sums).encode()).hexdigest(), skipped)
