"""JPEG 2000 of other depths than 8: Pillow shifts samples instead of scaling them, and lets bright ones overflow."""

import struct
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from PIL import Image

from brickwork.data.images.deep import Depth
from brickwork.data.images.readers import Unsupported

SIZ = b"\xff\x4f\xff\x51"  # how a codestream begins: SOC, then the image's size (ISO/IEC 15444-1, A.5.1)
COUNT, FIRST = 38, 40  # places of the components' number and of the first, behind SIZ
COMPONENTS = "brickwork components"  # in an opened image's info
PLAIN = ("L", "LA", "P", "PA", "I;16")  # modes for which Pillow knows no channels of another size


class Component(NamedTuple):
    """A channel as the codestream states it."""

    bits: int
    signed: bool
    size: tuple[int, int]  # pixels of the image to a sample, across and down

    @property
    def depth(self) -> Depth:
        """The range of samples that Pillow gives shifted up to 16 bits."""
        whole = 65535 / (1 << (16 - self.bits))
        low = -float(1 << (self.bits - 1)) if self.signed else 0.0
        return Depth(low, low + whole, low + whole)


def components(content: bytes) -> Iterator[Component]:
    """The channels; none where the header is not whole."""
    start = content.find(SIZ) + len(SIZ)
    if start < len(SIZ) or len(content) < start + FIRST:
        return
    (count,) = struct.unpack_from(">H", content, start + COUNT - 2)
    for place in range(start + FIRST - 2, min(start + FIRST - 2 + 3 * count, len(content) - 2), 3):
        kind, across, down = content[place : place + 3]
        yield Component((kind & 127) + 1, kind > 127, (across, down))


def mend(image: Image.Image, content: bytes) -> None:
    """Make Pillow decode a JPEG 2000 right, before it is loaded; raises Unsupported where that cannot be had."""
    if image.format != "JPEG2000":
        return
    found = tuple(components(content))
    image.info[COMPONENTS] = found
    deepest = max((each.bits for each in found), default=8)
    if image.mode == "L" and deepest > 8:  # Pillow takes 9 bits for 8
        image._mode = "I;16"
    if deepest > (16 if image.mode == "I;16" else 8):
        raise Unsupported(f"a JPEG 2000 in {image.mode} of {deepest} bits, whose bright samples Pillow turns black")
    if image.mode in PLAIN and any(each.size != (1, 1) for each in found):
        raise Unsupported("a JPEG 2000 of channels of several sizes, which Pillow cannot read")


def first_component(image: Image.Image) -> Component | None:
    """The only channel of a grey JPEG 2000 of more than 8 bits; None for other images."""
    found: tuple[Component, ...] = image.info.get(COMPONENTS, ())
    return found[0] if found else None


def rescale(image: Image.Image) -> Image.Image:
    """A loaded JPEG 2000 of fewer than 8 bits with its highest value as white; of a palette, the numbers as they are.

    Pillow has shifted them up, so that white at 4 bits is 240.
    """
    found: tuple[Component, ...] = image.info.get(COMPONENTS, ())
    bands = len(image.getbands())
    if image.mode == "I;16" or len(found) < bands or all(each.bits == 8 for each in found):
        return image
    tables = [table(each.bits, image.mode in ("P", "PA") and band == 0) for band, each in enumerate(found[:bands])]
    return image.point(np.concatenate(tables).tolist())


def table(bits: int, index: bool) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """What becomes of each byte whose upper bits are the sample."""
    samples = np.arange(256) >> (8 - bits)
    return samples if index else np.round(samples * (255 / ((1 << bits) - 1))).astype(np.int64)
