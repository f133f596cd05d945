"""Rewrites: a network on another input or of another width. Value in, value out."""

from collections.abc import Callable
from dataclasses import replace

from brickwork.errors import BrickworkError
from brickwork.network.algebra import Expr, Named, transform, walk
from brickwork.network.classifier import classifier_depth, weight_layers
from brickwork.network.historic import PartialConv
from brickwork.network.layer import Shape
from brickwork.network.layers import Conv, Linear, PadShortcut
from brickwork.network.network import Network

WIDEST = 1_000_000  # times as many channels; far more than any machine holds


def with_input(network: Network, input: Shape) -> Network:
    """The same network on another input: channels, height, width."""
    return replace(network, input=input)


def with_width(network: Network, factor: float) -> Network:
    """Width multiplier: every channel number times `factor`, rounded, but the classifiers'; blocks say so.

    A channel number becomes max(1, round(number * factor)), and a half goes to the even neighbour. Two steps give what
    their product gives at once wherever the first leaves whole numbers: halves of 16 are 8 and 4. But a
    half of 11 is 6 and a quarter of that 2, where an eighth of 11 is 1.
    """
    if not 0 < factor <= WIDEST:
        raise BrickworkError(
            f"{network.name}: width is a factor on all channel numbers, above 0 and at most {WIDEST:,}, not {factor}."
        )
    if factor == 1:
        return network
    if any(isinstance(part, PartialConv) for stage in network.stages for _, part in walk(stage)):
        raise BrickworkError(f"{network.name}: its table of connections fixes its width, so it takes no other.")
    scale = _scale(network.name, factor)
    what = ("width", factor)
    return replace(
        network,
        stages=tuple(Named(stage.name, transform(stage.body, scale, what)) for stage in network.stages),
        head=transform(network.head, _but_classifier(network.head, network.classes, scale), what),
        side_heads=tuple(
            replace(side, body=transform(side.body, _but_classifier(side.body, network.classes, scale), what))
            for side in network.side_heads
        ),
    )


def _scale(name: str, factor: float) -> Callable[[Expr], Expr]:
    def scale(part: Expr) -> Expr:
        if not isinstance(part, Conv | Linear | PadShortcut):
            return part
        try:
            return replace(part, out=max(1, round(part.out * factor)))
        except BrickworkError as misfit:
            raise BrickworkError(f"{name}[width={factor}]: {misfit}") from None

    return scale


def _but_classifier(head: Expr, classes: int, change: Callable[[Expr], Expr]) -> Callable[[Expr], Expr]:
    """`change` for every part of a head but the layers at its end that make the logits."""
    others = len(weight_layers(head)) - classifier_depth(head, classes)
    met = 0

    def counted(part: Expr) -> Expr:
        nonlocal met
        met += isinstance(part, Conv | Linear)
        return part if isinstance(part, Conv | Linear) and met > others else change(part)

    return counted
