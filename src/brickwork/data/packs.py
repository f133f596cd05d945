"""The packs in the cache folder: found by what they were made from, and the longest unused ones removed for others."""

import os
import shutil
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from PIL import __version__ as pillow

from brickwork.data.cache import cache_folder
from brickwork.data.pack import MAGIC, PART, Pack, check, read
from brickwork.data.presize import Presize
from brickwork.errors import BrickworkError

SHARE = 1 / 4  # of the disk's free space, for all packs together
STALE = 24 * 3600  # seconds after which a pack that is still being written has been left behind


def folder() -> Path:
    return cache_folder() / "packs"


def key(sums: Sequence[str], presize: Presize) -> str:
    """What a pack is called: a sum over the images' contents in their order, and how their pixels come about."""
    return sha256("\n".join((MAGIC.decode(), pillow, presize.words, *sums)).encode()).hexdigest()


def place(name: str) -> Path:
    return folder() / f"{name}.pack"


def find(name: str, tell: Callable[[str], None]) -> Pack | None:
    """The whole pack of this name; one that is damaged is removed, which `tell` hears."""
    path = place(name)
    if not path.exists():
        return None
    try:
        pack, sums = read(path)
        check(pack, sums)
        os.utime(path)  # used just now
        return pack
    except BrickworkError as fault:
        tell(f"{fault} It is made anew.")
    except OSError:  # it may be read, but not touched: another person's
        return pack
    with suppress(OSError):
        path.unlink()
    return None


def size() -> int:
    """The bytes of all packs together."""
    return sum(each.st_size for _, each in stored())


def stored() -> list[tuple[Path, os.stat_result]]:
    """Every pack, the longest unused first; also those that are being written."""
    found = []
    with suppress(OSError):
        for path in folder().iterdir():
            with suppress(OSError):  # another process removes, too
                found.append((path, path.stat()))
    return sorted(found, key=lambda pair: pair[1].st_mtime)


def make_room(needed: int, *, always: bool) -> str:
    """Removes the longest unused packs until so many bytes more find their place.

    Returns why they do not, or "". All packs together take a share of the free disk; where `always`, all of it.
    """
    for path, state in stored():
        if path.name.startswith(PART) and time.time() - state.st_mtime > STALE:
            remove(path)
    taken, free = size(), free_bytes(folder())
    limit = int((taken + free) * (1 if always else SHARE))
    if needed > limit:
        part = "" if always else f"{SHARE:.0%} of "
        return f"they take {needed / 1e9:,.1f} GB, and {part}the free disk is {limit / 1e9:,.1f} GB"
    for path, state in stored():
        if taken + needed > limit and not path.name.startswith(PART):
            remove(path)
            taken -= state.st_size
    return ""


def remove(path: Path) -> None:
    """What is mapped by another process stays readable there."""
    with suppress(OSError):
        path.unlink()


def free_bytes(path: Path) -> int:
    """On the disk where a folder is, or would be made."""
    while not path.exists():
        path = path.parent
    return shutil.disk_usage(path).free
