"""Diff: the cheapest edit script between two networks, as a value."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from brickwork.diffing.align import Aligner
from brickwork.diffing.apply import apply_edits
from brickwork.diffing.edits import Edit, Effect, Regroup
from brickwork.diffing.script import ScriptWriter
from brickwork.errors import check_kind
from brickwork.network import Facts, Network

NETWORK = "a Network, as of bw.zoo.network"


@dataclass(frozen=True, repr=False)
class Diff:
    """The edits that make one network of another; `before` and `after` are what the two cost.

    The edits' effects on parameters, MACs, bytes and field add up to the difference of the two.
    """

    names: tuple[str, str]
    before: Effect
    after: Effect
    price: int  # how much the edits say: brickwork.diffing.prices
    edits: tuple[Edit, ...]
    facts: Facts  # of the second network

    @property
    def effect(self) -> Effect:
        """What all edits add together."""
        return self.after.minus(self.before)

    @property
    def changes(self) -> tuple[Edit, ...]:
        """The edits that change what a network does or how its weights are called: all but the names of blocks."""
        return tuple(edit for edit in self.edits if not isinstance(edit, Regroup))

    def apply(self, network: Network) -> Network:
        """The second network, made of the first; raises BrickworkError where it is another one."""
        return replace(apply_edits(self.edits, network), name=self.names[1], facts=self.facts)

    def marks(self) -> tuple[dict[str, str], dict[str, str]]:
        """The layers of both networks that an edit concerns, by their paths: - removed, + added, ~ changed."""
        old = {path: edit.mark for edit in self.edits for path in edit.before}
        new = {path: edit.mark for edit in self.edits for path in edit.after}
        return old, new

    def to_dict(self) -> dict[str, object]:
        return {
            "from": self.names[0],
            "to": self.names[1],
            "price": self.price,
            "before": self.before._asdict(),
            "after": self.after._asdict(),
            "effect": self.effect._asdict(),
            "edits": [edit.to_dict() for edit in self.edits],
        }

    def __str__(self) -> str:
        from brickwork.diffing.text import diff_text

        return diff_text(self)

    def __repr__(self) -> str:
        params, macs = self.effect.params, self.effect.macs
        ends = " to ".join(self.names)
        return f"Diff({ends}: {len(self.changes)} edits, params={params:+_}, macs={macs:+_})"

    def _repr_html_(self) -> str:
        from brickwork.diffing.text import diff_html

        return diff_html(self)


def diff(one: Network, two: Network) -> Diff:
    """The cheapest edits that make the second network of the first, each with what it costs or saves, in milliseconds.

    `diff(a, b).apply(a) == b`. Raises BrickworkError where one of the two does not fit its input.
    """
    for name, network in (("the first network", one), ("the second network", two)):
        check_kind(name, network, Network, NETWORK)
    return diff_by(Aligner(), one, two)


def diff_by(aligner: Aligner, one: Network, two: Network) -> Diff:
    """The diff, by an aligner that may know some of the networks' parts already."""
    writer = ScriptWriter(one, two, aligner)
    edits = writer.write()
    before, after = (tally.sums[-1] for tally in writer.tallies)
    return Diff((one.name, two.name), before, after, aligner.price_between(one, two), edits, two.facts)


def layer_pairs(made: Diff, one: Network, two: Network) -> Iterator[tuple[str, str]]:
    """The layers that stand in each other's place, by their paths in both networks, in the order in which they run."""
    old, new = made.marks()
    stay = (path for path, _ in one.layers() if old.get(path) != "-")
    follow = (path for path, _ in two.layers() if new.get(path) != "+")
    return zip(stay, follow, strict=True)
