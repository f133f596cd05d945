"""Networks from networks: value in, value out."""

from collections.abc import Callable
from dataclasses import replace

from brickwork.errors import BrickworkError
from brickwork.network.algebra import Block, Expr, Named, transform, walk
from brickwork.network.layers import Conv, Linear, PadShortcut
from brickwork.network.value import Network


def widened(network: Network, factor: float) -> Network:
    """Every channel number times `factor`, rounded, except the classifiers'; blocks say so in their arguments."""
    if factor <= 0:
        raise BrickworkError(f"{network.name}: width is a factor on all channel numbers, above 0, not {factor}.")
    if factor == 1:
        return network

    def change(part: Expr) -> Expr:
        match part:
            case Conv() | Linear() | PadShortcut():
                return replace(part, out=max(1, round(part.out * factor)))
            case Block(name, arguments, body):
                return Block(name, f"{arguments}, width={factor}" if arguments else f"width={factor}", body)
        return part

    return replace(
        network,
        stages=tuple(Named(stage.name, transform(stage.body, change)) for stage in network.stages),
        head=_but_last(network.head, change),
        side_heads=tuple(replace(side, body=_but_last(side.body, change)) for side in network.side_heads),
    )


def _but_last(head: Expr, change: Callable[[Expr], Expr]) -> Expr:
    """`change` on every part of a head but its last layer with weights, which is the classifier."""
    layers = [part for _, part in walk(head) if isinstance(part, Conv | Linear)]
    last = len(layers)
    met = 0

    def counted(part: Expr) -> Expr:
        nonlocal met
        met += isinstance(part, Conv | Linear)
        return part if isinstance(part, Conv | Linear) and met == last else change(part)

    return transform(head, counted)
