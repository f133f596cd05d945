"""A split as one array of bytes: the way in which a small data set is trained on."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from brickwork.data.dataset import ArraySplit, Images, Labels, Split
from brickwork.data.images.decode import Unreadable
from brickwork.data.preprocessing import Preprocessing
from brickwork.errors import BrickworkError

WINDOW = 256  # images that are decoded ahead of the one that is stored


@dataclass(frozen=True)
class Skipped:
    """An image that was left out."""

    name: str
    reason: str


@dataclass(frozen=True, eq=False)
class Pixels:
    """Images after preprocessing, with their labels; what could not be read is left out and listed."""

    images: Images  # N x channels x height x width
    labels: Labels  # N
    names: tuple[str, ...]
    skipped: tuple[Skipped, ...] = ()

    def __len__(self) -> int:
        return len(self.labels)


def load_pixels(split: Split, preprocessing: Preprocessing, *, progress: Callable[[int], None] | None = None) -> Pixels:
    """Decodes a whole split, on every core; `progress` hears how many images are done.

    The order is the split's own. An array whose images have the wanted shape is copied as it is.
    """
    tell = progress or (lambda done: None)
    if isinstance(split, ArraySplit) and split.images.shape[1:] == preprocessing.shape:
        tell(len(split))
        return Pixels(split.images.copy(), split.labels.copy(), tuple(split.names))
    images = empty(len(split), preprocessing.shape)
    kept: list[int] = []
    skipped: list[Skipped] = []
    for i, result in enumerate(decode_all(split, preprocessing)):
        if isinstance(result, Unreadable):
            skipped.append(Skipped(split.names[i], result.reason))
        else:
            images[len(kept)] = result
            kept.append(i)
        tell(i + 1)
    return Pixels(images[: len(kept)], split.labels[kept], tuple(split.names[i] for i in kept), tuple(skipped))


def decode_all(split: Split, preprocessing: Preprocessing) -> Iterator[Images | Unreadable]:
    """Every image's pixels, or why there are none, in order; Pillow lets other threads run as it decodes."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for start in range(0, len(split), WINDOW):
            window = range(start, min(start + WINDOW, len(split)))
            yield from pool.map(partial(one, split, preprocessing), window)


def one(split: Split, preprocessing: Preprocessing, i: int) -> Images | Unreadable:
    try:
        return preprocessing.pixels(split.decode(i, split.read_bytes(i), preprocessing.least))
    except Unreadable as error:
        return error


def empty(count: int, shape: tuple[int, int, int]) -> Images:
    try:
        return np.empty((count, *shape), np.uint8)
    except (MemoryError, ValueError):
        size = "x".join(map(str, shape))
        gigabytes = count * np.prod(shape, dtype=float) / 1e9
        raise BrickworkError(
            f"{count:,} images of {size} need {gigabytes:,.1f} GB of memory, which this machine refuses: "
            f"train on a smaller input."
        ) from None


def statistics(pixels: Pixels) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Each channel's mean and standard deviation, of values in 0..1; exact, as the bytes are counted.

    A channel of one value gets a deviation of one step (1/255), since images are divided by it.
    """
    if len(pixels) == 0:
        raise BrickworkError("no image could be read, so there is no mean colour to compute.")
    windows = np.array_split(pixels.images, -(-len(pixels) // WINDOW))
    return channel_moments(np.sum([histogram(window) for window in windows], axis=0))


def channel_moments(counts: NDArray[np.int64]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and deviation, as `statistics` gives them, of pixels whose values were counted: channels x 256."""
    values = np.arange(256) / 255
    share = counts / counts.sum(axis=1, keepdims=True)
    mean = share @ values
    std = np.sqrt((share * (values - mean[:, None]) ** 2).sum(axis=1)).clip(min=1 / 255)
    return tuple(mean.tolist()), tuple(std.tolist())


def histogram(images: Images) -> NDArray[np.int64]:
    """How often each channel has each of the 256 values: channels x 256."""
    return np.stack([np.bincount(images[:, c].ravel(), minlength=256) for c in range(images.shape[1])])
