"""Published initialisations, by name. docs/initialisation.md says which network learns with which, and why."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from math import sqrt

import torch
from torch import nn

from brickwork.errors import BrickworkError, nearest

Layer = nn.Conv2d | nn.Linear


@dataclass(frozen=True)
class LayerPlace:
    """Where a layer stands in its model."""

    number: int  # among the convolutions, or among the dense layers, counted from 1
    logits: bool  # whether it is the last of a head or of a side head


def fans(layer: Layer) -> tuple[int, int]:
    """How many numbers each output is made of, and how many outputs each input goes into; a group is on its own."""
    groups = layer.groups if isinstance(layer, nn.Conv2d) else 1
    return layer.weight[0].numel(), layer.weight[:, 0].numel() // groups


def he(layer: Layer, place: LayerPlace) -> None:
    """N(0, 2 / fan_out) for convolutions (He et al. 2015, arXiv 1502.01852, section 2.2, backward form).

    Dense layers have the forward form, N(0, 2 / fan_in); the one that makes logits has no ReLU behind it to halve
    the variance, and so N(0, 1 / fan_in).
    """
    fan_in, fan_out = fans(layer)
    variance = 2 / fan_out if isinstance(layer, nn.Conv2d) else (1 if place.logits else 2) / fan_in
    nn.init.normal_(layer.weight, std=sqrt(variance))


def xavier(layer: Layer, place: LayerPlace) -> None:
    """U(+-sqrt(6 / (fan_in + fan_out))) (Glorot & Bengio 2010, equation 16)."""
    bound = sqrt(6 / sum(fans(layer)))
    nn.init.uniform_(layer.weight, -bound, bound)


def gauss(layer: Layer, place: LayerPlace) -> None:
    """N(0, 0.01^2), whatever the layer: what Caffe's models of 2013 and 2014 began with."""
    nn.init.normal_(layer.weight, std=0.01)


def alexnet(layer: Layer, place: LayerPlace) -> None:
    """N(0, 0.01^2); biases 1 in the 2nd, 4th and 5th convolution and the hidden dense layers, else 0, "to accelerate
    the early stages of learning by providing the ReLUs with positive inputs" (Krizhevsky et al. 2012, section 5).
    """
    gauss(layer, place)
    ahead = place.number in (2, 4, 5) if isinstance(layer, nn.Conv2d) else not place.logits
    if ahead and layer.bias is not None:
        nn.init.ones_(layer.bias)


def nin(layer: Layer, place: LayerPlace) -> None:
    """He's, with biases of 1 where the logits are made: in network in network a ReLU follows them, and a class for
    which it gives 0 on every image would never learn. The paper prints no initialisation.
    """
    he(layer, place)
    if place.logits and layer.bias is not None:
        nn.init.ones_(layer.bias)


def vgg(layer: Layer, place: LayerPlace) -> None:
    """N(0, 0.1^2): a variance of 10^-2, as printed (Simonyan & Zisserman 2014, section 3.1)."""
    nn.init.normal_(layer.weight, std=0.1)


def lecun(layer: Layer, place: LayerPlace) -> None:
    """U(+-2.4 / fan_in) (LeCun et al. 1998, appendix A)."""
    bound = 2.4 / fans(layer)[0]
    nn.init.uniform_(layer.weight, -bound, bound)


INITIALISATIONS: dict[str, Callable[[Layer, LayerPlace], None]] = {
    "he": he,
    "xavier": xavier,
    "gauss": gauss,
    "alexnet": alexnet,
    "nin": nin,
    "vgg": vgg,
    "lecun": lecun,
}


def layer_places(model: nn.Module, trunk: Collection[str]) -> Iterator[tuple[Layer, LayerPlace]]:
    """Every layer with a weight to draw, in order, with its place."""
    convs = dense = 0
    for name, part in model.named_children():
        layers = [layer for layer in part.modules() if isinstance(layer, nn.Conv2d | nn.Linear)]
        for layer in layers:
            convs += isinstance(layer, nn.Conv2d)
            dense += isinstance(layer, nn.Linear)
            number = convs if isinstance(layer, nn.Conv2d) else dense
            yield layer, LayerPlace(number, logits=name not in trunk and layer is layers[-1])


@torch.no_grad()
def initialise(model: nn.Module, name: str, trunk: Collection[str] = ()) -> None:
    """Draws every convolution and dense layer anew; norms stay at 1 and 0.

    Biases are 0 unless the initialisation says otherwise; the layers that only LeNet-5 of 1998 has keep their own
    beginning. `trunk` names the children that are stages; the last layer of every other child makes logits. Raises
    BrickworkError for an unknown name, with the nearest known one.
    """
    if name not in INITIALISATIONS:
        raise BrickworkError(f"unknown initialisation {name!r}: {nearest(name, list(INITIALISATIONS))}")
    for layer, place in layer_places(model, trunk):
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)
        INITIALISATIONS[name](layer, place)
