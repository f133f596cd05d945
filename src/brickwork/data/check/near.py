"""Near duplicates: pictures whose hashes differ in a few bits and whose thumbnails agree.

Norouzi, Punjani, Fleet 2012, Fast Search in Hamming Space with Multi-Index Hashing: two hashes of 64 bits that differ
in at most 7 agree but for one bit in one of four parts of 16, so that only those are compared.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from brickwork.data.check.thumbnails import FEW, make_thumbnails

Hashes = NDArray[np.uint64]
Places = NDArray[np.int64]
Pairs = tuple[Places, Places]

PARTS, BITS = 4, 16
DIFFERING = 8  # bits that may differ; a pair that differs in 8 is missed only where each part has two of them
CHUNK = 1 << 20  # pairs of hashes that are compared at once
ONES = np.array([bin(value).count("1") for value in range(1 << BITS)], np.uint8)


def clusters(hashes: Hashes, pixels: NDArray[np.uint8]) -> list[list[int]]:
    """Groups of near duplicates, as ascending places; `pixels` are those of their thumbnails, N x 768.

    Nearness is passed on: where a is near b and b near c, all three are one group.
    """
    roots = np.arange(len(hashes))
    pictures = make_thumbnails(pixels)
    telling = pictures.telling()
    for first, second in candidates(hashes):
        apart = telling[first] & telling[second] & (roots[first] != roots[second])
        first, second = first[apart], second[apart]
        close = ones(hashes[first] ^ hashes[second]) <= DIFFERING
        first, second = first[close], second[close]
        for start in range(0, len(first), FEW):
            a, b = first[start : start + FEW], second[start : start + FEW]
            alike = pictures.alike(a, b)
            join(roots, a[alike], b[alike])
    return connected_groups(roots)


def candidates(hashes: Hashes) -> Iterator[Pairs]:
    """Pairs of places whose hashes agree in one part, or but for one bit of it; a pair may come once for each part."""
    for part in range(PARTS):
        values = ((hashes >> np.uint64(part * BITS)) & np.uint64(0xFFFF)).astype(np.int64)
        order = np.argsort(values, kind="stable")
        ascending = values[order]
        ends = np.searchsorted(ascending, ascending, "right")
        yield from expand_pairs(order, np.arange(1, len(order) + 1), ends)  # those behind it with the same value
        for bit in range(BITS):
            without = np.flatnonzero(ascending >> bit & 1 == 0)  # so that each pair comes one way
            wanted = ascending[without] | 1 << bit
            starts, ends = (np.searchsorted(ascending, wanted, side) for side in ("left", "right"))
            yield from expand_pairs(order, starts, ends, without)


def expand_pairs(order: Places, starts: Places, ends: Places, ranks: Places | None = None) -> Iterator[Pairs]:
    """What stands at each rank of the order with what stands in its range, a bounded number of pairs at a time."""
    counts = ends - starts
    left = order if ranks is None else order[ranks]
    sums = np.concatenate([[0], np.cumsum(counts)])
    begin = 0
    while begin < len(counts):
        end = max(begin + 1, int(np.searchsorted(sums, sums[begin] + CHUNK, "right")) - 1)
        some = counts[begin:end]
        first = np.repeat(left[begin:end], some)
        inside = np.arange(len(first)) - np.repeat(sums[begin:end] - sums[begin], some)
        yield first, order[np.repeat(starts[begin:end], some) + inside]
        begin = end


def ones(values: Hashes) -> NDArray[np.int64]:
    """How many bits are set."""
    parts = np.ascontiguousarray(values).view(np.uint16).reshape(-1, PARTS)
    counts: NDArray[np.int64] = ONES[parts].sum(axis=1, dtype=np.int64)
    return counts


def join(roots: Places, first: Places, second: Places) -> None:
    """Makes one group of two, for every pair; afterwards each place has the lowest of its group as its root."""
    for a, b in zip(first.tolist(), second.tolist(), strict=True):
        low, high = sorted((find_root(roots, a), find_root(roots, b)))
        roots[high] = low
    while (roots[roots] != roots).any():
        roots[:] = roots[roots]


def find_root(roots: Places, place: int) -> int:
    while (above := int(roots[place])) != place:
        roots[place] = roots[above]  # halves the way for those who come after
        place = above
    return place


def connected_groups(roots: Places) -> list[list[int]]:
    order = np.argsort(roots, kind="stable")
    groups = np.split(order, np.flatnonzero(np.diff(roots[order])) + 1)
    return [group.tolist() for group in groups if len(group) > 1]
