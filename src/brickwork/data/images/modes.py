"""Pillow's pixel modes as two: grey ("L") and colour ("RGB"), eight bits a channel."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.ImageCms import createProfile, profileToProfile
from PIL.TiffImagePlugin import TiffImageFile

from brickwork.errors import BrickworkError

GREY = ("1", "L", "LA", "La")
DEEP = ("I", "I;16", "I;16B", "I;16L", "I;16N", "F")
BITS, PHOTOMETRIC, FORMAT = 258, 262, 339  # TIFF 6.0: BitsPerSample, PhotometricInterpretation, SampleFormat
WHITE_IS_ZERO, UNSIGNED, SIGNED = 0, 1, 2
ROWS = 256  # that are scaled at a time
FLOAT_RANGES = ((0.0, 1.0), (0.0, 255.0), (0.0, 65535.0))


def to_grey_or_rgb(image: Image.Image) -> Image.Image:
    """The image as "L" or "RGB": transparency on white, deep pixels scaled by their depth, never clipped.

    Raises BrickworkError for floats that are no numbers.
    """
    if image.mode in DEEP:
        return Image.fromarray(scale_to_bytes(image))
    if image.has_transparency_data:
        opaque = on_white(image.convert("RGBA"))
        return opaque.convert("L") if image.mode in GREY else opaque
    if image.mode in ("L", "RGB"):
        return image
    if image.mode == "LAB":
        return from_lab(image)
    return image.convert("L" if image.mode in GREY else "RGB")


def on_white(image: Image.Image) -> Image.Image:
    white = Image.new("RGB", image.size, "white")
    white.paste(image, mask=image)
    return white


def from_lab(image: Image.Image) -> Image.Image:
    converted = profileToProfile(image, createProfile("LAB"), createProfile("sRGB"), outputMode="RGB")
    assert converted  # None only where it works in place
    return converted


def scale_to_bytes(image: Image.Image) -> NDArray[np.uint8]:
    """Deep pixels as bytes: their whole range becomes 0..255."""
    values = pixel_values(image)
    low, high = value_range(image, values)
    pixels = np.empty(values.shape, np.uint8)
    for top in range(0, len(values), ROWS):  # all at once would take five times the memory
        share = (values[top : top + ROWS].astype(np.float32) - np.float32(low)) * np.float32(255 / (high - low))
        pixels[top : top + ROWS] = share.round().clip(0, 255)  # the clip is for the last rounding
    if image.mode != "F" and tiff_tag(image, PHOTOMETRIC) == WHITE_IS_ZERO:
        pixels = 255 - pixels
    transparent = image.info.get("transparency")
    if isinstance(transparent, int):
        pixels[values == transparent] = 255
    return pixels


def pixel_values(image: Image.Image) -> NDArray[np.generic]:
    """The values as the file means them; Pillow holds a TIFF's unsigned 32 bits in signed ones."""
    values = np.asarray(image)
    unsigned = image.mode == "I" and tiff_tag(image, BITS) == 32 and tiff_tag(image, FORMAT) in (None, UNSIGNED)
    return values.view(np.uint32) if unsigned else values


def value_range(image: Image.Image, values: NDArray[np.generic]) -> tuple[float, float]:
    """The darkest and the brightest value that the file can hold, not that it does hold.

    Only floats have no depth: theirs is the first range of 0..1, 0..255, 0..65535 that holds them all, else
    from their lowest to their highest.
    """
    if image.mode == "F":
        return float_range(values)
    bits = tiff_tag(image, BITS)
    if image.mode == "I" and bits is None:  # not TIFF: PGM and the like stretch to 16 bits
        return (0.0, 65535.0) if values.min() >= 0 and values.max() <= 65535 else (-(2.0**31), 2.0**31 - 1)
    if tiff_tag(image, FORMAT) == SIGNED and bits:
        return -(2.0 ** (bits - 1)), 2.0 ** (bits - 1) - 1
    return 0.0, 2.0 ** (bits or 16) - 1


def float_range(values: NDArray[np.generic]) -> tuple[float, float]:
    low, high = float(values.min()), float(values.max())
    if not np.isfinite([low, high]).all():
        raise BrickworkError("holds values that are no finite numbers")
    for start, end in FLOAT_RANGES:
        if start <= low and high <= end:
            return start, end
    return (low, high) if high > low else (low, low + 1)


def tiff_tag(image: Image.Image, number: int) -> int | None:
    """A TIFF tag's first value; None for other formats."""
    value = image.tag_v2.get(number) if isinstance(image, TiffImageFile) else None
    first = value[0] if isinstance(value, tuple) and value else value
    return first if isinstance(first, int) else None
