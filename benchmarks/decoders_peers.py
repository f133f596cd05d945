"""Decoders that `decoders.py` asks: Brickwork's, and its peers, whose pixels are brought to bytes on white."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import imagecodecs
import numpy as np
import tifffile
from numpy.typing import NDArray

from brickwork.data.images.decode import decode
from brickwork.data.images.readers import CODESTREAM, CONTAINER

Pixels = NDArray[Any]
Read = Callable[[Path], Pixels]

DRAWINGS = {".svg", ".eps"}  # which ImageMagick hands to other programs
MAGICK = shutil.which("magick") or shutil.which("convert", path="/usr/bin:/bin:/opt/homebrew/bin")


def peers(path: Path) -> Iterator[tuple[str, Read]]:
    """Those that may know a file, in the order in which they are asked."""
    yield "OpenCV", read_opencv
    with path.open("rb") as file:
        start = file.read(len(CONTAINER))
    if start[:2] in (b"II", b"MM"):
        yield "tifffile", read_tifffile
    if start.startswith((b"qoif", CODESTREAM, CONTAINER)):
        yield "imagecodecs", read_imagecodecs
    if MAGICK and path.suffix.lower() not in DRAWINGS:
        yield "ImageMagick", read_magick


def read_ours(path: Path) -> Pixels:
    return np.asarray(decode(path))


def read_opencv(path: Path) -> Pixels:
    """With alpha where there is one; what has none is turned as its EXIF says."""
    content = np.frombuffer(path.read_bytes(), np.uint8)
    pixels = cv2.imdecode(content, cv2.IMREAD_UNCHANGED)
    if pixels is not None and pixels.ndim == 3 and pixels.shape[2] == 4:
        return eight_bits(pixels[..., [2, 1, 0, 3]])
    pixels = cv2.imdecode(content, cv2.IMREAD_ANYCOLOR | cv2.IMREAD_ANYDEPTH)
    if pixels is None:
        raise ValueError("not read")
    return eight_bits(pixels[..., ::-1] if pixels.ndim == 3 else pixels)


def read_tifffile(path: Path) -> Pixels:
    with tifffile.TiffFile(path) as file:
        page = file.pages.first
        pixels = np.asarray(page.asarray())
        if page.planarconfig == 2 and pixels.ndim == 3:
            pixels = np.moveaxis(pixels, 0, -1)
        if page.photometric == tifffile.PHOTOMETRIC.PALETTE:
            pixels = np.moveaxis(np.asarray(page.colormap), 0, -1)[pixels]
        if page.photometric not in (0, 1, 2, 3):
            raise ValueError("other colours")
        whole = (1 << page.bitspersample) - 1 if pixels.dtype.kind == "u" and page.photometric != 3 else None
        made = eight_bits(pixels, whole)
        return 255 - made if 262 in page.tags and page.photometric == tifffile.PHOTOMETRIC.MINISWHITE else made


def read_imagecodecs(path: Path) -> Pixels:
    content = path.read_bytes()
    if content.startswith(b"qoif"):
        return eight_bits(imagecodecs.qoi_decode(content))
    return eight_bits(np.asarray(imagecodecs.jpegxl_decode(content, index=0)))


def read_magick(path: Path) -> Pixels:
    """On white and upright, as a PPM of 8 bits."""
    assert MAGICK
    image = f"{path}[0]"
    wanted = ["-auto-orient", "-colorspace", "sRGB", "-background", "white", "-alpha", "remove", "-depth", "8", "ppm:-"]
    content = subprocess.run([MAGICK, image, *wanted], check=True, capture_output=True).stdout
    magic, sides, highest, rest = content.split(b"\n", 3)
    assert (magic, highest) == (b"P6", b"255"), content[:20]
    width, height = map(int, sides.split())
    return np.frombuffer(rest, np.uint8, width * height * 3).reshape(height, width, 3)


def eight_bits(values: Pixels, whole: int | None = None) -> Pixels:
    """Samples, with alpha last where they are 2 or 4, as bytes on white; `whole` is the highest that there may be."""
    kind = values.dtype
    if kind == np.bool_:
        whole = 1
    if kind.kind == "u":
        shares = values / float(whole or np.iinfo(kind).max)
    elif kind.kind == "i":
        shares = (values - float(np.iinfo(kind).min)) / (float(np.iinfo(kind).max) - float(np.iinfo(kind).min))
    else:
        low, high = float(values.min()), float(values.max())
        end = next((end for end in (1, 255, 65535) if low >= 0 and high <= end), None)
        shares = values / float(end) if end else (values - low) / max(high - low, 1e-9)
    if shares.ndim == 3 and shares.shape[2] in (2, 4):
        alpha = shares[..., -1:]
        shares = shares[..., :-1] * alpha + 1 - alpha
    return np.round(shares * 255)
