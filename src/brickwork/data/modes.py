"""Pillow's pixel modes as two: grey ("L") and colour ("RGB"), eight bits a channel."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.TiffImagePlugin import TiffImageFile

from brickwork.errors import BrickworkError

GREY = ("1", "L", "LA", "La")
DEEP = ("I", "I;16", "I;16B", "I;16L", "I;16N", "F")
BITS, PHOTOMETRIC, FORMAT = 258, 262, 339  # TIFF 6.0: BitsPerSample, PhotometricInterpretation, SampleFormat
WHITE_IS_ZERO, SIGNED = 0, 2
FLOAT_RANGES = ((0.0, 1.0), (0.0, 255.0), (0.0, 65535.0))


def plain(image: Image.Image) -> Image.Image:
    """The picture as "L" or "RGB": transparency on white, deep pixels scaled by their depth, never clipped.

    Raises BrickworkError for pixels that are no numbers, ValueError for a colour space that Pillow cannot convert.
    """
    if image.mode in DEEP:
        return Image.fromarray(scaled(image))
    if image.has_transparency_data:
        opaque = on_white(image.convert("RGBA"))
        return opaque.convert("L") if image.mode in GREY else opaque
    if image.mode in ("L", "RGB"):
        return image
    return image.convert("L" if image.mode in GREY else "RGB")


def on_white(image: Image.Image) -> Image.Image:
    white = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(white, image).convert("RGB")


def scaled(image: Image.Image) -> NDArray[np.uint8]:
    """Deep pixels as bytes: their whole range becomes 0..255."""
    values = np.asarray(image)
    low, high = value_range(image, values)
    if low < 0 and tag(image, BITS) == 32 and tag(image, FORMAT) != SIGNED:
        values, low, high = values.view(np.uint32), 0.0, 2.0**32 - 1  # Pillow holds unsigned values in signed ones
    share = (values.astype(np.float32) - np.float32(low)) * np.float32(255 / (high - low))
    pixels: NDArray[np.uint8] = share.round().clip(0, 255).astype(np.uint8)  # the clip is for the last rounding
    if image.mode != "F" and tag(image, PHOTOMETRIC) == WHITE_IS_ZERO:
        pixels = 255 - pixels
    transparent = image.info.get("transparency")
    if isinstance(transparent, int):
        pixels[values == transparent] = 255
    return pixels


def value_range(image: Image.Image, values: NDArray[np.generic]) -> tuple[float, float]:
    """The darkest and the brightest value that the file can hold, not that it does hold.

    Only floats have no depth: theirs is the first range of 0..1, 0..255, 0..65535 that holds them all, else
    from their lowest to their highest.
    """
    if image.mode == "F":
        return float_range(values)
    bits = tag(image, BITS)
    if image.mode == "I" and bits is None:  # not TIFF: PGM, PNG and the like stretch to 16 bits
        fits = values.min() >= 0 and values.max() <= 65535
        return (0.0, 65535.0) if fits else (-(2.0**31), 2.0**31 - 1)
    depth = bits or 16
    if image.mode == "I" and (tag(image, FORMAT) == SIGNED or depth == 32):
        return -(2.0 ** (depth - 1)), 2.0 ** (depth - 1) - 1
    return 0.0, 2.0**depth - 1


def float_range(values: NDArray[np.generic]) -> tuple[float, float]:
    low, high = float(values.min()), float(values.max())
    if not np.isfinite([low, high]).all():
        raise BrickworkError("holds values that are no finite numbers")
    for start, end in FLOAT_RANGES:
        if start <= low and high <= end:
            return start, end
    return (low, high) if high > low else (low, low + 1)


def tag(image: Image.Image, number: int) -> int | None:
    """A TIFF tag's first value; None for other formats."""
    value = image.tag_v2.get(number) if isinstance(image, TiffImageFile) else None
    first = value[0] if isinstance(value, tuple) and value else value
    return first if isinstance(first, int) else None
