"""Readers of formats that Pillow leaves to others: HEIC and JPEG XL, where their packages are installed."""

from collections.abc import Callable
from importlib import import_module
from typing import NamedTuple

from brickwork.errors import BrickworkError

HEIC = (b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1")  # brands, ISO/IEC 23008-12
CODESTREAM, CONTAINER = b"\xff\x0a", b"\x00\x00\x00\x0cJXL \x0d\x0a\x87\x0a"  # ISO/IEC 18181-2


class MissingReader(BrickworkError):
    """An image in a format whose reader is not installed."""


class Unsupported(BrickworkError):
    """A whole image of a kind that no reader here reads."""


class Reader(NamedTuple):
    """The package that reads a format for Pillow, and the extra that installs it."""

    name: str
    module: str
    extra: str
    format: str  # by which Pillow knows it once it is registered

    def register(self) -> None:
        """Make Pillow know the format; raises MissingReader, with the line that installs the package."""
        try:
            module = import_module(self.module)
        except ImportError:
            line = f"pip install 'brickwork[{self.extra}]'"
            raise MissingReader(f"{self.name}, whose reader is not installed: {line}") from None
        registers: Callable[[], None] = getattr(module, "register_heif_opener", lambda: None)
        registers()


HEIF = Reader("HEIC", "pillow_heif", "heif", "HEIF")
JPEG_XL = Reader("JPEG XL", "pillow_jxl", "jxl", "JXL")


def reader_for(start: bytes) -> Reader | None:
    """The reader that a file needs by its first bytes; None where Pillow's own are enough, or nothing is."""
    if start[4:8] == b"ftyp" and start[8:12] in HEIC:
        return HEIF
    return JPEG_XL if start.startswith((CODESTREAM, CONTAINER)) else None
