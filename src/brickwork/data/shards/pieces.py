"""Pieces of shards: images that stand beside each other are read by one request, not by one each."""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from brickwork.data.dataset import Split
from brickwork.data.images.decode import MAX_BYTES
from brickwork.data.parallel import map_in_order
from brickwork.data.sources.shards import read_part
from brickwork.data.sources.webdataset import TarSplit
from brickwork.errors import BrickworkError

GAP = 1 << 18  # bytes between two images that are read over, rather than to ask once more
LONGEST = 1 << 25  # bytes of a request, unless one image has more
AHEAD = 8 << 20  # bytes of a request where images are read in their order
THREADS = 4  # requests under way

Positions = NDArray[np.int64]


def number_pieces(places: Positions, size: int) -> Positions:
    """The number of the piece that each image is of: up to `size` neighbours in a shard, which is divided evenly.

    `places` are as in TarSplit.
    """
    order = np.lexsort((places[:, 1], places[:, 0]))
    shards = np.split(order, np.flatnonzero(np.diff(places[order, 0])) + 1)
    pieces = [piece for shard in shards for piece in np.array_split(shard, -(-len(shard) // size))]
    numbers = np.empty(len(places), np.int64)
    numbers[np.concatenate(pieces)] = np.repeat(np.arange(len(pieces)), [len(piece) for piece in pieces])
    return numbers


def read_in_order(split: Split, positions: range) -> Iterator[bytes | None]:
    """The content of images in their order, long pieces of shards ahead; None for one that is to be read alone."""
    if not isinstance(split, TarSplit):
        yield from (None for _ in positions)
        return
    index = np.arange(len(split))[positions.start : positions.stop : positions.step]
    blocks = split.places[index, 0] * (1 << 40) + split.places[index, 1] // AHEAD
    pieces = np.split(index, np.flatnonzero(np.diff(blocks)) + 1) if len(index) else []
    for piece, contents in zip(pieces, read_pieces(split, pieces, THREADS), strict=True):
        yield from map(contents.get, piece.tolist())


def read_pieces(split: TarSplit, pieces: Iterable[Positions], ahead: int) -> Iterator[dict[int, bytes]]:
    """The contents of images by their positions, piece by piece, so many of which are read ahead."""
    return map_in_order(partial(read_piece, split), pieces, ahead=ahead, threads=THREADS)


def read_piece(split: TarSplit, positions: Positions) -> dict[int, bytes]:
    """The contents of images by their positions; those that cannot be read so are left out."""
    return {i: content for run in divide_runs(split.places, positions) for i, content in read_run(split, run)}


def divide_runs(places: Positions, positions: Positions) -> list[list[int]]:
    """Images in the order of their bytes, divided where one request would not do for the next."""
    order = positions[np.lexsort((places[positions, 1], places[positions, 0]))]
    runs: list[list[int]] = []
    shard = start = end = -1
    for i, (its_shard, offset, size) in zip(order.tolist(), places[order].tolist(), strict=True):
        if size > MAX_BYTES:
            continue
        if its_shard != shard or offset - end > GAP or offset + size - start > LONGEST:
            runs.append([])
            shard, start = its_shard, offset
        runs[-1].append(i)
        end = offset + size
    return runs


def read_run(split: TarSplit, run: Sequence[int]) -> list[tuple[int, bytes]]:
    """The contents of images that stand beside each other, by one request; none where it fails."""
    places = split.places[run].tolist()
    (shard, start, _), (_, last, size) = places[0], places[-1]
    try:
        content = read_part(split.shards[shard].place, start, last + size - start)
    except BrickworkError:
        return []
    parts = [content[offset - start : offset - start + size] for _, offset, size in places]
    return [(i, part) for i, part, (_, _, size) in zip(run, parts, places, strict=True) if len(part) == size]
