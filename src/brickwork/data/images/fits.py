"""FITS images: big-endian numbers with a zero and a scale of their own (FITS standard 4.0, section 4.4.2.5)."""

import re
from collections.abc import Iterator

import numpy as np
from PIL import Image

from brickwork.data.images.deep import Depth, Range, float_range, scale, to_image
from brickwork.data.images.readers import Unsupported

CARD = 80
NUMBER = re.compile(rb"(BZERO|BSCALE)\s*=\s*([-+.\dEeDd]+)")


def from_fits(image: Image.Image, content: bytes, range: Range) -> Image.Image:
    """A loaded FITS image as grey; signed and unsigned numbers are told apart by their zero."""
    stated = dict(numbers(content))
    zero, factor = stated.get("BZERO", 0.0), stated.get("BSCALE", 1.0)
    if not factor > 0:
        raise Unsupported(f"a FITS image whose values fall where its numbers rise (BSCALE {factor:g})")
    if image.mode == "L":
        return image
    raw = np.asarray(image)
    raw = raw.astype("<u2").view("<i2") if image.mode.startswith("I;16") else raw
    values = raw * np.float64(factor) + zero
    if image.mode == "F":
        low, high = float_range(values)
        depth = Depth(low, high, high)
    else:
        ends = np.iinfo(raw.dtype)
        depth = Depth(ends.min * factor + zero, ends.max * factor + zero)
    return to_image(scale(values, *depth.range(values, range)), depth.facts(values))


def numbers(content: bytes) -> Iterator[tuple[str, float]]:
    """The zero and the scale, from the first header alone."""
    for place in range(0, len(content), CARD):
        card = content[place : place + CARD]
        if card.startswith(b"END "):
            return
        if found := NUMBER.match(card):
            yield found[1].decode(), float(found[2].upper().replace(b"D", b"E"))
