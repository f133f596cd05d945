"""Rewrites: a network on another input or of another width. Value in, value out."""

from collections.abc import Callable
from dataclasses import replace

from brickwork.errors import BrickworkError
from brickwork.network.algebra import Expr, Named, transform, walk
from brickwork.network.classifier import classifier_depth, weight_layers
from brickwork.network.cost import cost
from brickwork.network.historic import PartialConv
from brickwork.network.layer import Shape
from brickwork.network.layers import Conv, Linear, PadShortcut
from brickwork.network.lowering.slicing import Slice
from brickwork.network.network import Network

WIDEST = 1_000_000  # times as many channels; far more than any machine holds


def with_input(network: Network, input: Shape) -> Network:
    """The same network on another input: channels, height, width."""
    return replace(network, input=input)


def with_width(network: Network, factor: float) -> Network:
    """Width multiplier: every channel number times `factor`, rounded, but the classifiers'; blocks say so.

    A channel number becomes max(1, round(number * factor)), and a half goes to the even neighbour. Two steps give what
    their product gives at once wherever the first leaves whole numbers: halves of 16 are 8 and 4. But a
    half of 11 is 6 and a quarter of that 2, where an eighth of 11 is 1. Raises BrickworkError where groups or sums do
    not come out even, with the nearest widths at which they do.
    """
    if not 0 < factor <= WIDEST:
        raise BrickworkError(
            f"{network.name}: width is a factor on all channel numbers, above 0 and at most {WIDEST:,}, not {factor}."
        )
    if factor == 1:
        return network
    if any(isinstance(part, PartialConv) for stage in network.stages for _, part in walk(stage)):
        raise BrickworkError(f"{network.name}: its table of connections fixes its width, so it takes no other.")
    if any(isinstance(layer, Slice) for _, layer in network.layers()):
        raise BrickworkError(f"{network.name}: its slices of channels fix its width: lower the network that is wide.")
    misfit = _misfit(network, factor)
    if misfit is None:
        return _scale_network(network, factor)
    near = " and ".join(f"{width:g}" for width in nearest_widths(network, factor))
    raise BrickworkError(f"{network.name}[width={factor:g}]: {misfit} The nearest widths that work: {near or 'none'}.")


def nearest_widths(network: Network, factor: float) -> list[float]:
    """The next smaller and the next larger width that work, in steps of 1/32 and up to 8 away."""
    start = int(factor * 32)
    sides = (range(start, max(start - 256, 0), -1), range(start + 1, start + 256))
    found = (next((k / 32 for k in side if _misfit(network, k / 32) is None), None) for side in sides)
    return [width for width in found if width is not None]


def _misfit(network: Network, factor: float) -> str | None:
    """Why a network of another width does not fit together, if the network itself does."""
    try:
        wide = _scale_network(network, factor)
    except BrickworkError as misfit:
        return str(misfit)
    problem = _problem(wide)
    return problem if problem and not _problem(network) else None


def _problem(network: Network) -> str | None:
    try:
        cost(network)
    except BrickworkError as misfit:
        return str(misfit)
    return None


def _scale_network(network: Network, factor: float) -> Network:
    scale, what = _scale(factor), ("width", factor)
    return replace(
        network,
        stages=tuple(Named(stage.name, transform(stage.body, scale, what)) for stage in network.stages),
        head=transform(network.head, _but_classifier(network.head, network.classes, scale), what),
        side_heads=tuple(
            replace(side, body=transform(side.body, _but_classifier(side.body, network.classes, scale), what))
            for side in network.side_heads
        ),
    )


def _scale(factor: float) -> Callable[[Expr], Expr]:
    def scale(part: Expr) -> Expr:
        if not isinstance(part, Conv | Linear | PadShortcut):
            return part
        return replace(part, out=max(1, round(part.out * factor)))

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
