"""Where files lie that can be made again from what they came from."""

import os
from pathlib import Path


def cache_folder() -> Path:
    """$BRICKWORK_CACHE, else brickwork in $XDG_CACHE_HOME, else ~/.cache/brickwork; it need not be there yet."""
    if own := os.environ.get("BRICKWORK_CACHE"):
        return Path(own)
    if common := os.environ.get("XDG_CACHE_HOME"):
        return Path(common) / "brickwork"
    return Path(os.path.expanduser("~")) / ".cache" / "brickwork"
