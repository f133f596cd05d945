"""Where files lie that can be made again from what they came from."""

import os
from contextlib import suppress
from pathlib import Path

from brickwork.errors import BrickworkError


def cache_folder() -> Path:
    """$BRICKWORK_CACHE, else brickwork in $XDG_CACHE_HOME, else ~/.cache/brickwork; it need not be there yet."""
    if own := os.environ.get("BRICKWORK_CACHE"):
        return Path(own)
    if common := os.environ.get("XDG_CACHE_HOME"):
        return Path(common) / "brickwork"
    return Path(os.path.expanduser("~")) / ".cache" / "brickwork"


def write_whole(path: Path, content: bytes) -> None:
    """Writes a file that is whole or absent: beside its place, synced, renamed. Raises BrickworkError."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with beside.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError as fault:
        raise BrickworkError(f"{path} cannot be written: {fault.strerror or fault}.") from None
    finally:
        with suppress(OSError):  # that the place is no folder has been said
            beside.unlink(missing_ok=True)
