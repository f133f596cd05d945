"""Windows: an epoch's order in which shards are read in long pieces, and the reader that does so.

Every shard is divided into pieces of neighbouring images. The pieces of an epoch are shuffled and dealt to the
micro-batches of a step, each of which gets a run of them; a few pieces at a time are a window, whose images are
shuffled together. So a process, which takes whole micro-batches, reads the pieces of its own images alone.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from brickwork.data.cache.decoded import ImageFiles
from brickwork.data.dataset import Split
from brickwork.data.shards.pieces import number_pieces, read_pieces
from brickwork.data.sources.webdataset import TarSplit
from brickwork.loader.collate import BatchRequest
from brickwork.loader.note import Note, Notify
from brickwork.loader.transforms import Sample, Source
from brickwork.recipe.recipe import Recipe

WINDOW = 8192  # images, where nothing says how many
PIECES = 16  # of a window at least, unless they would have fewer images than
FEWEST = 64  # images of a piece

Order = NDArray[np.int64]


def choose_window(recipe: Recipe, split: Split, *, kept: bool) -> int:
    """The images of a window; 0 where all are shuffled together, as where decoded images are kept."""
    if recipe.window >= 0:
        return recipe.window
    return 0 if kept or recipe.sampling == "balanced" or not isinstance(split, TarSplit) else WINDOW


def piece_size(recipe: Recipe) -> int:
    """The images of a piece at most."""
    return max(FEWEST, recipe.window // (PIECES * recipe.accumulate))


def shard_places(split: Split, recipe: Recipe, notify: Notify) -> Order | None:
    """The places of the training images in their shards, where windows of these are shuffled, of which a note tells."""
    if recipe.window <= 0:
        return None
    if not isinstance(split, TarSplit):
        notify(Note("window is passed over: these images do not lie in shards"))
        return None
    notify(Note(f"shards are read in windows: {recipe.window:,} images are shuffled together (window)"))
    return split.places


def window_order(chance: np.random.Generator, places: NDArray[np.int64], recipe: Recipe) -> Order:
    """The samples of an epoch in their order; `places` are as in TarSplit."""
    numbers = number_pieces(places, piece_size(recipe))
    turns = chance.permutation(numbers.max() + 1)  # of each piece
    samples = np.argsort(turns[numbers], kind="stable")
    sizes = micro_batch_sizes(len(places), recipe)  # steps x micro-batches
    size = -(-recipe.window // recipe.accumulate)
    lanes = [shuffle_windows(chance, lane, size) for lane in np.split(samples, sizes.sum(0).cumsum()[:-1])]
    parts = [np.split(lane, ends[:-1]) for lane, ends in zip(lanes, sizes.cumsum(0).T, strict=True)]
    return np.concatenate([part for step in zip(*parts, strict=True) for part in step])


def micro_batch_sizes(count: int, recipe: Recipe) -> NDArray[np.int64]:
    """The images of each micro-batch of an epoch, steps x micro-batches, as `split_batches` makes them."""
    batches = divide(count, -(-count // recipe.batch))
    return np.array([divide(batch, recipe.accumulate) for batch in batches])


def divide(count: int, parts: int) -> list[int]:
    """The sizes of nearly equal parts, larger ones first."""
    return [count // parts + (part < count % parts) for part in range(parts)]


def shuffle_windows(chance: np.random.Generator, samples: Order, size: int) -> Order:
    """Neighbours shuffled together, up to `size` at a time."""
    windows = np.array_split(samples, max(1, -(-len(samples) // size)))
    return np.concatenate([chance.permutation(window) for window in windows])


def attach_contents(split: TarSplit, requests: Sequence[BatchRequest], recipe: Recipe) -> Iterator[BatchRequest]:
    """Requests with the contents of their images, piece by piece in the order in which they are needed.

    In memory are those of a window, and of as many pieces that are read ahead.
    """
    numbers = number_pieces(split.places, piece_size(recipe))
    wanted: dict[int, list[int]] = {}  # the images of each piece, which come in the order of their first use
    for i in (sample.number for request in requests for sample in request.samples):
        wanted.setdefault(int(numbers[i]), []).append(i)
    pieces = (np.array(images) for images in wanted.values())
    stream = zip(wanted, read_pieces(split, pieces, ahead=PIECES), strict=True)
    contents: dict[int, bytes] = {}
    read: set[int] = set()
    for request in requests:
        for number in {int(numbers[sample.number]) for sample in request.samples} - read:
            while number not in read:
                piece, more = next(stream)
                read.add(piece)
                contents |= more
        yield replace(request, samples=tuple(with_content(sample, contents) for sample in request.samples))


def with_content(sample: Sample, contents: dict[int, bytes]) -> Sample:
    """A sample with its content, which is then left to it; one that could not be read is read again alone."""
    return replace(sample, content=contents.pop(sample.number, None))


def takes_contents(recipe: Recipe, images: Source) -> bool:
    """Whether the images of shards are decoded from contents that come piece by piece."""
    return recipe.window > 0 and isinstance(images, ImageFiles)
