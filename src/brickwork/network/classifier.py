"""Classifier: the layers that make the logits, and the same network with another number of classes."""

from dataclasses import replace

from brickwork.errors import BrickworkError
from brickwork.network.algebra import IDENTITY, Block, Chain, Expr, Named, join_path, transform, walk
from brickwork.network.historic import RadialBasis, digit_codes
from brickwork.network.layer import Layer
from brickwork.network.layers import Conv, Linear
from brickwork.network.network import Network


def classifiers(network: Network) -> dict[str, Conv | Linear]:
    """The layers that make the head's and the side heads' logits, by their paths.

    That is the last layer with weights, or the whole block in which it stands where each of the block's layers has an
    output for each class (the lecture's network in network). Raises BrickworkError where something else makes them,
    such as the fixed codes of LeNet-5 of 1998.
    """
    heads = [("head", network.head), *((side.name, side.body) for side in network.side_heads)]
    return {join_path(name, path): layer for name, head in heads for path, layer in _layers_of(network, head)}


def _layers_of(network: Network, head: Expr) -> list[tuple[str, Conv | Linear]]:
    count = classifier_depth(head, network.classes)
    if not count:
        raise BrickworkError(f"{network.name}: its last layer cannot make another number of classes.")
    if not all(isinstance(part, Layer | Chain | Named | Block) for _, part in walk(last_part(head))):
        raise BrickworkError(f"{network.name}: a classifier stands in a chain, not in {last_part(head)!r:.100}.")
    return [(path, part) for path, part in walk(head) if isinstance(part, Conv | Linear)][-count:]


def classifier_depth(head: Expr, classes: int) -> int:
    """How many of a head's last layers with weights make the logits; 0 where none does."""
    outs = [layer.out for layer in weight_layers(last_part(head))]
    if outs and set(outs) == {classes}:
        return len(outs)
    return 1 if outs and outs[-1] == classes else 0


def weight_layers(expr: Expr) -> list[Conv | Linear]:
    """The convolutions and dense layers in an expression, in the order in which they run."""
    return [part for _, part in walk(expr) if isinstance(part, Conv | Linear)]


def last_part(head: Expr) -> Expr:
    """The last layer or block of a chain in which there is a layer with weights."""
    match head:
        case Named(body=body):
            return last_part(body)
        case Chain(parts):
            return next((last_part(part) for part in reversed(parts) if weight_layers(part)), head)
    return head


def with_classes(network: Network, classes: int) -> Network:
    """The same network for another number of classes; blocks that change say so in their arguments.

    It is the network that the zoo makes for so many classes. Raises BrickworkError where a network has no classifier.
    """
    if isinstance(network.head, RadialBasis) and network.head.codes == digit_codes(network.classes):
        return replace(network, classes=classes, head=RadialBasis(digit_codes(classes)))
    classifiers(network)
    sides = (replace(side, body=_with_outputs(network, side.body, classes)) for side in network.side_heads)
    head = _with_outputs(network, network.head, classes)
    return replace(network, classes=classes, head=head, side_heads=tuple(sides))


def _with_outputs(network: Network, head: Expr, classes: int) -> Expr:
    others = len(weight_layers(head)) - classifier_depth(head, network.classes)
    met = 0

    def change(part: Expr) -> Expr:
        nonlocal met
        if not isinstance(part, Conv | Linear):
            return part
        met += 1
        return replace(part, out=classes) if met > others else part

    return transform(head, change, ("classes", classes))


def without_classifier(network: Network) -> Network:
    """The network up to its classifier, and without side heads: its outputs are features, as many as it has "classes".

    What follows the classifier stays, as the mean over the map in network in network. Raises BrickworkError where a
    network has no classifier.
    """
    classifiers(network)
    others = len(weight_layers(network.head)) - classifier_depth(network.head, network.classes)
    met = 0

    def change(part: Expr) -> Expr:
        nonlocal met
        met += isinstance(part, Conv | Linear)
        return IDENTITY if isinstance(part, Conv | Linear) and met > others else part

    head = transform(network.head, change)
    return replace(network, name=f"{network.name} without its classifier", head=head, side_heads=())
