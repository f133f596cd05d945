"""Samples of more than 8 bits: what is black and what is white, and the bytes between."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from brickwork.errors import BrickworkError

Range = tuple[float, float] | Literal["file", "percentiles"]  # what is black and what is white
Samples = NDArray[Any]

ROWS = 256  # that are scaled at a time
FLOAT_RANGES = ((0.0, 1.0), (0.0, 255.0), (0.0, 65535.0))
PERCENTILES = (0.1, 99.9)  # of an image: a few hot or dead pixels make no difference
RANGE = "brickwork range"  # in a decoded image's info: its RangeFacts


@dataclass(frozen=True)
class RangeFacts:
    """The values of an image of more than 8 bits, and the range by which they were made bytes."""

    lowest: float
    highest: float
    white: float  # the highest that the depth can hold
    stated: bool  # whether the file says what white is; floats say it by what they are

    @property
    def unstated(self) -> tuple[float, float, float] | None:
        """Lowest, highest and white, where the file does not state its range."""
        return None if self.stated else (self.lowest, self.highest, self.white)


@dataclass(frozen=True)
class Depth:
    """The range of a file's samples, by their depth and by what the file states."""

    low: float
    high: float
    stated: float | None = None

    def range(self, values: Samples, range: Range) -> tuple[float, float]:
        """What becomes 0 and what 255; a statement that the values themselves go beyond is none."""
        if range == "percentiles":
            low, high = np.percentile(values, PERCENTILES).tolist()
            return (low, high) if high > low else (low, low + 1)
        if range != "file":
            return range
        if self.stated and values.max() <= self.stated:
            return self.low, self.stated
        return self.low, self.high

    def facts(self, values: Samples) -> RangeFacts:
        lowest, highest = float(values.min()), float(values.max())
        return RangeFacts(lowest, highest, self.high, bool(self.stated) and highest <= (self.stated or 0))


def scale(values: Samples, low: float, high: float) -> NDArray[np.uint8]:
    """Values as bytes, low as 0 and high as 255; what lies beyond them is cut."""
    pixels = np.empty(values.shape, np.uint8)
    for top in range(0, len(values), ROWS):  # all at once would take five times the memory
        share = (values[top : top + ROWS].astype(np.float32) - np.float32(low)) * np.float32(255 / (high - low))
        pixels[top : top + ROWS] = share.round().clip(0, 255)
    return pixels


def float_range(values: Samples) -> tuple[float, float]:
    """0..1, 0..255 or 0..65535, the first that holds all values, else from the lowest to the highest."""
    low, high = float(values.min()), float(values.max())
    if not np.isfinite([low, high]).all():
        raise BrickworkError("holds values that are no finite numbers")
    for start, end in FLOAT_RANGES:
        if start <= low and high <= end:
            return start, end
    return (low, high) if high > low else (low, low + 1)


def is_right_aligned(values: Samples, significant: int) -> bool:
    """Whether 16-bit samples of fewer significant bits are plain small numbers, not scaled up as PNG demands (sBIT).

    Scaled up, a small value still has a form of its own: its low bits are zeros, or what scaling makes of them.
    """
    if not 8 < significant < 16 or values.max() >= 1 << significant:
        return False
    shift = 16 - significant
    top = values >> shift
    scaled = np.round(top * (65535 / ((1 << significant) - 1))).astype(values.dtype)
    return bool(((values != top << shift) & (values != scaled)).any())


def over_white(colours: NDArray[np.uint8], alpha: NDArray[np.uint8] | Samples, highest: float) -> NDArray[np.uint8]:
    """Colours, H x W x C, under alpha, H x W, on white."""
    share = (alpha.astype(np.float32) / np.float32(highest))[..., None]
    made: NDArray[np.uint8] = (colours * share + 255 * (1 - share)).round().clip(0, 255).astype(np.uint8)
    return made


def to_image(pixels: NDArray[np.uint8], facts: RangeFacts) -> Image.Image:
    """Grey or colour from H x W or H x W x C bytes, with what was found in their samples."""
    image = Image.fromarray(pixels[..., 0] if pixels.ndim == 3 and pixels.shape[2] == 1 else pixels)
    image.info[RANGE] = facts
    return image
