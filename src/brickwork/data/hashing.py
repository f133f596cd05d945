"""Seeds, hashes and splits from keys alone: the same on every machine, whatever else the dataset holds."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from hashlib import sha256
from itertools import accumulate


def key_digest(*key: int | str) -> bytes:
    """The SHA-256 of a key, whose parts stand with "/" between them."""
    return sha256("/".join(map(str, key)).encode(errors="surrogateescape")).digest()


def seed_from(*key: int | str) -> int:
    """The 64-bit seed of a key, for a random generator: the first bytes of the key's SHA-256."""
    return int.from_bytes(key_digest(*key)[:8], "big")


def hash_fraction(key: str, seed: int) -> float:
    """The hash of a key as a number from 0 up to 1."""
    return int.from_bytes(key_digest(seed, key)[:6], "big") / 2**48


def hash_order(keys: Sequence[str], seed: int) -> list[int]:
    """The permutation of the keys that the seed draws, as their positions; each key's place is its own hash's."""
    return sorted(range(len(keys)), key=lambda i: key_digest(seed, keys[i]))


def by_class(labels: Sequence[int]) -> dict[int, list[int]]:
    """The positions of each label, in their order."""
    positions: dict[int, list[int]] = defaultdict(list)
    for position, label in enumerate(labels):
        positions[label].append(position)
    return dict(sorted(positions.items()))


def split_by_hash(keys: Sequence[str], shares: Sequence[float], seed: int) -> list[list[int]]:
    """Split of different keys by hash: the positions in parts of about these shares, and a last part with the rest.

    All ascend. A key's own hash decides on which side of fixed bounds it falls, so that no key moves as others come
    and go. There is one exception: where there are as many keys as parts, no part stays empty. One that would be
    borrows the key of lowest hash from the largest part, and gives it back once it has a key of its own. That is for
    tiny classes: at a tenth, a part is empty in one of 24 classes of 30 keys and in one of 38,000 of 100, and never
    are more keys borrowed than there are parts. Fewer keys than parts are all in the last.
    """
    if len(keys) <= len(shares):
        return [*([] for _ in shares), list(range(len(keys)))]
    fractions = [hash_fraction(key, seed) for key in keys]
    bounds = list(accumulate(shares))
    parts: list[list[int]] = [[] for _ in range(len(shares) + 1)]
    for position, value in enumerate(fractions):
        parts[bisect_right(bounds, value)].append(position)
    while [] in parts:
        largest = max(reversed(parts), key=len)  # of equal ones, the last
        borrowed = min(largest, key=fractions.__getitem__)
        largest.remove(borrowed)
        parts[parts.index([])].append(borrowed)
    return parts


def stratified_split(
    keys: Sequence[str], labels: Sequence[int], groups: Sequence[str], shares: Sequence[float], seed: int
) -> list[list[int]]:
    """Stratified split: the positions of images in parts of about these shares of each class; all ascend.

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
    """The positions of images in parts of about these shares of the groups, each group whole; all ascend."""
    names = sorted(set(groups))
    part_of = {names[place]: part for part, places in enumerate(split_by_hash(names, shares, seed)) for place in places}
    parts: list[list[int]] = [[] for _ in range(len(shares) + 1)]
    for position, group in enumerate(groups):
        parts[part_of[group]].append(position)
    return parts
