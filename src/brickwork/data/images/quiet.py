"""Silence about damaged files: warnings of Pillow, its log, and what libtiff writes to standard error."""

import ctypes
import logging
import threading
import warnings
from functools import cache
from types import TracebackType

from PIL import _imaging


@cache
def silence() -> None:
    """Keeps libtiff and Pillow's own log from writing to standard error about damaged files: the exceptions say it.

    libtiff's symbols are found where the system resolves them through Pillow's module, as on Linux and macOS.
    """
    logging.getLogger("PIL").addHandler(logging.NullHandler())  # else what nobody listens to is printed
    library = ctypes.CDLL(_imaging.__file__)
    for name in ("TIFFSetErrorHandler", "TIFFSetErrorHandlerExt"):
        if hasattr(library, name):
            getattr(library, name)(None)


class Quiet:
    """Keeps Pillow's warnings from the person while at least one thread decodes.

    Warnings are filtered for the whole process, and `catch_warnings` alone is not made for threads: two that
    overlap can leave their filters behind. So the first thread in sets the filter and the last one out lifts it.
    """

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.inside = 0
        self.filters = warnings.catch_warnings()

    def __enter__(self) -> None:
        with self.lock:
            if self.inside == 0:
                self.filters = warnings.catch_warnings()
                self.filters.__enter__()
                warnings.filterwarnings("ignore", module=r"PIL\.")
            self.inside += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self.lock:
            self.inside -= 1
            if self.inside == 0:
                self.filters.__exit__(None, None, None)


QUIET = Quiet()  # one for the process, as the warnings' filters are
