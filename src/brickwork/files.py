"""Files that are whole or absent, files that are opened without following links, and where caches lie."""

import errno
import os
import re
import stat
import tempfile
import time
from contextlib import suppress
from difflib import get_close_matches
from pathlib import Path

from brickwork.errors import BrickworkError

PARTIAL = re.compile(r"\.brickwork-[0-9a-f]{16}")  # the name of a file that is being written
DAY = 24 * 3600  # seconds after which a file that is still being written has been left behind
FLAGS = sum(getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_BINARY"))  # those that the system has
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
    """Writes a file that is whole or absent: beside its place, synced, renamed. Raises BrickworkError.

    The name beside it is random, so that others may write the same file at the same time; a link is replaced.
    """
    beside = path.with_name(f".brickwork-{os.urandom(8).hex()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | FLAGS, 0o666), "wb") as file:
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


def remove_partial(folder: Path) -> None:
    """Removes files that killed processes were writing a day ago or more."""
    with suppress(OSError):
        for name in filter(PARTIAL.fullmatch, os.listdir(folder)):
            if time.time() - os.lstat(folder / name).st_mtime > DAY:
                (folder / name).unlink()


def open_plain(path: Path, flags: int = os.O_RDONLY) -> int:
    """The handle of a file that is no link, pipe or device; raises OSError."""
    if is_link(path):
        raise OSError(errno.ELOOP, "it is a link, and links are not followed here", str(path))
    handle = os.open(path, flags | FLAGS, 0o666)
    mode = os.fstat(handle).st_mode
    if not stat.S_ISREG(mode):
        os.close(handle)
        words = os.strerror(errno.EISDIR) if stat.S_ISDIR(mode) else "it is a pipe or a device"
        raise OSError(errno.EISDIR, words, str(path))
    return handle


def read_plain(path: Path, most: int = -1) -> bytes:
    """The content of a file that is no link, pipe or device; raises OSError, and ValueError where it is over `most`."""
    with os.fdopen(open_plain(path), "rb") as file:
        content = file.read(most + 1 if most >= 0 else -1)
    if 0 <= most < len(content):
        raise ValueError(f"it has more than {most:,} bytes")
    return content


def append_plain(path: Path, content: bytes) -> None:
    """Adds to the end of a file, which is made where there is none; raises OSError where it is a link.

    One that has other names, too, is written anew under this one: under these it stays as it is.
    """
    with os.fdopen(open_plain(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND), "ab") as file:
        if os.fstat(file.fileno()).st_nlink <= 1:
            file.write(content)
            return
    write_whole(path, read_plain(path) + content)


def is_link(path: Path) -> bool:
    """Whether a path ends in a link, be it to nothing, or in a junction, as Windows has them."""
    return os.path.islink(path) or getattr(os.path, "isjunction", os.path.islink)(path)


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


def make_private(name: str) -> Path:
    """Makes a folder of the cache for this user alone, and what is missing above it; raises OSError.

    Where everybody may make folders beside the cache, as in /tmp, it must be this user's own.
    """
    top = cache_folder()
    folder = top / name
    for path in reversed([folder, *folder.parents]):
        if not path.is_dir():
            with suppress(FileExistsError):  # made by another process just now; if it is a file, what follows fails
                path.mkdir(mode=0o700)
    if top.parent.stat().st_mode & stat.S_ISVTX and (is_link(top) or is_foreign(top.lstat())):
        raise PermissionError(errno.EPERM, "it belongs to another user, or is a link", str(top))
    status = folder.stat()
    if not is_foreign(status) and stat.S_IMODE(status.st_mode) & 0o077:
        with suppress(OSError):  # a disk that knows no modes
            folder.chmod(0o700)
    return folder


def is_foreign(status: os.stat_result) -> bool:
    """Whether a file is another user's, and not the system's: what it holds is not believed."""
    return hasattr(os, "geteuid") and status.st_uid not in (0, os.geteuid())
