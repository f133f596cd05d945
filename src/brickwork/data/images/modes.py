"""Pillow's pixel modes as two: grey ("L") and colour ("RGB"), eight bits a channel."""

import numpy as np
from PIL import Image, ImageChops
from PIL.ImageCms import createProfile, profileToProfile

from brickwork.data.images.deep import Depth, Range, Samples, float_range, is_right_aligned, scale, to_image
from brickwork.data.images.jpeg2000 import first_component
from brickwork.data.images.tiff import (
    BITS,
    FORMAT,
    PHOTOMETRIC,
    SIGNED,
    UNSIGNED,
    WHITE_IS_ZERO,
    highest_of_file,
    tiff_tag,
)

GREY = ("1", "L", "LA", "La")
DEEP = ("I", "I;16", "I;16B", "I;16L", "I;16N", "F")


def to_grey_or_rgb(image: Image.Image, range: Range = "file", significant: int = 0) -> Image.Image:
    """The image as "L" or "RGB": transparency on white, deep pixels scaled by their range.

    `significant` are the bits that a PNG states (sBIT). Raises BrickworkError for floats that are no numbers.
    """
    if image.mode in DEEP:
        return from_deep(image, range, significant)
    if image.mode == "La":
        return on_white_associated(image)
    if image.mode == "1" and image.has_transparency_data:
        return from_transparent_bits(image)
    if image.has_transparency_data:
        opaque = on_white(image.convert("RGBA"))
        return opaque.convert("L") if image.mode in GREY else opaque
    if image.mode in ("L", "RGB"):
        return from_signed(image) if tiff_tag(image, FORMAT) == SIGNED else image
    if image.mode == "LAB":
        return from_lab(image)
    if image.format == "XBM":  # its ones are ink
        return ImageChops.invert(image.convert("L"))
    return image.convert("L" if image.mode in GREY else "RGB")


def on_white(image: Image.Image) -> Image.Image:
    white = Image.new("RGB", image.size, "white")
    white.paste(image, mask=image)
    return white


def on_white_associated(image: Image.Image) -> Image.Image:
    """Grey that was multiplied by its alpha (TIFF 6.0, section 18) on white."""
    grey, alpha = np.moveaxis(np.asarray(image), -1, 0)
    return Image.fromarray((grey.astype(np.uint16) + 255 - alpha).clip(0, 255).astype(np.uint8))


def from_transparent_bits(image: Image.Image) -> Image.Image:
    """Black and white of which one is transparent: white, then, for both where that is black."""
    grey = np.array(image.convert("L"))
    grey[grey == image.info["transparency"]] = 255
    return Image.fromarray(grey)


def from_signed(image: Image.Image) -> Image.Image:
    """Signed bytes, which Pillow takes for unsigned: -128 is black and 127 white."""
    return Image.fromarray(np.asarray(image) ^ np.uint8(128))


def from_lab(image: Image.Image) -> Image.Image:
    converted = profileToProfile(image, createProfile("LAB"), createProfile("sRGB"), outputMode="RGB")
    assert converted  # None only where it works in place
    return converted


def from_deep(image: Image.Image, range: Range, significant: int) -> Image.Image:
    """Deep grey as bytes, black where the file has white at zero."""
    values = pixel_values(image)
    depth = depth_of(image, values, significant)
    pixels = scale(values, *depth.range(values, range))
    if tiff_tag(image, PHOTOMETRIC) == WHITE_IS_ZERO:
        pixels = 255 - pixels
    transparent = image.info.get("transparency")
    if isinstance(transparent, int):
        pixels[values == transparent] = 255
    return to_image(pixels, depth.facts(values))


def pixel_values(image: Image.Image) -> Samples:
    """The values as the file means them; Pillow holds a TIFF's unsigned 32 bits in signed ones."""
    values = np.asarray(image)
    if component := first_component(image):
        return (values >> (16 - component.bits)) + np.int32(component.depth.low)
    unsigned = image.mode == "I" and tiff_tag(image, BITS) == 32 and tiff_tag(image, FORMAT) in (None, UNSIGNED)
    return values.view(np.uint32) if unsigned else values


def depth_of(image: Image.Image, values: Samples, significant: int) -> Depth:
    """The darkest and the brightest value that the file can hold, not that it does hold, and what it states.

    Only floats have no depth: theirs is the first range of 0..1, 0..255, 0..65535 that holds them all, else
    from their lowest to their highest.
    """
    if image.mode == "F":
        low, high = float_range(values)
        return Depth(low, high, high)
    if component := first_component(image):
        return component.depth
    bits = tiff_tag(image, BITS)
    if image.mode == "I" and bits is None:  # not TIFF: PGM and the like stretch to 16 bits
        return Depth(0.0, 65535.0) if values.min() >= 0 and values.max() <= 65535 else Depth(-(2.0**31), 2.0**31 - 1)
    if tiff_tag(image, FORMAT) == SIGNED and bits:
        return Depth(-(2.0 ** (bits - 1)), 2.0 ** (bits - 1) - 1)
    stated = highest_of_file(image)
    if image.mode.startswith("I;16") and is_right_aligned(values, significant):
        stated = 2.0**significant - 1
    return Depth(0.0, 2.0 ** (bits or 16) - 1, stated)
