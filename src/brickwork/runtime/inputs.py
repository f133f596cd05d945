"""Images to predict: files, folders, PIL images and arrays, alone or mixed."""

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from glob import glob
from os import fsdecode
from os.path import expanduser
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile

from brickwork.data.images.decode import MAX_PIXELS, TURNS, Unreadable, bytes_of, open_header, orientation, reason
from brickwork.data.images.modes import DEEP, to_grey_or_rgb
from brickwork.data.images.quiet import QUIET
from brickwork.data.names import natural, printable
from brickwork.data.sources.listing import Listing, walk_tree
from brickwork.errors import BrickworkError

CHUNK = 1 << 16  # bytes of a list that are read at a time: more than a path has
ADDRESS = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]+://")


@dataclass(frozen=True, eq=False)
class NamedImage:
    """An image to predict: a file, or its content, or upright pixels in memory, or why these cannot be had."""

    name: str
    source: Path | bytes | Image.Image | Unreadable


ImageInput = str | Path | Image.Image | NDArray[Any] | NamedImage
ImageInputs = ImageInput | Iterable[ImageInput]


def iter_images(images: ImageInputs) -> Iterator[NamedImage]:
    """Every image of the inputs in order; a folder has those below it, and one in memory is "image 0", "image 1" ...

    The number is the position among all inputs. Raises BrickworkError where an input is none.
    """
    if isinstance(images, str | Path | Image.Image | np.ndarray | NamedImage):
        images = [images]
    if isinstance(images, bytes) or not isinstance(images, Iterable):
        raise BrickworkError(f"images are paths, PIL images or arrays, or a list of them, not {type(images).__name__}.")
    for number, image in enumerate(images):
        match image:
            case str() if not image:
                raise BrickworkError(f"image {number} is an empty path: the images of this folder are '.'.")
            case str() if ADDRESS.match(image):
                yield NamedImage(printable(image), Unreadable(image, "an address, not a file: download it first"))
            case str() | Path():
                yield from (NamedImage(printable(str(path)), path) for path in image_files(image))
            case Image.Image():
                yield NamedImage(f"image {number}", file_content(image) or upright_image(image, f"image {number}"))
            case NamedImage():
                yield image
            case np.ndarray():
                yield NamedImage(f"image {number}", upright_image(array_image(image, number), f"image {number}"))
            case _:
                raise BrickworkError(
                    f"image {number} is a {type(image).__name__}: expected a path, a PIL image or an array."
                )


def image_files(path: str | Path) -> Iterator[Path]:
    """The images below a folder, or those that a pattern such as "new/*.jpg" fits, in natural order.

    Of anything else the path itself, which decoding then judges. They are found as they are asked for.
    """
    path = Path(expanduser(path))  # Path's own raises where there is no such person
    if set(str(path)) & set("*?[") and not path.exists():
        fitting = sorted(glob(str(path), recursive=True), key=natural)
        found = (file for name in fitting for file in image_files(name))
    else:
        found = (path / (place + name) for place, level in tree_levels(path) for name in level.images)
    first = next(found, path)
    yield first
    yield from found


def tree_levels(path: Path) -> Iterable[tuple[str, Listing]]:
    """What a folder holds; nothing of what is none."""
    return walk_tree(path) if path.is_dir() else ()


def iter_paths(file: BinaryIO) -> Iterator[str]:
    """The paths of a list: one a line, or with zero bytes between them, as `find -print0` writes; no blank ones."""
    start = file.read(CHUNK)
    ends = b"\0" if b"\0" in start else b"\n"
    rest = b""
    while start:
        *whole, rest = (rest + start).split(ends)
        yield from map(fsdecode, filter(bytes.strip, (part.strip(b"\r") for part in whole)))
        start = file.read(CHUNK)
    if (last := rest.strip(b"\r")).strip():
        yield fsdecode(last)


def file_content(image: Image.Image) -> bytes | None:
    """The content of the file that a PIL image was opened from, where it still shows the same; else None.

    It says more than Pillow keeps, such as the significant bits of a PNG and whole samples of 16 bits a colour.
    """
    if not isinstance(image, ImageFile.ImageFile) or image.tell():
        return None
    try:
        content = read_again(image)
        with QUIET, open_header(content) as opened:
            return content if is_same(image, opened) else None
    except Exception:  # a file that is gone, or damaged, raises all sorts: what the image itself raises is told
        return None


def read_again(image: ImageFile.ImageFile) -> bytes:
    """The content of the open file, or of the one of that name."""
    if image.fp is None:
        return bytes_of(image.filename) if isinstance(image.filename, str) else bytes_of(fsdecode(image.filename))
    place = image.fp.tell()
    image.fp.seek(0)
    content = image.fp.read()
    image.fp.seek(place)
    return content


def is_same(image: ImageFile.ImageFile, opened: Image.Image) -> bool:
    """Whether an image shows what its file does: pixels that have not been loaded were not painted over."""
    if image.fp is not None and image.tile:
        same = (image.mode, image.size, image.info) == (opened.mode, opened.size, opened.info)
        with suppress(Exception):  # its file is closed, as by any use of it
            image.load()
        return same
    image.load()
    opened.load()
    found, expected = ((each.mode, each.size, each.info, each.getpalette(), each.tobytes()) for each in (image, opened))
    return found == expected


def upright_image(image: Image.Image, name: str) -> Image.Image | Unreadable:
    """A PIL image as a file of it is decoded: turned as its EXIF says, in grey or colour, transparency on white.

    One of more than 8 bits stays so: the preprocessing knows its range.
    """
    try:
        image.load()
        turn, pixels = TURNS.get(orientation(image)), image if image.mode in DEEP else to_grey_or_rgb(image)
        return pixels if turn is None else pixels.transpose(turn)
    except Exception as error:  # decoding, which an opened image puts off, raises all sorts
        return Unreadable(name, reason(error, MAX_PIXELS))


def array_image(array: NDArray[Any], number: int) -> Image.Image:
    """An image from an array of uint8: H x W in grey, or H x W x C with one channel, three or four (RGB, alpha)."""
    channels = array.shape[2] if array.ndim == 3 else 1
    if array.dtype != np.uint8 or array.ndim not in (2, 3) or channels not in (1, 3, 4) or not array.size:
        shape = " x ".join(map(str, array.shape))
        raise BrickworkError(
            f"image {number} is an array of {array.dtype}, {shape}: expected uint8, H x W or H x W x C with 1, 3 or 4 "
            f"channels; give several images as a list."
        )
    return Image.fromarray(np.ascontiguousarray(array if channels > 1 else array.reshape(array.shape[:2])))
