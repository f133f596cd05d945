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

from brickwork.data.dataset import Images
from brickwork.data.parallel import map_in_order
from brickwork.documents import parse_json
from brickwork.errors import BrickworkError
from brickwork.files import sync
from brickwork.validate import holds

TABLE = {"sizes": ("i8", 2), "positions": ("i8", 1), "counts": ("i8", 2), "sums": ("u4", 1), "reasons": ("u1", 1)}
MAGIC = b"brickwork pack 1"
TAIL = struct.Struct("<Q32s16s")  # where the table begins, its sum, and what file this is: the pixels come first
NOTHING: NDArray[np.uint8] = np.empty(0, np.uint8)
PART = ".part-"  # how the name of a pack begins that is being written
Counts = NDArray[np.int64]  # channels x 256: how often each value occurs
Reason = tuple[int, str]  # the position of an image that could not be read, and why


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
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / f"{PART}{token_hex(8)}"
        self.file = self.path.open("xb")
        self.sums: list[int] = []

    def add(self, image: Images) -> None:
        content = np.ascontiguousarray(image).data
        self.file.write(content)
        self.sums.append(zlib.crc32(content))

    def finish(self, pack: Pack, path: Path) -> None:
        """Move the file into its place, over one that another process may have put there: that has the same bytes."""
        table, start = serialize_table(pack, self.sums), self.file.tell()
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


def serialize_table(pack: Pack, sums: list[int]) -> bytes:
    """The table of a pack, as bytes: all of it but its pixels."""
    table = io.BytesIO()
    np.savez(
        table,
        sizes=pack.sizes,
        positions=pack.positions,
        counts=pack.counts,
        sums=np.array(sums, np.uint32),
        reasons=np.frombuffer(json.dumps(pack.reasons).encode(), np.uint8),
    )
    return table.getvalue()


def read_pack(path: Path) -> tuple[Pack, NDArray[np.uint32]]:
    """Memory-map a pack's file; with it comes each image's checksum. The table's sum and every length are verified.

    Raises BrickworkError where they do not agree.
    """
    try:
        content = np.memmap(path, np.uint8, mode="c")  # pages are read when touched; torch wants them to be writable
        start, digest, magic = TAIL.unpack(content[-TAIL.size :].tobytes())
        table = content[start : -TAIL.size].tobytes()
        if magic != MAGIC or sha256(table).digest() != digest:
            raise ValueError
    except (OSError, ValueError, struct.error):
        raise BrickworkError(f"{path} is damaged.") from None
    try:
        arrays = parse_table(table)
        reasons = parse_reasons(arrays["reasons"].tobytes())
        check_table(arrays, reasons, start)
    except (ValueError, KeyError, EOFError, NotImplementedError, zipfile.BadZipFile):
        raise BrickworkError(f"{path} is damaged.") from None
    pixels: NDArray[np.uint8] = np.asarray(content)[:start]
    return Pack(pixels, arrays["sizes"], arrays["positions"], arrays["counts"], reasons, path), arrays["sums"]


def parse_table(table: bytes) -> dict[str, NDArray[Any]]:
    """The arrays of a pack's table; raises ValueError where they are not stored as they are, or of other types."""
    with zipfile.ZipFile(io.BytesIO(table)) as file:
        members = file.infolist()
    names = {f"{name}.npy" for name in TABLE}
    if {member.filename for member in members} != names or len(members) != len(names):
        raise ValueError("other arrays")
    if sum(member.file_size for member in members) > len(table):  # compressed, or one behind another
        raise ValueError("arrays that are larger than their file")
    with np.load(io.BytesIO(table), allow_pickle=False) as arrays:
        found = {name: arrays[name] for name in TABLE}
    if any((found[name].dtype, found[name].ndim) != (np.dtype(kind), axes) for name, (kind, axes) in TABLE.items()):
        raise ValueError("arrays of other types")
    return found


def parse_reasons(text: bytes) -> tuple[Reason, ...]:
    """The images that are not in a pack, and why; raises ValueError where the text does not say that."""
    rows = parse_json(text)
    if not isinstance(rows, list) or not all(holds(list, row) and len(row) == 2 for row in rows):
        raise ValueError("no reasons")
    if not all(holds(int, position) and holds(str, reason) for position, reason in rows):
        raise ValueError("no reasons")
    return tuple((position, reason) for position, reason in rows)


def check_table(arrays: dict[str, NDArray[Any]], reasons: tuple[Reason, ...], start: int) -> None:
    """Raises ValueError where a table's numbers do not fit each other, or the pixels before `start`."""
    sizes, positions, counts, sums = (arrays[name] for name in ("sizes", "positions", "counts", "sums"))
    if not (sizes.shape == (len(sums), 2) and len(positions) == len(sums) and counts.shape in ((1, 256), (3, 256))):
        raise ValueError("lengths that differ")
    if sizes.min(initial=1) < 1 or sizes.max(initial=0) > start:
        raise ValueError("sizes that cannot be")
    if sum(height * width for height, width in sizes.tolist()) * len(counts) != start:
        raise ValueError("pixels of other sizes")
    if sorted([*positions.tolist(), *(position for position, _ in reasons)]) != list(range(len(sums) + len(reasons))):
        raise ValueError("positions that are not those of a split")


def map_pack(path: Path) -> Pack:
    """Memory-map a pack whose images another process has verified."""
    return read_pack(path)[0]


def verify_pack(pack: Pack, sums: NDArray[np.uint32]) -> None:
    """Verifies the checksum of every image, on all cores; raises BrickworkError where one differs."""

    def agree(part: NDArray[np.int64]) -> bool:
        return all(zlib.crc32(pack.image(i).data) == sums[i] for i in part.tolist())

    if not all(map_in_order(agree, np.array_split(np.arange(len(pack)), 64))):
        raise BrickworkError(f"{pack.path} is damaged.")
