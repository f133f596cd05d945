"""Published initialisations, by name."""

from collections.abc import Callable

import torch
from torch import nn

from brickwork.errors import BrickworkError, nearest

Layer = nn.Conv2d | nn.Linear


def he(layer: Layer) -> None:
    """N(0, 2 / fan_out), for ReLU networks (He et al. 2015, arXiv 1502.01852, section 2.2, backward form)."""
    if isinstance(layer, nn.Conv2d):
        nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
    else:
        nn.init.kaiming_normal_(layer.weight, mode="fan_in", nonlinearity="linear")


def xavier(layer: Layer) -> None:
    """U(+-sqrt(6 / (fan_in + fan_out))) (Glorot & Bengio 2010, equation 16)."""
    nn.init.xavier_uniform_(layer.weight)


def alexnet(layer: Layer) -> None:
    """N(0, 0.01) (Krizhevsky et al. 2012, section 5)."""
    nn.init.normal_(layer.weight, std=0.01)


def vgg(layer: Layer) -> None:
    """N(0, variance 0.01), as printed (Simonyan & Zisserman 2014, section 3.1)."""
    nn.init.normal_(layer.weight, std=0.1)


def lecun(layer: Layer) -> None:
    """U(+-2.4 / fan_in) (LeCun et al. 1998, appendix A)."""
    bound = 2.4 / layer.weight[0].numel()
    nn.init.uniform_(layer.weight, -bound, bound)


INITIALISATIONS: dict[str, Callable[[Layer], None]] = {
    "he": he,
    "xavier": xavier,
    "alexnet": alexnet,
    "vgg": vgg,
    "lecun": lecun,
}


@torch.no_grad()
def initialise(model: nn.Module, name: str) -> None:
    """Draws every weight anew; biases are 0, norms 1 and 0.

    Raises BrickworkError for an unknown name, with the nearest known one.
    """
    if name not in INITIALISATIONS:
        raise BrickworkError(f"unknown initialisation {name!r}: {nearest(name, list(INITIALISATIONS))}")
    for layer in model.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            INITIALISATIONS[name](layer)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
