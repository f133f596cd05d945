"""Alignment: the cheapest way from one series of parts to another, by dynamic programming from the inside out.

Equal parts are one node each (hash-consing), so that a stage of 200 equal blocks is compared with another block once.
"""

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from brickwork.diffing.prices import GONE, IDEA, LABEL, own_price, replace_price
from brickwork.diffing.series import Part, Series, equal_start, network_slots, slots
from brickwork.diffing.traits import traits_of
from brickwork.network import Layer, Named, Network, SideHead, walk

NEVER = 1 << 60  # a price that nothing pays


@dataclass(eq=False, slots=True)
class PricedPart:
    """A part with what is inside it."""

    part: Part
    lines: tuple["PricedSeries", ...]
    key: int  # equal for equal parts
    exact: int  # equal where blocks are also called the same
    price: int  # to insert it
    leaves: int  # layers in it


@dataclass(eq=False, slots=True)
class PricedSeries:
    """A series as nodes."""

    nodes: tuple[PricedPart, ...]
    series: Series
    key: int
    exact: int
    price: int
    leaves: int


class Move(NamedTuple):
    """Parts from `i` to `i_end` of the first become those from `j` to `j_end` of the second; `pair` is one with one."""

    i: int
    i_end: int
    j: int
    j_end: int
    pair: bool

    def shift(self, by: int) -> "Move":
        return Move(self.i + by, self.i_end + by, self.j + by, self.j_end + by, self.pair)


def pair_move(i: int, j: int) -> Move:
    return Move(i, i + 1, j, j + 1, True)


@dataclass(eq=False)
class Aligner:
    """Prices of all pairs that have been compared; one aligner may compare many networks."""

    keys: dict[Hashable, int] = field(default_factory=dict)
    known: dict[int, PricedPart] = field(default_factory=dict)  # by the identity of the part, which a node keeps alive
    prices: dict[tuple[int, int], int] = field(default_factory=dict)  # of two nodes
    distances: dict[tuple[int, int], int] = field(default_factory=dict)  # of two lines

    def lines(self, network: Network) -> tuple[PricedSeries, ...]:
        """The stages, the head and the side heads."""
        return tuple(map(self.line, network_slots(network)))

    def line(self, series: Series) -> PricedSeries:
        nodes = tuple(map(self.node, series.parts))
        key = self.key(("line", *(node.key for node in nodes)))
        exact = self.key(("exactly", series.blocks, *(node.exact for node in nodes)))
        return PricedSeries(
            nodes, series, key, exact, sum(node.price for node in nodes), sum(node.leaves for node in nodes)
        )

    def node(self, part: Part) -> PricedPart:
        found = self.known.get(id(part))
        if found is None or found.part is not part:
            found = self.known[id(part)] = self.make(part)
        return found

    def make(self, part: Part) -> PricedPart:
        if isinstance(part, Layer):
            key = self.key(part)
            return PricedPart(part, (), key, key, own_price(part), 1)
        lines = tuple(map(self.line, slots(part)))
        if not lines:  # an expression that stays whole
            layers = sum(isinstance(inside, Layer) for _, inside in walk(part))  # type: ignore[arg-type]
            return PricedPart(
                part, (), self.key(part), self.key(("exactly", part, repr(part))), own_price(part), layers
            )
        head = type(part), label_of_part(part)
        key = self.key((*head, *(line.key for line in lines)))
        exact = self.key(("exactly", *head, *(line.exact for line in lines)))
        price = own_price(part) + sum(line.price for line in lines)
        return PricedPart(part, lines, key, exact, price, sum(line.leaves for line in lines))

    def key(self, value: Hashable) -> int:
        return self.keys.setdefault(value, len(self.keys))

    def price(self, one: PricedPart, two: PricedPart) -> int:
        """What it takes to make one part of the other in its place; NEVER where they are of two kinds."""
        if one.key == two.key:
            return 0
        pair = one.key, two.key
        if pair not in self.prices:
            self.prices[pair] = self._price(one, two)
        return self.prices[pair]

    def _price(self, one: PricedPart, two: PricedPart) -> int:
        if isinstance(one.part, Layer) and isinstance(two.part, Layer):
            found = replace_price(one.part, two.part)
            return NEVER if found is None else found
        if type(one.part) is not type(two.part) or not one.lines:
            return NEVER
        label = LABEL * (label_of_part(one.part) != label_of_part(two.part))
        return label + sum(map(self.distance, one.lines, two.lines))

    def distance(self, one: PricedSeries, two: PricedSeries) -> int:
        """The price of the cheapest way from one series to the other."""
        if one.key == two.key:
            return 0
        pair = one.key, two.key
        if pair not in self.distances:
            self.distances[pair] = self.table(*middles(one, two))[0][0]
        return self.distances[pair]

    def table(self, one: tuple[PricedPart, ...], two: tuple[PricedPart, ...]) -> list[list[int]]:
        """At [i][j] the price of the cheapest way from the parts from i on to those from j on."""
        row = [0] * (len(two) + 1)
        for j in range(len(two) - 1, -1, -1):
            row[j] = row[j + 1] + two[j].price
        table = [row]
        for node in reversed(one):
            table.append(row := self._row(node, two, row))
        return table[::-1]

    def _row(self, node: PricedPart, two: tuple[PricedPart, ...], below: list[int]) -> list[int]:
        row = [below[-1] + GONE] * (len(two) + 1)
        best = row[-1]
        for j in range(len(two) - 1, -1, -1):
            other = two[j]
            best = min(below[j] + GONE, best + other.price, below[j + 1] + self.price(node, other))
            row[j] = best
        return row

    def steps(self, one: PricedSeries, two: PricedSeries) -> Iterator[Move]:
        """The cheapest way, step by step: pairs, and between them runs of parts that go and come."""
        left, right = middles(one, two)
        start = equal_start(keys_of(one.nodes), keys_of(two.nodes))
        yield from (pair_move(place, place) for place in range(start))
        yield from (step.shift(start) for step in self._walk(left, right, self.table(left, right)))
        i, j = start + len(left), start + len(right)
        yield from (pair_move(i + place, j + place) for place in range(len(one.nodes) - i))

    def _walk(self, one: tuple[PricedPart, ...], two: tuple[PricedPart, ...], table: list[list[int]]) -> Iterator[Move]:
        i = j = i_start = j_start = 0
        while i < len(one) or j < len(two):
            here = table[i][j]
            if i < len(one) and j < len(two) and here == table[i + 1][j + 1] + self.price(one[i], two[j]):
                if (i_start, j_start) != (i, j):
                    yield Move(i_start, i, j_start, j, False)
                yield pair_move(i, j)
                i, j = i + 1, j + 1
                i_start, j_start = i, j
            elif i < len(one) and here == table[i + 1][j] + GONE:
                i += 1
            else:
                j += 1
        if (i_start, j_start) != (i, j):
            yield Move(i_start, i, j_start, j, False)

    def price_between(self, one: Network, two: Network) -> int:
        """The price of the cheapest way from one network to the other, with the ideas that are new to the first."""
        outside = LABEL * (one.input != two.input) + LABEL * (one.classes != two.classes)
        ideas = len(traits_of(two) - traits_of(one))
        return outside + IDEA * ideas + sum(map(self.distance, self.lines(one), self.lines(two)))


def label_of_part(part: Part) -> Hashable:
    """What a part is called, where that counts."""
    match part:
        case Named(name):
            return name
        case SideHead(name, after, _, weight):
            return name, after, weight
    return None


def keys_of(nodes: Iterable[PricedPart]) -> Iterator[int]:
    return (node.key for node in nodes)


def middles(one: PricedSeries, two: PricedSeries) -> tuple[tuple[PricedPart, ...], tuple[PricedPart, ...]]:
    """The parts without the equal ones at both ends, which stay as they are in a cheapest way."""
    start = equal_start(keys_of(one.nodes), keys_of(two.nodes))
    left, right = one.nodes[start:], two.nodes[start:]
    end = equal_start(keys_of(left[::-1]), keys_of(right[::-1]))
    return left[: len(left) - end], right[: len(right) - end]
