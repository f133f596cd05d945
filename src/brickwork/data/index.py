"""Index of a dataset, which `brickwork check` writes: training reads it and names what has changed since."""

import errno
import json
import os
import re
from collections.abc import Callable, Iterable
from dataclasses import astuple, dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from types import NoneType
from typing import Any

from brickwork.data.dataset import Dataset
from brickwork.data.names import printable, shorten
from brickwork.documents import parse_json
from brickwork.errors import BrickworkError
from brickwork.files import cache_folder, is_foreign, make_private, open_plain, remove_partial, write_whole

FORMAT = "brickwork index 1"
LINES = {  # the types of a line's values; older versions had no reasons, no pixels, no range
    (str, str, str, int, str, int, int, stamp, *rest)
    for stamp in (list, NoneType)
    for rest in ((), (str,), (str, str), (str, str, list), (str, str, NoneType))
}
SUM = re.compile("[0-9a-f]{0,64}")


@dataclass(frozen=True)
class IndexEntry:
    """Entry of an index: an image as it was when it was read."""

    key: str  # as its split has it
    split: str
    label: str  # the class's name
    bytes: int  # of its content, before decoding
    sha256: str  # of its content, in hexadecimal; "" where it could not be read at all
    width: int  # upright and full size; 0 where it is unreadable
    height: int
    stamp: tuple[int, int] | None  # st_mtime_ns and st_ctime_ns of a file of its own
    reason: str = ""  # why it cannot be decoded
    pixels: str = ""  # a sum over its decoded pixels
    # lowest, highest and white of more than 8 bits without a stated range
    values: tuple[float, float, float] | None = None


@dataclass(frozen=True, repr=False)
class Index:
    """Index of a dataset: an entry for every image, split by split in the dataset's order."""

    source: str  # as `Dataset.source`
    entries: tuple[IndexEntry, ...]

    def __repr__(self) -> str:
        return f"Index({shorten(self.source)!r}, {len(self.entries):,} images)"

    @cached_property
    def digest(self) -> str:
        """The SHA-256 over all keys, contents and labels: what was made from the same images has the same."""
        return sha256(b"".join(json_line([entry.key, entry.sha256, entry.label]) for entry in self.entries)).hexdigest()

    @cached_property
    def by_key(self) -> dict[str, IndexEntry]:
        return {entry.key: entry for entry in self.entries}


def new_keys(index: Index, dataset: Dataset) -> list[str]:
    """The keys of images that were not there when the dataset was indexed."""
    return [key for split in dataset.splits.values() for key in split.keys if key not in index.by_key]


def missing_keys(index: Index, dataset: Dataset) -> list[str]:
    """The keys of images that were indexed and are in no split any more."""
    present = {key for split in dataset.splits.values() for key in split.keys}
    return [entry.key for entry in index.entries if entry.key not in present]


def identical_groups(index: Index, dataset: Dataset) -> tuple[list[str], list[str]]:
    """Groups of identical images, each as "A = B": those across splits, and those with different labels.

    They are what 'brickwork check' found and nobody has mended: images that are gone or have changed do not count.
    """
    places = {key: (name, i) for name, split in dataset.splits.items() for i, key in enumerate(split.keys)}
    by_pixels: dict[str, list[str]] = {}
    for entry in index.entries:
        if entry.pixels and entry.key in places:
            by_pixels.setdefault(entry.pixels, []).append(entry.key)
    across, contrary = [], []
    for keys in by_pixels.values():
        same = [key for key in keys if is_as_indexed(index.by_key[key], dataset, *places[key])] if keys[1:] else []
        if len({dataset.splits[places[key][0]].labels[places[key][1]] for key in same}) > 1:
            contrary.append(" = ".join(same))
        elif len({places[key][0] for key in same}) > 1:
            across.append(" = ".join(same))
    return across, contrary


def narrow_range(entries: Iterable[IndexEntry]) -> str:
    """How small a part of their depth images use that state no range, and the option for it; "" from a quarter on."""
    found = [entry.values for entry in entries if entry.values]
    highest = max((each[1] for each in found), default=0.0)
    if not found or highest > min(each[2] for each in found) / 4:
        return ""
    lowest, white = min(each[0] for each in found), min(each[2] for each in found)
    number = (1 << max(8, int(highest).bit_length())) - 1
    return f"{len(found):,} hold values from {lowest:,.0f} to {highest:,.0f} of {white:,.0f}: --range {number}"


def narrow_range_still(index: Index, dataset: Dataset) -> str:
    """`narrow_range` of the images that are as they were when the dataset was indexed."""
    places = {key: (name, i) for name, split in dataset.splits.items() for i, key in enumerate(split.keys)}
    deep = [entry for entry in index.entries if entry.values and entry.key in places]
    return narrow_range(entry for entry in deep if is_as_indexed(entry, dataset, *places[entry.key]))


def is_as_indexed(entry: IndexEntry, dataset: Dataset, split: str, i: int) -> bool:
    """Whether an image has a file with the time stamps of its entry; one without a file of its own is believed."""
    path = dataset.splits[split].path(i)
    return path is None or change_times(path) == entry.stamp


def change_times(path: Path | None) -> tuple[int, int] | None:
    """The mtime and ctime of a file in ns, which change when it is written to; None where there is none."""
    try:
        status = os.stat(path) if path else None
    except OSError:
        return None
    return (status.st_mtime_ns, status.st_ctime_ns) if status else None


def index_path(source: str) -> Path:
    """The index file of a source, in the cache folder."""
    return cache_folder() / "index" / f"{sha256(source.encode(errors='surrogatepass')).hexdigest()}.jsonl"


def save_index(index: Index) -> Path:
    """Write the index into the cache folder, in place of the one before; raises BrickworkError."""
    content = b"".join([json_line([FORMAT, index.source]), *(json_line(astuple(entry)) for entry in index.entries)])
    path = index_path(index.source)
    try:
        remove_partial(make_private(path.parent.name))
    except OSError as fault:
        raise BrickworkError(f"{path} cannot be written: {fault.strerror or fault}.") from None
    write_whole(path, content + json_line([sha256(content).hexdigest()]))
    return path


def load_index(source: str, tell: Callable[[str], None] = lambda note: None) -> Index | None:
    """Read the index of a source, or None where there is none; `tell` hears a sentence where it cannot be used."""
    path = index_path(source)
    try:
        content = read_own(path)
    except FileNotFoundError:
        return None
    except OSError as error:
        if not os.access(cache_folder(), os.X_OK):
            return None  # what else is kept there cannot be had either, which is said once
        tell(f"The index {path} cannot be read ({error.strerror}) and is not used.")
        return None
    start = content[:-1].rfind(b"\n") + 1
    if content[start:] != json_line([sha256(content[:start]).hexdigest()]):
        tell(f"The index of {printable(source)} is damaged and is not used: 'brickwork check' makes it anew.")
        return None
    lines = content[:start].splitlines()
    try:
        if parse_json(lines[0] if lines else b"") != [FORMAT, source]:
            words = "is of another version and is not used: run 'brickwork check' again."
            tell(f"The index of {printable(source)} {words}")
            return None
        return Index(source, tuple(entry_from(parse_json(row)) for row in lines[1:]))
    except ValueError:
        tell(f"The index of {printable(source)} is damaged and is not used: 'brickwork check' makes it anew.")
        return None


def read_own(path: Path) -> bytes:
    """The content of a file that is this user's; raises OSError."""
    with os.fdopen(open_plain(path), "rb") as file:
        if is_foreign(os.fstat(file.fileno())):
            raise PermissionError(errno.EPERM, "it belongs to another user", str(path))
        return file.read()


def json_line(values: object) -> bytes:
    return json.dumps(values).encode() + b"\n"


def entry_from(values: Any) -> IndexEntry:
    """The entry of a line of the index; raises ValueError where it is none."""
    if not isinstance(values, list) or tuple(map(type, values)) not in LINES:
        raise ValueError("no line of an index")
    key, split, label, size, digest, width, height, stamp, *rest = values
    is_stamp = stamp is None or list(map(type, stamp)) == [int, int]
    if not is_stamp or min(size, width, height) < 0 or not SUM.fullmatch(digest):
        raise ValueError("no line of an index")
    if rest[2:] and rest[2] is not None:
        if list(map(type, rest[2])) != [float] * 3:
            raise ValueError("no line of an index")
        rest[2] = tuple(rest[2])
    return IndexEntry(key, split, label, size, digest, width, height, tuple(stamp) if stamp else None, *rest)
