"""Shards: many files that one pattern names, on this machine or at an address that fsspec knows."""

import glob
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any, BinaryIO, cast

from brickwork.data.address import check_address, check_fsspec
from brickwork.data.names import natural, printable
from brickwork.data.sources.listing import list_folder
from brickwork.data.sources.splits import SPLITS, split_named
from brickwork.errors import BrickworkError

BRACES = re.compile(r"\{([^{}]*)\}")
RANGE = re.compile(r"([0-9]+)\.\.([0-9]+)")
MAGIC = re.compile(r"[*?\[{]")
QUERY = re.compile(r"\?[^=?/]+=.*")  # of an address; a bare ? stands for a letter
MOST = 100_000  # shards of one pattern
PACKED = (".tar.gz", ".tgz", ".tar.zst", ".tar.xz", ".tar.bz2")


@dataclass(frozen=True)
class Shard:
    """Shard: a .tar file, and what its images' keys begin with."""

    place: str  # a path, or an address
    title: str  # the path below the folder that all have in common, without ".tar"


def is_remote(place: str) -> bool:
    return "://" in place


def is_pattern(source: str) -> bool:
    """Whether a source can only mean shards, whatever there is on the disk."""
    return is_remote(source) or source.endswith((".tar", *PACKED)) or bool(MAGIC.search(source) and ".tar" in source)


def holds_shards(folder: Path) -> bool:
    """Whether a folder has .tar files in it, or in folders that bear splits' names, and no other folder of data."""
    try:
        folders = list_folder(folder).folders
    except BrickworkError:  # one that may not be read holds nothing
        return False
    return all(map(split_named, folders)) and bool(tars(f"{folder}/"))


def tars(folder: str) -> list[str]:
    """The .tar files in a folder, whose name ends in "/", and in the folders below it."""
    escaped = folder if is_remote(folder) else glob.escape(folder)
    return [place for pattern in ("*.tar", "*/*.tar") for place in match_files(f"{escaped}{pattern}")]


def shards_of(source: str) -> list[Shard]:
    """The shards that a pattern names, in natural order; raises BrickworkError where it names none."""
    if is_remote(source):
        source = canonical_address(source)
    elif os.path.isdir(source):
        source = f"{source.rstrip('/')}/"
    if source.endswith("/"):
        root, places = source, tars(source)
    elif not is_remote(source) and os.path.exists(source):
        root, places = root_of(source, len(source)), [source]
    else:
        magic = MAGIC.search(source)
        root = root_of(source, magic.start() if magic else len(source))
        places = [place for pattern in expand_braces(source) for place in match_files(pattern)]
    places = sorted(set(places), key=natural)
    if not places:
        raise BrickworkError(f"{printable(source)} names no .tar file.")
    if packed := [place for place in places if path_of(place).endswith(PACKED)]:
        raise BrickworkError(f"{printable(packed[0])} is compressed, so no image can be read alone: unpack it to .tar.")
    return [Shard(place, title_of(place, root)) for place in places]


def title_of(place: str, root: str) -> str:
    """A shard's path below the folder that all have in common, which is the same under another signature."""
    return path_of(place).removeprefix(root).removesuffix(".tar")


def path_of(place: str) -> str:
    """A place without the query that an address may have."""
    return QUERY.sub("", place) if is_remote(place) else place


def canonical_address(address: str) -> str:
    """An address as fsspec spells it in its lists."""
    with fetching(address):
        system, path = system_of(address)
        return cast(str, system.unstrip_protocol(path)).rstrip("/") + ("/" if address.endswith("/") else "")


def root_of(source: str, end: int) -> str:
    """The folder around all that a pattern can name, whose own marks begin at `end`."""
    return source[: source.rfind("/", 0, end) + 1]


def expand_braces(source: str) -> list[str]:
    """The names that braces stand for: {000..009} counts, with as many digits, and {train,val} lists."""
    pieces = BRACES.split(source)  # text and the insides of braces take turns
    choices = [choices_of(piece, source) if i % 2 else [piece] for i, piece in enumerate(pieces)]
    count = 1
    for choice in choices:
        count *= len(choice)
    if count > MOST:
        raise BrickworkError(f"{printable(source)} names {count:,} shards: more than {MOST:,} are not read.")
    return ["".join(parts) for parts in product(*choices)]


def choices_of(inside: str, source: str) -> list[str]:
    counted = RANGE.fullmatch(inside)
    if not counted:
        return inside.split(",")
    first, last = int(counted[1]), int(counted[2])
    if last < first or last - first >= MOST:
        raise BrickworkError(f"{printable(source)}: {{{inside}}} does not count up from one shard to another.")
    width = len(counted[1]) if counted[1].startswith("0") else 0
    return [f"{number:0{width}}" for number in range(first, last + 1)]


def match_files(pattern: str) -> list[str]:
    """The files that *, ? and [] stand for; a name without them is taken as it is."""
    if not glob.has_magic(pattern):
        return [pattern]
    if not is_remote(pattern):
        return glob.glob(pattern)
    with fetching(pattern):
        system, path = system_of(pattern)
        return [cast(str, system.unstrip_protocol(match)) for match in system.glob(path)]


def split_of(shard: Shard) -> str | None:
    """The split that a shard's folder or name tells of: "val/000.tar", "pets-train-000.tar"."""
    folder, _, name = path_of(shard.place).rpartition("/")
    parent = split_named(folder.rpartition("/")[2]) if "/" in shard.title else None
    words = {SPLITS[word] for word in re.split("[^a-z]+", name.lower()) if word in SPLITS}
    return parent or (words.pop() if len(words) == 1 else None)


@contextmanager
def open_shard(place: str) -> Iterator[BinaryIO]:
    """A shard to be read from any place; raises BrickworkError where there is none."""
    with fetching(place):
        if is_remote(place):
            system, path = system_of(place)
            file = cast(BinaryIO, system.open(path, "rb"))
        else:
            if os.path.exists(place) and not os.path.isfile(place):
                raise BrickworkError(f"{printable(place)} is no file, but a folder, a pipe or a device.")
            file = open(place, "rb")  # noqa: SIM115
        with file:
            yield file


def read_part(place: str, offset: int, size: int) -> bytes:
    """So many bytes of a shard, or fewer where it ends; raises BrickworkError."""
    if is_remote(place):
        with fetching(place):
            system, path = system_of(place)
            return cast(bytes, system.cat_file(path, start=offset, end=offset + size))
    with fetching(place), open(place, "rb") as file:
        file.seek(offset)
        return file.read(size)


def system_of(place: str) -> tuple[Any, str]:
    """fsspec's file system for an address, and the path there; it keeps one for each process.

    Raises BrickworkError for addresses that are not opened. All that fsspec gets passes here.
    """
    check_address(place)
    check_fsspec()
    from fsspec.core import url_to_fs

    system, path = url_to_fs(place)
    return system, path


@contextmanager
def fetching(place: str) -> Iterator[None]:
    """Turns the many ways in which a place cannot be reached into one BrickworkError."""
    try:
        yield
    except BrickworkError:
        raise
    except FileNotFoundError:
        raise BrickworkError(f"there is no {printable(place)}.") from None
    except Exception as error:  # each of fsspec's systems has its own
        words = printable((str(error).splitlines() or [""])[0].rstrip(".")) or type(error).__name__
        raise BrickworkError(f"{printable(place)} cannot be read: {words}.") from None
