"""Family: the tree of the cheapest edits between networks, each from the nearest of those before it."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module

from brickwork.diffing.align import Aligner
from brickwork.diffing.diff import NETWORK, Diff, diff_by
from brickwork.diffing.traits import Change, describe_change, network_depth
from brickwork.errors import BrickworkError, check_kind
from brickwork.network import Network, cost

NEWEST = 9999  # the year of a network that states none


@dataclass(frozen=True)
class FamilyMember:
    """A network of the family."""

    name: str
    year: int  # 0 where it is not known
    params: int
    macs: int
    layers: int  # with weights, on the longest way
    stages: tuple[int, ...]  # the parameters of each stage, the head's last

    def to_dict(self) -> dict[str, object]:
        return dict(vars(self))


@dataclass(frozen=True)
class Branch:
    """One network made of another, by their places among the members."""

    parent: int
    child: int
    change: Change
    diff: Diff

    def to_dict(self) -> dict[str, object]:
        effect = self.diff.effect._asdict()
        return {
            "from": self.diff.names[0],
            "to": self.diff.names[1],
            "price": self.diff.price,
            "edits": len(self.diff.changes),
            "gains": self.change.gains,
            "losses": self.change.losses,
            "others": self.change.others,
            **effect,
        }


@dataclass(frozen=True, repr=False)
class Family:
    """Networks in the order of their years, and for each but the first the branch by which it comes from another."""

    members: tuple[FamilyMember, ...]
    branches: tuple[Branch, ...]

    def children(self, parent: int) -> list[Branch]:
        return [branch for branch in self.branches if branch.parent == parent]

    def to_dict(self) -> dict[str, object]:
        return {
            "members": [member.to_dict() for member in self.members],
            "branches": [branch.to_dict() for branch in self.branches],
        }

    def __str__(self) -> str:
        from brickwork.diffing.family_text import family_text

        return family_text(self)

    def __repr__(self) -> str:
        return f"Family({len(self.members)} networks from {self.members[0].name} to {self.members[-1].name})"

    def _repr_svg_(self) -> str:
        picture: str = import_module("brickwork").draw_family(self).svg  # the public name: this room knows no drawing
        return picture


def family(networks: Sequence[Network]) -> Family:
    """The tree of cheapest edits: in the order of years, each network comes from the nearest of those before it.

    Networks of one year stand as they are given. Raises BrickworkError for fewer than two, and for two of one name.
    """
    for network in networks:
        check_kind("one of the networks", network, Network, NETWORK)
    if len(networks) < 2:
        raise BrickworkError("a family has two networks at least: name another one.")
    names = [network.name for network in networks]
    if twice := next((name for name in names if names.count(name) > 1), ""):
        raise BrickworkError(f"{twice} is named twice: name each network of a family once.")
    ordered = sorted(networks, key=lambda network: network.facts.year or NEWEST)
    aligner = Aligner()
    branches = [branch_to(aligner, ordered, child) for child in range(1, len(ordered))]
    return Family(tuple(map(member_of, ordered)), tuple(branches))


def branch_to(aligner: Aligner, ordered: Sequence[Network], child: int) -> Branch:
    """The cheapest way to a network from one of those before it; of equally cheap ones the latest."""
    prices = [aligner.price_between(one, ordered[child]) for one in ordered[:child]]
    parent = min(range(child), key=lambda place: (prices[place], -place))
    one, two = ordered[parent], ordered[child]
    return Branch(parent, child, describe_change(one, two), diff_by(aligner, one, two))


def member_of(network: Network) -> FamilyMember:
    total = cost(network)
    stages = tuple(row.params for row in total.at("stage"))
    return FamilyMember(network.name, network.facts.year, total.params, total.macs, network_depth(network), stages)
