"""An encoded image, and from its samples, by plain arithmetic, what a person should see."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[Any]
Bytes = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Case:
    """A file's name and content, what it shows, and how a second decoder reads its samples."""

    name: str
    content: bytes
    shows: Bytes  # height x width, or height x width x 3
    samples: Samples | None = None
    second: Callable[[bytes], Samples] | None = None  # gives `samples` back, else the file is not what it should be


def noise(shape: tuple[int, ...], highest: int, seed: int = 0) -> Samples:
    """Whole numbers from 0 to the highest, both among them."""
    made = np.random.default_rng(seed).integers(0, highest + 1, shape, np.uint64)
    made.reshape(-1)[:2] = 0, highest
    return made


def to_bytes(values: Samples, low: float, high: float) -> Bytes:
    """The values from low to high as 0 to 255."""
    scaled = (values.astype(np.longdouble) - low) * 255 / (np.longdouble(high) - low)
    return np.round(scaled).clip(0, 255).astype(np.uint8)


def on_white(colour: Samples, alpha: Samples, highest: float, *, associated: bool = False) -> Bytes:
    """Colour (H x W or H x W x C) under alpha (H x W) on white; associated: it was multiplied by alpha before."""
    share = alpha.astype(np.longdouble) / highest
    share = share if colour.ndim == 2 else share[..., None]
    shade = colour.astype(np.longdouble) / highest
    return np.round(255 * ((shade if associated else shade * share) + 1 - share)).clip(0, 255).astype(np.uint8)
