"""Lowering: a network as inference needs it, by exact rewrites one after another."""

from collections import Counter
from dataclasses import dataclass

from brickwork.network.cost import Cost, cost
from brickwork.network.lowering.rewrites import drop_training_parts, fold_norms, fold_scales, merge_siblings
from brickwork.network.lowering.trace import Step
from brickwork.network.network import Network


@dataclass(frozen=True)
class Lowering:
    """A lowered network, and the steps that made it: each has rules for the weights of the one before."""

    original: Network
    network: Network
    steps: tuple[Step, ...]

    def __str__(self) -> str:
        before, after = cost(self.original), cost(self.network)
        changes = f"layers {len(before.rows)} -> {len(after.rows)}, MACs {before.macs:,} -> {after.macs:,}."
        return f"{'; '.join(self._done(before, after)) or 'nothing to do'}; {changes}"

    def _done(self, before: Cost, after: Cost) -> list[str]:
        """What was done, from what is gone; shortcuts that are not built do not count."""
        was, now = (Counter(row.kind for row in total.rows) for total in (before, after))
        gone = was - now
        sides = len(self.original.side_heads)
        merged = gone["conv"] if now["slice"] else 0
        told = [
            (gone["norm"], f"folded {plural(gone['norm'], 'norm')}"),
            (now["norm"], f"left {plural(now['norm'], 'norm')} with no convolution right before"),
            (gone["scale"], f"folded {plural(gone['scale'], 'factor')}"),
            (gone["dropout"] + gone["drop"], f"dropped {plural(gone['dropout'] + gone['drop'], 'dropout')}"),
            (sides, f"dropped {plural(sides, 'side head')}"),
            (merged, f"merged {plural(now['slice'], '1x1 convolution')} into {now['slice'] - merged}"),
        ]
        return [text for count, text in told if count]


def plural(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def lower_network(network: Network, *, merge: bool = False) -> Lowering:
    """Lower a network for inference: without dropout and side heads, its norms and factors folded.

    The lowered network gives the same logits, up to rounding, with the weights that the rules make. `merge` also
    merges sibling 1x1 convolutions, which is slower on some machines: `brickwork bench` measures it.
    """
    rewrites = [drop_training_parts, fold_norms, fold_scales, *([merge_siblings] if merge else [])]
    steps: list[Step] = []
    for change in rewrites:
        steps.append(change(steps[-1].network if steps else network))
    return Lowering(network, steps[-1].network, tuple(steps))
