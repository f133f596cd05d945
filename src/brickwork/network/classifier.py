"""Which layer makes the logits, and the same network with another number of classes."""

from dataclasses import replace

from brickwork.errors import BrickworkError
from brickwork.network.algebra import Block, Chain, Expr, Named, join_path, walk
from brickwork.network.layers import Conv, Linear
from brickwork.network.network import Network


def classifiers(network: Network) -> dict[str, Conv | Linear]:
    """The layers that make the head's and the side heads' logits, by their paths.

    Raises BrickworkError where something else does, such as the fixed codes of LeNet-5 of 1998.
    """
    heads = [("head", network.head), *((side.name, side.body) for side in network.side_heads)]
    return {join_path(name, path): layer for name, head in heads for path, layer in [_last(network, head)]}


def _last(network: Network, head: Expr) -> tuple[str, Conv | Linear]:
    layers = [(path, part) for path, part in walk(head) if isinstance(part, Conv | Linear)]
    if not layers or layers[-1][1].out != network.classes:
        raise BrickworkError(f"{network.name}: its last layer cannot make another number of classes.")
    return layers[-1]


def with_classes(network: Network, classes: int) -> Network:
    """The same network for another number of classes; blocks that change say so in their arguments."""
    classifiers(network)
    return replace(
        network,
        classes=classes,
        head=_with_outputs(network.head, classes),
        side_heads=tuple(replace(side, body=_with_outputs(side.body, classes)) for side in network.side_heads),
    )


def _with_outputs(expr: Expr, classes: int) -> Expr:
    match expr:
        case Conv() | Linear():
            return replace(expr, out=classes)
        case Chain(parts):
            last = max(place for place, part in enumerate(parts) if _makes(part))
            return Chain((*parts[:last], _with_outputs(parts[last], classes), *parts[last + 1 :]))
        case Named(name, body):
            return Named(name, _with_outputs(body, classes))
        case Block(body=body):
            return expr.changed(f"classes={classes}", _with_outputs(body, classes))
    raise BrickworkError(f"a classifier stands in a chain, not in {expr!r}.")


def _makes(part: Expr) -> bool:
    """Whether there is a convolution or a dense layer in it."""
    return any(isinstance(inside, Conv | Linear) for _, inside in walk(part))
