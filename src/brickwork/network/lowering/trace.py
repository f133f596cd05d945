"""Trace: a network whose layers each know the weights that they take, so that a rewrite says what becomes of them."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import ClassVar

from brickwork.network.algebra import IDENTITY, Change, Expr, Named, transform, walk
from brickwork.network.layer import Layer
from brickwork.network.lowering.weights import Copy, Rule
from brickwork.network.network import Network

LOWERED: Change = ("lowered", 1)  # stands in the arguments of blocks that were rewritten


@dataclass(frozen=True, repr=False)
class Traced(Layer):
    """A layer with the rule by which it gets its weights."""

    layer: Layer
    rule: Rule
    kind: ClassVar[str] = "traced"


@dataclass(frozen=True)
class Step:
    """A rewrite: the network that it made, and for each layer's path the rule for its weights.

    The rules name layers of the network before. A layer that is not built (a shortcut where shapes agree) has a rule,
    too, and no weights.
    """

    network: Network
    rules: tuple[tuple[str, Rule], ...]


def rewrite(network: Network, change: Callable[[Expr], Expr]) -> Step:
    """`change` applied to every part of a network whose layers are `Traced`."""
    paths = iter([path for path, _ in network.layers()])

    def trace(part: Expr) -> Expr:
        return Traced(part, Copy(next(paths))) if isinstance(part, Layer) else part

    traced = transform_parts(transform_parts(network, trace), change, LOWERED)
    rules = [part.rule for body in bodies(traced) for _, part in walk(body) if isinstance(part, Traced)]
    plain = transform_parts(traced, lambda part: part.layer if isinstance(part, Traced) else part)
    return Step(plain, tuple(zip((path for path, _ in plain.layers()), rules, strict=True)))


def transform_parts(network: Network, change: Callable[[Expr], Expr], what: Change | None = None) -> Network:
    """`change` applied to every part of a network; stages that become the identity go."""
    stages = [Named(stage.name, transform(stage.body, change, what)) for stage in network.stages]
    head = transform(network.head, change, what)
    sides = (replace(side, body=transform(side.body, change, what)) for side in network.side_heads)
    kept = tuple(stage for stage in stages if stage.body != IDENTITY)
    return replace(network, stages=kept, head=head, side_heads=tuple(sides))


def bodies(network: Network) -> list[Expr]:
    """The expressions of stages, head and side heads, in the order of `Network.layers`."""
    return [*(part.body for part in network.parts()), *(side.body for side in network.side_heads)]
