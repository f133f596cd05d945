"""Index of shards: what each holds, read through once on a machine and kept in the cache for every other process."""

import json
import os
import zlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext, suppress
from hashlib import sha256
from itertools import repeat
from pathlib import Path
from typing import Any

from brickwork.data.index import read_own
from brickwork.data.shards.contents import Contents, Sample, read_through
from brickwork.data.sources.shards import Shard, fetching, is_remote, path_of, system_of
from brickwork.data.sources.tar import Member
from brickwork.documents import parse_json
from brickwork.errors import BrickworkError
from brickwork.files import make_private, open_plain, remove_partial, write_whole

try:
    import fcntl
except ImportError:  # Windows: there, every process reads for itself
    fcntl = None  # type: ignore[assignment]

FORMAT = "brickwork shard 1"
FOLDER = "shards"  # in the cache
THREADS = 8  # shards that are read through at once: addresses answer slowly
LEAST = 1 << 20  # bytes of a shard on this machine, below which reading it through is as quick as looking it up
CHANGES = (  # what file systems call it
    "ETag", "etag", "Content-MD5", "md5Hash", "Last-Modified", "LastModified", "last_modified", "updated", "mtime",
)  # fmt: skip
PART = 10_000  # samples of a line
Row = list[Any]  # key, label, and the image's name, offset and size


def read_shards(shards: Sequence[Shard]) -> list[Contents]:
    """The contents of shards. Of the processes of a machine that ask at the same time, one reads them through."""
    with ThreadPoolExecutor(THREADS) as pool:
        stamps = list(pool.map(stamp_of, shards))
        folder = index_folder() if any(stamps) else None
        with claim(folder, shards) if folder else nullcontext():
            return list(pool.map(contents_of, shards, stamps, repeat(folder)))


def stamp_of(shard: Shard) -> str:
    """What changes when a shard does; "" where nothing tells, and where it is not worth keeping what it holds."""
    if not is_remote(shard.place):
        status = os.stat(shard.place)
        return f"{status.st_size} {status.st_mtime_ns} {status.st_ctime_ns}" if status.st_size >= LEAST else ""
    with fetching(shard.place):
        system, path = system_of(shard.place)
        facts = system.info(path)
    changes = [f"{name}={facts[name]}" for name in CHANGES if facts.get(name)]
    return f"{facts.get('size')} {' '.join(changes)}" if changes else ""


def index_folder() -> Path | None:
    """The folder of what is kept; None where it cannot be made, and nothing is kept."""
    try:
        folder = make_private(FOLDER)
        remove_partial(folder)
    except OSError:
        return None
    return folder


@contextmanager
def claim(folder: Path, shards: Sequence[Shard]) -> Iterator[None]:
    """Waits until no other process of this machine reads the same shards through."""
    try:
        lock = open_plain(folder / f"{place_sum(*shards)}.lock", os.O_RDWR | os.O_CREAT)
    except OSError:
        yield
        return
    with os.fdopen(lock):
        with suppress(OSError):  # a network share that knows no locks
            if fcntl:
                fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def place_sum(*shards: Shard) -> str:
    """A sum over where shards lie, whatever signature an address has."""
    return sha256("\n".join(path_of(shard.place) for shard in shards).encode(errors="surrogatepass")).hexdigest()


def contents_of(shard: Shard, stamp: str, folder: Path | None) -> Contents:
    """The contents of a shard: as they are kept, or read through now and kept for others."""
    if not stamp or not folder:
        return read_through(shard)
    path = folder / f"{place_sum(shard)}.json.z"
    with suppress(OSError, ValueError, zlib.error):
        return parse_contents(zlib.decompress(read_own(path)), stamp)
    contents = read_through(shard)
    with suppress(BrickworkError):  # a full disk
        write_whole(path, zlib.compress(serialize_contents(contents, stamp)))
    return contents


def serialize_contents(contents: Contents, stamp: str) -> bytes:
    rows = [
        [key, sample.label, *((image.name, image.offset, image.size) if (image := sample.image) else ())]
        for key, sample in contents.samples.items()
    ]
    parts = [rows[first : first + PART] for first in range(0, len(rows), PART)]
    lines = [[FORMAT, stamp, contents.damage, contents.others], *parts]
    return b"\n".join(json.dumps(line).encode() for line in lines)


def parse_contents(text: bytes, stamp: str) -> Contents:
    """The contents that `serialize_contents` wrote; raises ValueError where they are others, or of another shard."""
    head, *parts = map(parse_json, text.split(b"\n"))
    match head:
        case [str(kind), str(before), str(damage), list(others)] if (kind, before) == (FORMAT, stamp):
            samples = dict(parse_sample(row) for part in parts for row in part)
            return Contents(samples, list(map(str, others)), damage)
    raise ValueError("no contents of this shard")


def parse_sample(row: Row) -> tuple[str, Sample]:
    match row:
        case [str(key), str() | None as label]:
            return key, Sample(label=label)
        case [str(key), str() | None as label, str(name), int(offset), int(size)] if min(offset, size) >= 0:
            return key, Sample(Member(name, offset, size), label)
    raise ValueError("no sample")
