"""Channel statistics of a dataset: the mean and the standard deviation by which images are normalised."""

import numpy as np
from numpy.typing import NDArray

from brickwork.errors import BrickworkError


def channel_moments(counts: NDArray[np.int64]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and standard deviation of each channel, of pixels in 0..1 whose values were counted: channels x 256.

    Exact, as the bytes are counted. A channel of one value gets a deviation of one step (1/255), since images are
    divided by it. Raises BrickworkError where there are no pixels.
    """
    if not counts.sum():
        raise BrickworkError("no image could be read, so there is no mean colour to compute.")
    values = np.arange(256) / 255
    share = counts / counts.sum(axis=1, keepdims=True)
    mean = share @ values
    std = np.sqrt((share * (values - mean[:, None]) ** 2).sum(axis=1)).clip(min=1 / 255)
    return tuple(mean.tolist()), tuple(std.tolist())
