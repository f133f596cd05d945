"""Chance that depends on a seed and a name alone: the same on every machine, whatever else the set holds."""

from collections import defaultdict
from collections.abc import Sequence
from hashlib import sha256


def shuffled(keys: Sequence[str], seed: int) -> list[int]:
    """The positions of the keys in an order drawn by the seed; each key's place comes from its own hash."""
    return sorted(range(len(keys)), key=lambda i: sha256(f"{seed}/{keys[i]}".encode(errors="surrogateescape")).digest())


def by_class(labels: Sequence[int]) -> dict[int, list[int]]:
    """The positions of each class, in their order."""
    found: dict[int, list[int]] = defaultdict(list)
    for position, label in enumerate(labels):
        found[label].append(position)
    return dict(sorted(found.items()))


def stratified(keys: Sequence[str], labels: Sequence[int], share: float, seed: int) -> list[int]:
    """A share of every class, at least one of each class that has two; the positions ascend."""
    taken: list[int] = []
    for positions in by_class(labels).values():
        count = min(max(1, round(share * len(positions))), len(positions) - 1)
        order = shuffled([keys[p] for p in positions], seed)
        taken += [positions[i] for i in order[:count]]
    return sorted(taken)
