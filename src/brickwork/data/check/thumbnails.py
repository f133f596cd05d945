"""Whether two thumbnails show the same: by their correlation, which most pairs are spared by a bound on it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from brickwork.data.check.perceptual_hash import THUMB

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]
Places = NDArray[np.int64]

ALIKE = 0.995  # correlation: what JPEG at quality 60, another size or more light leave
CONTRAST = 1.4  # one may have so many times the other's
FLAT = 2.0  # standard deviation below which a thumbnail shows nothing
BLOCK = 4  # pixels a side whose mean the bound is made of
FEW = 1 << 13  # thumbnails that are compared at once: 25 MB on either side, as float32


@dataclass(frozen=True, eq=False)
class Thumbnails:
    """Thumbnails, and what is known of each as a vector v of length 1 around its mean colour.

    v = c + r, where c is the part that is constant in every block, and r is at right angles to it; so that the
    correlation v . w is at most c . d + |r| |s|.
    """

    pixels: Bytes  # N x 768
    norms: Floats  # N, of v before it was scaled
    coarse: Floats  # N x 48, c
    rest: Floats  # N, |r|

    def telling(self) -> NDArray[np.bool_]:
        """Which of them show anything."""
        telling: NDArray[np.bool_] = self.norms > FLAT * np.sqrt(self.pixels.shape[1])
        return telling

    def alike(self, first: Places, second: Places) -> NDArray[np.bool_]:
        """Whether those at these places show the same, be it in another light."""
        norms = self.norms[first], self.norms[second]
        alike: NDArray[np.bool_] = np.maximum(*norms) <= CONTRAST * np.minimum(*norms)
        bound = np.einsum("nc,nc->n", self.coarse[first], self.coarse[second]) + self.rest[first] * self.rest[second]
        alike &= bound >= ALIKE
        maybe = np.flatnonzero(alike)
        alike[maybe] = correlation(self.pixels[first[maybe]], self.pixels[second[maybe]]) >= ALIKE
        return alike


def make_thumbnails(pixels: Bytes) -> Thumbnails:
    """From N x 768 bytes."""
    parts = [describe(part) for part in np.array_split(pixels, -(-len(pixels) // FEW) or 1)]
    norms, coarse, rest = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    return Thumbnails(pixels, norms, coarse, rest)


def describe(pixels: Bytes) -> tuple[Floats, Floats, Floats]:
    unit, norms = unit_vectors(pixels)
    blocks = THUMB // BLOCK
    cut = unit.reshape(len(unit), blocks, BLOCK, blocks, BLOCK, 3)
    coarse = (
        cut.sum(axis=(2, 4)).reshape(len(unit), blocks * blocks * 3) / BLOCK
    )  # of length 1 for a vector that is constant in blocks
    rest = np.sqrt((1 - (coarse * coarse).sum(axis=1)).clip(min=0) + 1e-5)  # a little more, for the rounding
    return norms, coarse, rest


def correlation(first: Bytes, second: Bytes) -> Floats:
    products: Floats = np.einsum("nc,nc->n", unit_vectors(first)[0], unit_vectors(second)[0])
    return products


def unit_vectors(pixels: Bytes) -> tuple[Floats, Floats]:
    """Vectors of length 1 around their mean, and the lengths that they had."""
    around = pixels.astype(np.float32)
    around -= around.mean(axis=1, keepdims=True)
    norms: Floats = np.sqrt(np.einsum("nc,nc->n", around, around))
    around /= norms.clip(min=1e-6)[:, None]
    return around, norms
