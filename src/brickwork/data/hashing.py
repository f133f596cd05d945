"""Chance that depends on a seed and a name alone: the same on every machine, whatever else the set holds."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from hashlib import sha256
from itertools import accumulate


def key_digest(key: str, seed: int) -> bytes:
    return sha256(f"{seed}/{key}".encode(errors="surrogateescape")).digest()


def hash_fraction(key: str, seed: int) -> float:
    """A number from 0 up to 1 that the key's own hash gives it."""
    return int.from_bytes(key_digest(key, seed)[:6], "big") / 2**48


def hash_order(keys: Sequence[str], seed: int) -> list[int]:
    """The positions of the keys in an order drawn by the seed; each key's place comes from its own hash."""
    return sorted(range(len(keys)), key=lambda i: key_digest(keys[i], seed))


def by_class(labels: Sequence[int]) -> dict[int, list[int]]:
    """The positions of each class, in their order."""
    found: dict[int, list[int]] = defaultdict(list)
    for position, label in enumerate(labels):
        found[label].append(position)
    return dict(sorted(found.items()))


def split_by_hash(keys: Sequence[str], shares: Sequence[float], seed: int) -> list[list[int]]:
    """The positions of different keys in parts of about these shares, and a last part with the rest; all ascend.

    A key's own hash decides on which side of fixed bounds it falls, so that no key moves as others come and go. There
    is one exception: where there are as many keys as parts, no part stays empty. One that would be borrows the key of
    lowest hash from the largest part, and gives it back once it has a key of its own. That is for tiny classes: at a
    tenth, a part is empty in one of 24 classes of 30 keys and in one of 38,000 of 100, and never are more keys
    borrowed than there are parts. Fewer keys than parts are all in the last.
    """
    if len(keys) <= len(shares):
        return [*([] for _ in shares), list(range(len(keys)))]
    chances = [hash_fraction(key, seed) for key in keys]
    bounds = list(accumulate(shares))
    parts: list[list[int]] = [[] for _ in range(len(shares) + 1)]
    for position, value in enumerate(chances):
        parts[bisect_right(bounds, value)].append(position)
    while [] in parts:
        largest = max(reversed(parts), key=len)  # of equal ones, the last
        borrowed = min(largest, key=chances.__getitem__)
        largest.remove(borrowed)
        parts[parts.index([])].append(borrowed)
    return parts


def stratified_split(
    keys: Sequence[str], labels: Sequence[int], groups: Sequence[str], shares: Sequence[float], seed: int
) -> list[list[int]]:
    """The positions of images in parts of about these shares of each class; all ascend.

    With groups (one name an image) a whole group goes to one part, whatever its classes, so the shares are those of
    the groups; without (an empty sequence) every image is drawn by its own key.
    """
    if groups:
        return group_split(groups, shares, seed)
    parts: list[list[int]] = [[] for _ in range(len(shares) + 1)]
    for positions in by_class(labels).values():
        for part, places in zip(parts, split_by_hash([keys[p] for p in positions], shares, seed), strict=True):
            part += [positions[place] for place in places]
    return [sorted(part) for part in parts]


def group_split(groups: Sequence[str], shares: Sequence[float], seed: int) -> list[list[int]]:
    """As `divided`, of whole groups."""
    names = sorted(set(groups))
    part_of = {names[place]: part for part, places in enumerate(split_by_hash(names, shares, seed)) for place in places}
    parts: list[list[int]] = [[] for _ in range(len(shares) + 1)]
    for position, group in enumerate(groups):
        parts[part_of[group]].append(position)
    return parts


def seed_from(*key: int | str) -> int:
    """A seed of 64 bits that follows from a key alone, such as (seed, epoch, sample)."""
    return int.from_bytes(sha256("/".join(map(str, key)).encode()).digest()[:8], "big")
