"""Traits: the ideas that a network has, in the words of its paper, and in a few words what changed from one to another.

What stands on shortcuts and in gates counts for neither traits nor depth, as papers count.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from brickwork.network import Concat, Expr, Gate, Network, Residual
from brickwork.network import layers as atoms
from brickwork.network.arithmetic.depth import count_depth, counted_parts
from brickwork.network.historic import PartialConv, RadialBasis, Subsampling
from brickwork.network.layer import pair, shape_text

Parts = Sequence[Expr]


@dataclass(frozen=True)
class Change:
    """What one network has and the other has not, and what both have otherwise, in words; the largest first."""

    gains: tuple[str, ...]
    losses: tuple[str, ...]
    others: tuple[str, ...]


def trunk(network: Network) -> list[Expr]:
    """Every expression of the stages and the head, equal objects once."""
    found: dict[int, Expr] = {}
    for part in network.parts():
        _collect(part.body, found)
    return list(found.values())


def _collect(expr: Expr, found: dict[int, Expr]) -> None:
    if id(expr) in found:
        return
    found[id(expr)] = expr
    for part in counted_parts(expr):
        _collect(part, found)


def has(*kinds: type) -> Callable[[Parts], bool]:
    return lambda parts: any(isinstance(part, kinds) for part in parts)


def kernels(parts: Parts) -> list[tuple[int, int]]:
    return [pair(part.kernel) for part in parts if isinstance(part, atoms.Conv | PartialConv)]


TRAITS: dict[str, Callable[[Parts], bool]] = {  # the largest ideas first
    "shortcuts": has(Residual),
    "paths side by side": has(Concat),
    "channel gates": has(Gate),
    "batch norm": has(atoms.BatchNorm),
    "ReLU": has(atoms.ReLU),
    "sigmoid": has(atoms.Sigmoid),
    "tanh": has(atoms.Tanh),
    "1x1 convolutions": lambda parts: (1, 1) in kernels(parts),
    "1xn convolutions": lambda parts: any(high != wide for high, wide in kernels(parts)),
    "global pooling": has(atoms.GlobalAvgPool, atoms.AdaptiveAvgPool),
    "hidden dense layers": lambda parts: sum(isinstance(part, atoms.Linear) for part in parts) > 1,
    "max pooling": has(atoms.MaxPool),
    "mean pooling": has(atoms.AvgPool),
    "subsampling": has(Subsampling),
    "dropout": has(atoms.Dropout),
    "stochastic depth": has(atoms.StochasticDepth),
    "response norm": has(atoms.LocalResponseNorm),
    "grouped convolutions": lambda parts: any(isinstance(part, atoms.Conv) and part.groups > 1 for part in parts),
    "chosen connections": has(PartialConv),
    "codes for classes": has(RadialBasis),
}
SIDE_HEADS = "side heads"


def traits_of(network: Network) -> set[str]:
    parts = trunk(network)
    return {word for word, test in TRAITS.items() if test(parts)} | ({SIDE_HEADS} if network.side_heads else set())


def network_depth(network: Network) -> int:
    """Layers with weights on the longest way through the stages and the head."""
    return count_depth(part.body for part in network.parts())


def describe_change(one: Network, two: Network) -> Change:
    """What the second network has that the first has not, what it has no more, and what it has otherwise."""
    had, has_now = traits_of(one), traits_of(two)
    gains = tuple(word for word in (*TRAITS, SIDE_HEADS) if word in has_now - had)
    losses = tuple(word for word in (*TRAITS, SIDE_HEADS) if word in had - has_now)
    others = tuple(_others(one, two))
    return Change(gains, losses, others if gains or losses or others else (_rest(one, two),))


def _others(one: Network, two: Network) -> Iterator[str]:
    before, after = network_depth(one), network_depth(two)
    if before != after:
        yield f"{before} -> {after} layers"
    small, large = (max((max(kernel) for kernel in kernels(trunk(each))), default=0) for each in (one, two))
    if small != large:
        yield f"{'larger' if small < large else 'smaller'} filters {small} -> {large}"
    narrow, wide = widths(one), widths(two)
    if len(narrow) == len(wide) and sum(narrow) != sum(wide):
        yield "wider layers" if sum(narrow) < sum(wide) else "narrower layers"
    if one.input[0] != two.input[0] or not 0.5 < one.input[1] / two.input[1] < 2:
        yield f"input {shape_text(one.input)} -> {shape_text(two.input)}"


def widths(network: Network) -> list[int]:
    """The channels that convolutions make."""
    return [layer.out for _, layer in network.layers() if isinstance(layer, atoms.Conv)]


def _rest(one: Network, two: Network) -> str:
    """What changed where no trait did: the order of the layers, or their numbers."""
    orders = [[layer for _, layer in network.layers()] for network in (one, two)]
    kinds = [[type(layer).__name__ for layer in layers] for layers in orders]
    if kinds[0] != kinds[1] and sorted(kinds[0]) == sorted(kinds[1]):
        return "the same layers in another order"
    return "other numbers of layers or blocks" if kinds[0] != kinds[1] else "other values in some layers"
