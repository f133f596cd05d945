"""A picture as 64 bits that survive scaling and re-encoding, and as a thumbnail that confirms them.

The bits are the perceptual hash pHash (Zauner 2010, Implementation and Benchmarking of Perceptual Image Hash
Functions, 3.2.1): the signs of the 8x8 lowest frequencies of a discrete cosine transform against their median.
"""

import numpy as np
from PIL import Image

SIDE = 32  # pixels a side that are transformed
THUMB = 16
LOWEST = np.cos(np.pi * np.outer(np.arange(8), 2 * np.arange(SIDE) + 1) / (2 * SIDE)).astype(np.float32)  # 8 x 32


def perceptual_hash(image: Image.Image) -> tuple[int, bytes]:
    """The hash of an image in "L" or "RGB", and its 16 x 16 colours as 768 bytes."""
    small = image.resize((SIDE, SIDE), Image.Resampling.BILINEAR, reducing_gap=2.0)
    grey = np.asarray(small.convert("L"), np.float32)
    frequencies = LOWEST @ grey @ LOWEST.T
    bits = np.packbits(frequencies > np.median(frequencies))
    thumb = small.convert("RGB").resize((THUMB, THUMB), Image.Resampling.BOX)
    return int.from_bytes(bits.tobytes(), "little"), thumb.tobytes()
