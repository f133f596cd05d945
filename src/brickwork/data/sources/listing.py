"""Directory listing: a folder's images, its folders, and what is passed over, as run folders are."""

import errno
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from brickwork.data.images.sniff import START, begins_as
from brickwork.data.names import natural, normal_name, printable, shorten
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

RUN = ("run.json", "recipe.toml")  # what a run folder of 'brickwork train' holds from its beginning
DEEPEST = 100  # folders inside one another; whoever nests more has made a loop


@dataclass(frozen=True)
class Listing:
    """A folder's entries; files as paths relative to it, with "/" between folders, in natural order."""

    folders: tuple[str, ...]
    images: tuple[str, ...]
    others: tuple[str, ...]  # files that are no images
    junk: tuple[str, ...]  # hidden and junk entries; a folder counts as one
    runs: tuple[str, ...] = ()  # run folders, which are no data
    loops: tuple[str, ...] = ()  # links that lead to themselves, back up, or where another has led

    @property
    def hidden(self) -> int:
        return len(self.junk)


def list_folder(folder: Path) -> Listing:
    """List one folder without those inside it; raises BrickworkError where it may not be read."""
    try:
        with os.scandir(folder) as scan:
            everything = sorted(scan, key=lambda entry: (natural(normal_name(entry.name)), entry.name))
    except OSError as error:
        raise BrickworkError(f"{shorten(printable(str(folder)), 300)} cannot be listed: {error.strerror}.") from None
    junk = tuple(entry.name for entry in everything if is_junk(entry.name))
    kinds = {entry.name: entry_kind(entry) for entry in everything if not is_junk(entry.name)}
    folders, loops, images, others = (
        tuple(name for name, kind in kinds.items() if kind == word) for word in ("folder", "loop", "image", "other")
    )
    runs = {name: runs_in(os.path.join(folder, name)) for name in folders}
    data = tuple(name for name in folders if not runs[name])
    return Listing(data, images, others, junk, tuple(name + run for name in folders for run in runs[name]), loops)


def entry_kind(entry: os.DirEntry[str]) -> Literal["folder", "loop", "image", "other"]:
    try:
        if entry.is_dir():
            return "folder"
    except OSError as error:
        if error.errno == errno.ELOOP and not has_ending(entry.name):  # a link to itself
            return "loop"
    return "image" if is_image(entry) else "other"


def is_junk(name: str) -> bool:
    return name.startswith(".") or name.lower() in JUNK


def has_ending(name: str) -> bool:
    return os.path.splitext(name)[1].lower() in ENDINGS


def is_image(entry: os.DirEntry[str]) -> bool:
    """Whether a file is an image: by its name's ending, or where that says nothing, by its first bytes.

    Pipes and devices are not opened, as who opens one may wait for ever.
    """
    if has_ending(entry.name):
        return True
    try:
        if not entry.is_file():
            return False
        with open(entry.path, "rb") as file:
            return begins_as(file.read(START)) is not None
    except OSError:
        return False


def runs_in(folder: str) -> list[str]:
    """A run folder itself, as "", or those in a folder that holds nothing else, each as "/NAME"."""
    if is_run(folder):
        return [""]
    names: list[str] = []
    try:
        with os.scandir(folder) as scan:
            for entry in scan:
                if not is_junk(entry.name):
                    if not is_run(entry.path):
                        return []
                    names.append(f"/{entry.name}")
    except OSError:
        return []
    return sorted(names, key=natural)


def is_run(folder: str) -> bool:
    """Whether a folder is what a training left behind, whose pictures are no data."""
    return all(os.path.isfile(os.path.join(folder, name)) for name in RUN)


def list_tree(folder: Path) -> Listing:
    """List a folder with everything inside it, without folders; links that lead to what is listed are not followed.

    Raises BrickworkError where a folder may not be read, or folders are nested beyond sense.
    """
    levels = list(walk_tree(folder))
    images, others, junk, runs = (
        tuple(place + name for place, level in levels for name in getattr(level, kind))
        for kind in ("images", "others", "junk", "runs")
    )
    loops = tuple((place + loop).rstrip("/") for place, level in levels for loop in level.loops)
    return Listing((), images, others, junk, runs, loops)


def walk_tree(folder: Path) -> Iterator[tuple[str, Listing]]:
    """Walk a tree from its top: each folder's place in it, as "" or "a/b/", and its own entries.

    No more than the entries of the folders on the way to the one at hand are in memory. Raises as `list_tree` does.
    """
    return _walk_tree(folder, "", frozenset(), Followed(folder))


class Followed:
    """The real places of a tree's folders: its own, and those that its links have led to."""

    def __init__(self, top: Path) -> None:
        self.top = top
        self.places: set[str] = set()  # none before the first link

    def is_new(self, place: str) -> bool:
        """Whether a link leads to a place for the first time, which is none of the tree's own."""
        self.places = self.places or {os.path.realpath(inside) for inside, _, _ in os.walk(self.top)}
        known = len(self.places)
        self.places.add(place)
        return len(self.places) > known


def _walk_tree(
    folder: Path, place: str, above: frozenset[str], followed: Followed, linked: bool = False
) -> Iterator[tuple[str, Listing]]:
    """`above` are the places that it lies in, `linked` says that a link led here."""
    real = os.path.realpath(folder)
    if real in above or (linked and not followed.is_new(real)):
        yield place, Listing((), (), (), (), loops=("",))
        return
    if len(above) > DEEPEST:
        words = f"More than {DEEPEST} folders lie inside one another: {shorten(printable(str(folder)))}"
        raise BrickworkError(f"{words}: is it a copy that went round in circles? Take that folder out of the data.")
    level = list_folder(folder)
    yield place, level
    for name in level.folders:
        inside = folder / name
        yield from _walk_tree(inside, f"{place}{name}/", above | {real}, followed, linked or inside.is_symlink())
