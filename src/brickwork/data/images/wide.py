"""Colours of 16 bits, of which Pillow keeps the high bytes: the whole samples, from two readings of the file."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from brickwork.data.images.deep import Depth, Range, Samples, is_right_aligned, over_white, scale, to_image
from brickwork.data.images.readers import Unsupported
from brickwork.data.images.tiff import (
    ASSOCIATED,
    EXTRA,
    PLANES,
    SEPARATE,
    highest_of_file,
    rawmode,
    set_rawmode,
    tiff_tag,
)

Open = Callable[[], Image.Image]
OTHER = {"B": "L", "L": "B", "N": "B"}  # the order that gives the low bytes; N, the machine's own, is little
LAYOUTS = ("LA", "RGB", "RGBA", "RGBX", "RGBa")


def layout(image: Image.Image) -> str:
    """The channels of an image of 16-bit colours that has not been loaded, "" for all others."""
    channels, _, order = rawmode(image).partition(";16")
    return channels if channels in LAYOUTS and order in OTHER else ""


def needs_samples(image: Image.Image, range: Range, significant: int) -> bool:
    """Whether the high bytes are not enough: for alpha, a transparent colour, or a range other than the whole."""
    asked = range != "file" or highest_of_file(image) is not None or 8 < significant < 16
    return bool(layout(image)) and (asked or layout(image) in ("LA", "RGBA", "RGBa") or "transparency" in image.info)


def to_grey_or_rgb_from_wide(open: Open, range: Range, significant: int) -> Image.Image:
    """An image of 16-bit colours as "L" or "RGB", in the range that is asked for, on white."""
    with open() as image:
        channels, associated = layout(image), tiff_tag(image, EXTRA) == ASSOCIATED
        stated, transparent = highest_of_file(image), image.info.get("transparency")
        if tiff_tag(image, PLANES) == SEPARATE:
            raise Unsupported("a TIFF of 16 bits in planes of their own, of which Pillow gives no whole samples")
    values = samples(open, channels)
    count = 1 if channels == "LA" else 3
    colours = values[..., :count]
    if stated is None and is_right_aligned(colours, significant):
        stated = 2.0**significant - 1
    depth = Depth(0.0, 65535.0, stated)
    alpha = values[..., count] if channels in ("LA", "RGBA", "RGBa") else None
    straight = unassociate(colours, alpha) if associated and alpha is not None else colours
    pixels = scale(straight, *depth.range(colours, range))
    if alpha is not None:
        pixels = over_white(pixels, alpha, 65535.0)
    if isinstance(transparent, tuple):
        pixels[(values[..., :3] == transparent).all(axis=-1)] = 255
    return to_image(pixels, depth.facts(colours))


def unassociate(colours: NDArray[np.uint16], alpha: NDArray[np.uint16]) -> NDArray[np.float32]:
    """Colours that were multiplied by alpha (TIFF 6.0, section 18) as they were before."""
    shares = alpha.clip(min=1)[..., None].astype(np.float32) / np.float32(65535)
    return np.asarray(colours / shares, np.float32)


def samples(open: Open, channels: str) -> NDArray[np.uint16]:
    """The whole samples, H x W x channels."""
    if channels == "LA":  # PNG's alone: four bytes a pixel, which are read as they are
        with open() as image:
            image._mode = "RGBA"
            set_rawmode(image, "RGBA")
            image.load()
            parts = np.asarray(image).astype(np.uint16)
        return combine(parts[..., 0::2], parts[..., 1::2])
    with open() as image:
        order = rawmode(image)[-1]
    plain = channels.replace("a", "A")
    high, low = (half(open, f"{plain};16{end}") for end in (order, OTHER[order]))
    return combine(high, low)


def combine(high: Samples, low: Samples) -> NDArray[np.uint16]:
    """Samples of 16 bits from their bytes."""
    return np.asarray(high.astype(np.uint16) * 256 + low, np.uint16)


def half(open: Open, mode: str) -> NDArray[np.uint8]:
    """One byte of every sample."""
    with open() as image:
        set_rawmode(image, mode)
        image.load()
        return np.asarray(image)
