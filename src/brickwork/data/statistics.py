"""Statistics of a dataset: the channels' mean and deviation, by which images are normalised, and the values' range."""

from functools import partial

import numpy as np
from numpy.typing import NDArray

from brickwork.data.dataset import Split
from brickwork.data.images.decode import Unreadable
from brickwork.data.images.deep import RANGE, RangeFacts
from brickwork.data.parallel import map_in_order
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


def set_range(split: Split) -> tuple[float, float] | None:
    """The lowest and the highest value of all images of more than 8 bits; None where there are none."""
    found = [facts for facts in map_in_order(partial(range_facts, split), range(len(split))) if facts]
    if not found:
        return None
    low, high = min(facts.lowest for facts in found), max(facts.highest for facts in found)
    return (low, high) if high > low else (low, low + 1)


def range_facts(split: Split, i: int) -> RangeFacts | None:
    """The values of an image of more than 8 bits; None for all others, and for what cannot be read."""
    try:
        found: RangeFacts | None = split.decode(i, split.read_bytes(i), range="percentiles").info.get(RANGE)
        return found
    except Unreadable:
        return None
