"""Files that are whole or absent, and where caches lie."""

import errno
import os
import tempfile
from contextlib import suppress
from difflib import get_close_matches
from pathlib import Path

from brickwork.errors import BrickworkError

MANY = 1_000  # names of a folder that are compared


def neighbour(path: Path) -> Path | None:
    """What lies beside a path that is not there and has nearly its name; None where nothing does."""
    try:
        names = [name for name in os.listdir(path.parent)[:MANY] if not name.startswith(".")]
    except OSError:
        return None
    close = get_close_matches(path.name, names, n=1, cutoff=0.75)
    return path.parent / close[0] if close else None


def write_whole(path: Path, content: bytes) -> None:
    """Writes a file that is whole or absent: beside its place, synced, renamed. Raises BrickworkError."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with beside.open("wb") as file:
            file.write(content)
            file.flush()
            to_disk(file.fileno())
        beside.replace(path)
        sync(path.parent)
    except OSError as fault:
        raise BrickworkError(f"{path} cannot be written: {fault.strerror or fault}.") from None
    finally:
        with suppress(OSError):  # that the place is no folder has been said
            beside.unlink(missing_ok=True)


def to_disk(handle: int) -> None:
    """Makes what was written outlast a power cut, on file systems that know how."""
    try:
        os.fsync(handle)
    except OSError as fault:
        if fault.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise


def sync(folder: Path) -> None:
    """Makes a folder's new names outlast a power cut, on systems where a folder can be opened."""
    with suppress(OSError):
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)


def cache_folder() -> Path:
    """$BRICKWORK_CACHE, else brickwork in $XDG_CACHE_HOME, else ~/.cache/brickwork; it need not be there yet.

    Where no home is known, brickwork-USER in the system's folder for temporary files.
    """
    own, common = (os.path.expanduser(os.environ.get(name, "")) for name in ("BRICKWORK_CACHE", "XDG_CACHE_HOME"))
    if own and own[0] != "~":
        return Path(own)
    if os.path.isabs(common):  # the standard has others ignored
        return Path(common) / "brickwork"
    home = os.path.expanduser("~")
    if os.path.isabs(home):
        return Path(home) / ".cache" / "brickwork"
    return Path(tempfile.gettempdir()) / f"brickwork-{os.getuid() if hasattr(os, 'getuid') else 'user'}"
