"""Networks from networks: value in, value out."""

from collections.abc import Callable
from dataclasses import replace

from brickwork.errors import BrickworkError
from brickwork.network.algebra import Block, Expr, Named, transform, walk
from brickwork.network.historic import PartialConv
from brickwork.network.layers import Conv, Linear, PadShortcut
from brickwork.network.network import Network

WIDEST = 1_000_000  # times as many channels; far more than any machine holds


def with_width(network: Network, factor: float) -> Network:
    """Every channel number times `factor`, rounded, except the classifiers'; blocks say so in their arguments."""
    if not 0 < factor <= WIDEST:
        raise BrickworkError(
            f"{network.name}: width is a factor on all channel numbers, above 0 and at most {WIDEST:,}, not {factor}."
        )
    if factor == 1:
        return network

    if any(isinstance(part, PartialConv) for stage in network.stages for _, part in walk(stage)):
        raise BrickworkError(f"{network.name}: its table of connections fixes its width, so it takes no other.")

    def change(part: Expr) -> Expr:
        match part:
            case Conv() | Linear() | PadShortcut():
                return scaled(part)
            case Block(body=body):
                return part.changed(f"width={factor}", body)
        return part

    def scaled(layer: Conv | Linear | PadShortcut) -> Expr:
        try:
            return replace(layer, out=max(1, round(layer.out * factor)))
        except BrickworkError as misfit:
            raise BrickworkError(f"{network.name}[width={factor}]: {misfit}") from None

    return replace(
        network,
        stages=tuple(Named(stage.name, transform(stage.body, change)) for stage in network.stages),
        head=_but_scores(network.head, network.classes, change),
        side_heads=tuple(
            replace(side, body=_but_scores(side.body, network.classes, change)) for side in network.side_heads
        ),
    )


def _but_scores(head: Expr, classes: int, change: Callable[[Expr], Expr]) -> Expr:
    """`change` on every part of a head but the layers at its end that hold one number a class."""
    outs = [part.out for _, part in walk(head) if isinstance(part, Conv | Linear)]
    others = len(outs)
    while others and outs[others - 1] == classes:
        others -= 1
    met = 0

    def counted(part: Expr) -> Expr:
        nonlocal met
        met += isinstance(part, Conv | Linear)
        return part if isinstance(part, Conv | Linear) and met > others else change(part)

    return transform(head, counted)
