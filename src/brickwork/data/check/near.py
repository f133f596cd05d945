"""Near duplicates: pictures whose hashes differ in a few bits and whose thumbnails agree.

Norouzi, Punjani, Fleet 2012, Fast Search in Hamming Space with Multi-Index Hashing: two hashes of 64 bits that differ
in at most 7 agree but for one bit in one of four parts of 16, so that only those are compared.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]
Places = NDArray[np.int64]
Pairs = tuple[Places, Places]

PARTS, BITS = 4, 16
FEW = 8  # bits that may differ; a pair that differs in 8 is missed only where each part has two of them
ALIKE = 0.995  # correlation of two thumbnails: what JPEG at quality 60, another size or more light leave
CONTRAST = 1.4  # one may have so many times the other's
FLAT = 2.0  # standard deviation below which a thumbnail shows nothing
CHUNK = 1 << 20  # pairs of hashes that are compared at once
FEWER = 1 << 13  # and of thumbnails: 25 MB on either side, as float32
ONES = np.array([bin(value).count("1") for value in range(1 << BITS)], np.uint8)


def clusters(hashes: Hashes, thumbs: NDArray[np.uint8]) -> list[list[int]]:
    """Groups of near duplicates, as ascending places; `thumbs` is N x 768.

    Nearness is passed on: where a is near b and b near c, all three are one group.
    """
    roots = np.arange(len(hashes))
    telling = thumbs.std(axis=1) > FLAT
    for first, second in candidates(hashes):
        apart = telling[first] & telling[second] & (roots[first] != roots[second])
        first, second = first[apart], second[apart]
        close = ones(hashes[first] ^ hashes[second]) <= FEW
        first, second = first[close], second[close]
        for start in range(0, len(first), FEWER):
            a, b = first[start : start + FEWER], second[start : start + FEWER]
            kept = alike(thumbs[a], thumbs[b])
            join(roots, a[kept], b[kept])
    return groups(roots)


def candidates(hashes: Hashes) -> Iterator[Pairs]:
    """Pairs of places whose hashes agree in one part, or but for one bit of it; a pair may come once for each part."""
    for part in range(PARTS):
        values = ((hashes >> np.uint64(part * BITS)) & np.uint64(0xFFFF)).astype(np.int64)
        order = np.argsort(values, kind="stable")
        ascending = values[order]
        ends = np.searchsorted(ascending, ascending, "right")
        yield from expanded(order, np.arange(1, len(order) + 1), ends)  # those behind it with the same value
        for bit in range(BITS):
            without = np.flatnonzero(ascending >> bit & 1 == 0)  # so that each pair comes one way
            wanted = ascending[without] | 1 << bit
            starts, ends = (np.searchsorted(ascending, wanted, side) for side in ("left", "right"))
            yield from expanded(order, starts, ends, without)


def expanded(order: Places, starts: Places, ends: Places, ranks: Places | None = None) -> Iterator[Pairs]:
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
    found: NDArray[np.int64] = ONES[parts].sum(axis=1, dtype=np.int64)
    return found


def alike(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Whether thumbnails show the same, be it in another light."""
    a, b = (
        thumbs.astype(np.float32) - thumbs.mean(axis=1, keepdims=True, dtype=np.float32) for thumbs in (first, second)
    )
    norms = np.sqrt((a * a).sum(axis=1)), np.sqrt((b * b).sum(axis=1))
    correlation = (a * b).sum(axis=1) / np.maximum(norms[0] * norms[1], 1e-6)
    contrast = np.maximum(*norms) / np.maximum(np.minimum(*norms), 1e-6)
    alike: NDArray[np.bool_] = (correlation >= ALIKE) & (contrast <= CONTRAST)
    return alike


def join(roots: Places, first: Places, second: Places) -> None:
    """Makes one group of two, for every pair; afterwards each place has the lowest of its group as its root."""
    for a, b in zip(first.tolist(), second.tolist(), strict=True):
        low, high = sorted((root(roots, a), root(roots, b)))
        roots[high] = low
    while (roots[roots] != roots).any():
        roots[:] = roots[roots]


def root(roots: Places, place: int) -> int:
    while (above := int(roots[place])) != place:
        roots[place] = roots[above]  # halves the way for those who come after
        place = above
    return place


def groups(roots: Places) -> list[list[int]]:
    order = np.argsort(roots, kind="stable")
    found = np.split(order, np.flatnonzero(np.diff(roots[order])) + 1)
    return [group.tolist() for group in found if len(group) > 1]
