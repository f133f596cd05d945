"""Sensitivity of a model's layers to 8 bits: which convolution or dense layer costs the logits most."""

import torch
from torch import Tensor, nn

from brickwork.model import Model

IMAGES = 32  # by which layers are ranked
LEVELS = 255  # steps between the lowest and the highest value of 8 bits
PREFIX, SUFFIX = "model.", ".weight"  # of a layer's weights in the exported graph

Weighted = nn.Conv2d | nn.Linear


def layers_with_weights(model: nn.Module) -> dict[str, Weighted]:
    """The layers that int8 computes with 8-bit weights, by their paths."""
    return {path: layer for path, layer in model.named_modules() if isinstance(layer, Weighted)}


def layer_path(weights: str) -> str:
    """A layer's path in the model, from the name of its weights in the graph."""
    return weights.removeprefix(PREFIX).removesuffix(SUFFIX)


@torch.no_grad()
def rank_layers(model: Model, images: Tensor) -> list[str]:
    """Paths of the layers, the most sensitive first: by the squared change of the logits when it alone has 8 bits.

    No label is needed for it, so that images of the training can tell.
    """
    wanted = model(images)
    found = {
        path: float((logits_by_8_bits(model, layer, images) - wanted).square().mean())
        for path, layer in layers_with_weights(model).items()
    }
    return sorted(found, key=lambda path: -found[path])


def logits_by_8_bits(model: Model, layer: Weighted, images: Tensor) -> Tensor:
    """The logits when the weights and the input of one layer are rounded to 8 bits."""
    weights = layer.weight.data
    hook = layer.register_forward_pre_hook(lambda _, inputs: (round_values(inputs[0]),))
    layer.weight.data = round_weights(weights)
    try:
        logits: Tensor = model(images)
    finally:
        hook.remove()
        layer.weight.data = weights
    return logits


def round_values(values: Tensor) -> Tensor:
    """Values at the nearest of 256 levels from the lowest to the highest, zero among them."""
    low, high = values.min().clamp(max=0), values.max().clamp(min=0)
    step = ((high - low) / LEVELS).clamp(min=1e-12)
    return ((values - low) / step).round() * step + low


def round_weights(weights: Tensor) -> Tensor:
    """Weights at the nearest of 255 levels around zero, those of each output channel with a step of their own."""
    step = weights.abs().flatten(1).amax(1).clamp(min=1e-12) / (LEVELS // 2)
    step = step.view(-1, *[1] * (weights.dim() - 1))
    return (weights / step).round() * step
