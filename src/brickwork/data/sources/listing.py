"""Directory listing: a folder's images, its folders, and what is passed over."""

import os
from dataclasses import dataclass
from itertools import compress
from operator import not_
from pathlib import Path

from brickwork.data.images.sniff import START, begins_as
from brickwork.data.names import natural
from brickwork.errors import BrickworkError

JUNK = {  # what systems and tools leave behind, in lower case; names that begin with a dot are hidden anyway
    "__macosx", "__pycache__", "@eadir", "$recycle.bin", "system volume information", "lost+found",
    "thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r",
}  # fmt: skip
ENDINGS = {  # what Pillow reads
    ".jpg", ".jpeg", ".jpe", ".jfif", ".jif", ".mpo", ".png", ".apng", ".gif", ".bmp", ".dib", ".webp", ".avif",
    ".avifs", ".tif", ".tiff", ".jp2", ".j2k", ".jpf", ".jpx", ".j2c", ".jpc", ".ppm", ".pgm", ".pbm", ".pnm",
    ".pfm", ".tga", ".icb", ".vda", ".vst", ".ico", ".cur", ".icns", ".pcx", ".dcx", ".dds", ".sgi", ".rgb",
    ".rgba", ".bw", ".psd", ".qoi", ".xbm", ".xpm", ".fits", ".fit", ".fts", ".im", ".msp", ".blp", ".ras",
    # what people take for images: each is named, with the reason why it is not read
    ".heic", ".heif", ".hif", ".jxl", ".svg", ".eps", ".cr2", ".cr3", ".nef", ".arw", ".dng", ".orf", ".rw2", ".raf",
}  # fmt: skip


@dataclass(frozen=True)
class Listing:
    """A folder's entries; files as paths relative to it, with "/" between folders, in natural order."""

    folders: tuple[str, ...]
    images: tuple[str, ...]
    others: tuple[str, ...]  # files that are no images
    junk: tuple[str, ...]  # hidden and junk entries; a folder counts as one

    @property
    def hidden(self) -> int:
        return len(self.junk)


def list_folder(folder: Path) -> Listing:
    """List one folder without those inside it; raises BrickworkError where it may not be read."""
    try:
        with os.scandir(folder) as scan:
            everything = sorted(scan, key=lambda entry: natural(entry.name))
    except OSError as error:
        raise BrickworkError(f"{folder} cannot be listed: {error.strerror}.") from None
    junk = tuple(entry.name for entry in everything if is_junk(entry.name))
    entries = [entry for entry in everything if not is_junk(entry.name)]
    folders = tuple(entry.name for entry in entries if is_folder(entry))
    files = [entry.name for entry in entries if not is_folder(entry)]
    kinds = [is_image(os.path.join(folder, name)) for name in files]
    images, others = (tuple(compress(files, kept)) for kept in (kinds, map(not_, kinds)))
    return Listing(folders, images, others, junk)


def is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself
        return False


def is_junk(name: str) -> bool:
    return name.startswith(".") or name.lower() in JUNK


def is_image(path: str) -> bool:
    """Whether a file is an image: by its name's ending, or where that says nothing, by its first bytes."""
    if os.path.splitext(path)[1].lower() in ENDINGS:
        return True
    try:
        with open(path, "rb") as file:
            return begins_as(file.read(START)) is not None
    except OSError:
        return False


def list_tree(folder: Path, above: frozenset[str] = frozenset()) -> Listing:
    """List a folder with everything inside it, without folders; links that lead back up are not followed."""
    place = os.path.realpath(folder)
    top = list_folder(folder)
    if place in above:
        return Listing((), (), (), ())
    parts = [(name, list_tree(folder / name, above | {place})) for name in top.folders]
    return Listing(
        folders=(),
        images=(*top.images, *(f"{name}/{file}" for name, part in parts for file in part.images)),
        others=(*top.others, *(f"{name}/{file}" for name, part in parts for file in part.others)),
        junk=(*top.junk, *(f"{name}/{file}" for name, part in parts for file in part.junk)),
    )
