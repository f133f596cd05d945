"""The cache folder: packs are found by what they were made from, and the longest unused make room for others."""

import os
import re
import shutil
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from PIL import __version__ as pillow

from brickwork.data.cache.pack import MAGIC, PART, Pack, read_pack, verify_pack
from brickwork.data.cache.presize import Presize
from brickwork.errors import BrickworkError
from brickwork.files import cache_folder, make_private

SHARE = 1 / 4  # of the disk's free space, for all packs together
NAME = re.compile(rf"[0-9a-f]{{64}}\.pack|{re.escape(PART)}[0-9a-f]{{16}}")  # of what is written there, and removed
STALE = 24 * 3600  # seconds after which a pack that is still being written has been left behind


def pack_folder() -> Path:
    return cache_folder() / "packs"


def make_folder() -> Path:
    """Makes the packs' folder, for this user alone; raises OSError."""
    return make_private("packs")


def pack_key(sums: Sequence[str], presize: Presize) -> str:
    """The cache key of a pack: a SHA-256 over the images' contents in their order and how their pixels come about."""
    return sha256("\n".join((MAGIC.decode(), pillow, presize.words, *sums)).encode()).hexdigest()


def pack_path(name: str) -> Path:
    return pack_folder() / f"{name}.pack"


def find_pack(name: str, tell: Callable[[str], None]) -> Pack | None:
    """Find the pack of this key in the cache, verified; one that is not believed is removed, which `tell` hears."""
    path = pack_path(name)
    if not os.path.lexists(path):  # also False where its folder may not be looked into
        return None
    try:
        pack, sums = read_pack(path)
        verify_pack(pack, sums)
        os.utime(path)  # used just now
        return pack
    except BrickworkError as error:
        tell(f"{error} It is made anew.")
    except OSError:  # it may be read, but not touched: a disk that is only read
        return pack
    with suppress(OSError):
        path.unlink()
    return None


def cache_size() -> int:
    """The size of the cache: the bytes of all packs together."""
    return sum(status.st_size for _, status in list_packs())


def list_packs() -> list[tuple[Path, os.stat_result]]:
    """Every file in the folder of packs, the longest unused first; also packs that are being written."""
    packs = []
    with suppress(OSError):
        for path in pack_folder().iterdir():
            with suppress(OSError):  # another process removes, too
                packs.append((path, path.lstat()))
    return sorted(packs, key=lambda pair: pair[1].st_mtime)


def make_room(needed: int, *, always: bool) -> str:
    """Evict the longest unused packs until so many bytes more find their place.

    Returns why they do not, or "". All packs together take a share of the free disk; where `always`, all of it.
    """
    packs = [(path, status) for path, status in list_packs() if NAME.fullmatch(path.name)]
    for path, status in packs:
        if path.name.startswith(PART) and time.time() - status.st_mtime > STALE:
            remove_pack(path)
    used, free = cache_size(), free_bytes(pack_folder())
    limit = int((used + free) * (1 if always else SHARE))
    if needed > limit:
        part = "" if always else f"{SHARE:.0%} of "
        return f"they take {needed / 1e9:,.1f} GB, and {part}the free disk is {limit / 1e9:,.1f} GB"
    for path, status in packs:
        if used + needed > limit and not path.name.startswith(PART):
            remove_pack(path)
            used -= status.st_size
    return ""


def remove_pack(path: Path) -> None:
    """Remove a pack; what another process has mapped stays readable there."""
    with suppress(OSError):
        path.unlink()


def free_bytes(path: Path) -> int:
    """The free bytes of the disk where a folder is, or would be made."""
    while not os.path.exists(path):
        path = path.parent
    return shutil.disk_usage(path).free
