"""Packs: decoded images stored together, in memory or as one memory-mapped file of the cache."""

import io
import json
import os
import struct
import zipfile
import zlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from secrets import token_hex
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from brickwork.data.cache.table import Reason, check_table, parse_reasons, parse_table
from brickwork.data.dataset import Images
from brickwork.data.parallel import map_in_order
from brickwork.errors import BrickworkError
from brickwork.files import is_foreign, open_plain, sync

MAGIC = b"brickwork pack 2"
TAIL = struct.Struct("<Q32s16s")  # where the table begins, its sum, and what file this is: the pixels come first
NOTHING: NDArray[np.uint8] = np.empty(0, np.uint8)
PART = ".part-"  # how the name of a pack begins that is being written
DAMAGE = (
    OSError,
    ValueError,
    KeyError,
    TypeError,
    EOFError,
    MemoryError,
    NotImplementedError,
    struct.error,
    zipfile.BadZipFile,
)
Counts = NDArray[np.int64]  # channels x 256: how often each value occurs


@dataclass(frozen=True, eq=False)
class Pack:
    """Pack of decoded images of any sizes, one after another, with the reasons why others are not in it."""

    pixels: NDArray[np.uint8]  # height x width x channels of each, flat
    sizes: NDArray[np.int64]  # N x 2: height, width
    positions: NDArray[np.int64]  # N: which image of its split each one is
    counts: Counts
    reasons: tuple[Reason, ...] = ()  # of the split's other images
    path: Path | None = None  # of the file that the pixels are mapped from

    def __len__(self) -> int:
        return len(self.sizes)

    def covers(self, count: int, channels: int) -> bool:
        """Whether it tells of so many images, each of which it holds or not, with so many channels."""
        told = np.sort([*self.positions.tolist(), *(position for position, _ in self.reasons)])
        return np.array_equal(told, np.arange(count)) and len(self.counts) == channels

    @cached_property
    def ends(self) -> NDArray[np.int64]:
        """The offset at which each image ends in the pixels."""
        return np.cumsum(self.sizes.prod(axis=1) * len(self.counts), dtype=np.int64)

    @cached_property
    def uniform(self) -> bool:
        """Whether all images have one size."""
        return bool((self.sizes == self.sizes[:1]).all())

    def image(self, i: int) -> Images:
        """Image number i as height x width x channels; it must not be written to."""
        height, width = self.sizes[i]
        end = self.ends[i]
        return self.pixels[end - height * width * len(self.counts) : end].reshape(height, width, -1)

    def __reduce__(self) -> tuple[Callable[..., "Pack"], tuple[Any, ...]]:
        """Pickle the file's path alone, where there is one: the other process maps it."""
        if self.path:
            return map_pack, (self.path,)
        return Pack, (self.pixels, self.sizes, self.positions, self.counts, self.reasons)


@dataclass(eq=False)
class PackBuilder:
    """Builder of a pack: the images go into memory, into a file, into both or, only counted, into neither."""

    channels: int
    memory: NDArray[np.uint8] | None = None  # flat, and large enough
    writer: "PackWriter | None" = None
    sizes: list[tuple[int, int]] = field(default_factory=list)
    positions: list[int] = field(default_factory=list)
    reasons: list[Reason] = field(default_factory=list)
    filled: int = 0  # bytes
    fault: str = ""  # why the file was given up

    def __post_init__(self) -> None:
        self.counts: Counts = np.zeros((self.channels, 256), np.int64)

    def add(self, position: int, image: Images, counts: Counts) -> None:
        """Add an image, height x width x channels, and how often it has each value."""
        if self.memory is not None:
            self.memory[self.filled : self.filled + image.size] = image.ravel()
        self._try(lambda writer: writer.add(image))
        self.filled += image.size
        self.sizes.append((image.shape[0], image.shape[1]))
        self.positions.append(position)
        self.counts += counts

    def skip(self, position: int, reason: str) -> None:
        """Note an image that cannot be decoded, and why."""
        self.reasons.append((position, reason))

    def finish(self, path: Path) -> Pack:
        """Finish the pack, its file at this path; without pixels where they are neither in memory nor in a file."""
        pixels = NOTHING if self.memory is None else self.memory[: self.filled]
        sizes, positions = np.array(self.sizes, np.int64).reshape(-1, 2), np.array(self.positions, np.int64)
        pack = Pack(pixels, sizes, positions, self.counts, tuple(self.reasons))
        self._try(lambda writer: writer.finish(pack, path))
        return map_pack(path) if self.writer and self.memory is None else pack

    def drop(self) -> None:
        """Remove the unfinished file."""
        if self.writer:
            self.writer.drop()

    def _try(self, action: Callable[["PackWriter"], None]) -> None:
        """Act on the file, which is dropped on the first error: the images themselves are not lost."""
        try:
            if self.writer:
                action(self.writer)
        except OSError as error:
            self.fault = error.strerror or str(error)
            self.drop()
            self.writer = None


class PackWriter:
    """Writer of a pack's file, which lies beside its place until whole; every method raises OSError on a full disk."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(0o700, parents=True, exist_ok=True)
        self.path = folder / f"{PART}{token_hex(8)}"
        self.file = self.path.open("xb")
        self.sums: list[int] = []

    def add(self, image: Images) -> None:
        content = np.ascontiguousarray(image).data
        self.file.write(content)
        self.sums.append(zlib.crc32(content))

    def finish(self, pack: Pack, path: Path) -> None:
        """Move the file into its place, over one that another process may have put there: that has the same bytes."""
        table, start = serialize_table(pack, self.sums, path.stem), self.file.tell()
        self.file.write(table + TAIL.pack(start, sha256(table).digest(), MAGIC))
        self.file.flush()
        os.fsync(self.file.fileno())
        self.file.close()
        self.path.replace(path)
        sync(path.parent)

    def drop(self) -> None:
        """Close and remove the file."""
        with suppress(OSError):
            self.file.close()
        with suppress(OSError):
            self.path.unlink()


def allocate(count: int, shape: tuple[int, int, int]) -> Images:
    """Memory for so many images of this shape; raises BrickworkError where the machine refuses it."""
    try:
        return np.empty((count, *shape), np.uint8)
    except (MemoryError, ValueError):
        size = "x".join(map(str, shape))
        gigabytes = count * np.prod(shape, dtype=float) / 1e9
        raise BrickworkError(
            f"{count:,} images of {size} need {gigabytes:,.1f} GB of memory, which this machine refuses: "
            f"train on a smaller input."
        ) from None


def value_counts(image: Images) -> Counts:
    """Histogram of height x width x channels: how often each channel has each value; other threads run meanwhile."""
    channels = image.shape[2]
    return np.array(Image.fromarray(image[..., 0] if channels == 1 else image).histogram()).reshape(channels, 256)


def serialize_table(pack: Pack, sums: list[int], key: str) -> bytes:
    """The table of a pack, as bytes: all of it but its pixels, and the key under which it is found."""
    table = io.BytesIO()
    np.savez(
        table,
        key=np.frombuffer(key.encode(), np.uint8),
        sizes=pack.sizes,
        positions=pack.positions,
        counts=pack.counts,
        sums=np.array(sums, np.uint32),
        reasons=np.frombuffer(json.dumps(pack.reasons).encode(), np.uint8),
    )
    return table.getvalue()


def read_pack(path: Path) -> tuple[Pack, NDArray[np.uint32]]:
    """Memory-map a pack's file; with it comes each image's checksum. The table's sum and every length are verified.

    Raises BrickworkError where they do not agree, and where the file is a link, another user's, or was made under
    another name, of other images.
    """
    try:
        with os.fdopen(open_plain(path), "rb") as file:
            foreign = is_foreign(os.fstat(file.fileno()))
            content = np.memmap(file, np.uint8, mode="c")  # read when touched; torch wants pages to be writable
        if foreign:
            raise BrickworkError(f"{path} belongs to another user and is not used.")
        pack, sums, key = parse_pack(content, path)
    except DAMAGE:
        raise BrickworkError(f"{path} is damaged.") from None
    if key != path.stem:
        raise BrickworkError(f"{path} holds other images than its name says.")
    return pack, sums


def parse_pack(content: NDArray[np.uint8], path: Path) -> tuple[Pack, NDArray[np.uint32], str]:
    """The pack in a file's content, its images' checksums and its key; raises ValueError where it is none, or others
    of DAMAGE.
    """
    start, digest, magic = TAIL.unpack(content[-TAIL.size :].tobytes())
    table = content[start : -TAIL.size].tobytes()
    if magic != MAGIC or sha256(table).digest() != digest:
        raise ValueError("no pack")
    arrays = parse_table(table)
    reasons = parse_reasons(arrays["reasons"].tobytes())
    check_table(arrays, reasons, start)
    pixels: NDArray[np.uint8] = np.asarray(content)[:start]
    pack = Pack(pixels, arrays["sizes"], arrays["positions"], arrays["counts"], reasons, path)
    return pack, arrays["sums"], arrays["key"].tobytes().decode()


def map_pack(path: Path) -> Pack:
    """Memory-map a pack whose images another process has verified."""
    return read_pack(path)[0]


def verify_pack(pack: Pack, sums: NDArray[np.uint32]) -> None:
    """Verifies the checksum of every image, on all cores; raises BrickworkError where one differs."""

    def agree(part: NDArray[np.int64]) -> bool:
        return all(zlib.crc32(pack.image(i).data) == sums[i] for i in part.tolist())

    if not all(map_in_order(agree, np.array_split(np.arange(len(pack)), 64))):
        raise BrickworkError(f"{pack.path} is damaged.")
