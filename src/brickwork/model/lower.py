"""Lowering of a model: its network rewritten for inference, its weights by the rules that the rewrites state."""

from collections.abc import Iterable

import torch
from torch import Tensor

from brickwork.model.model import Model
from brickwork.network import lower_network
from brickwork.network.lowering import Copy, FoldNorm, FoldScale, Rule, Stack, Step

Weights = dict[str, dict[str, Tensor]]  # by the layer's path, then by the tensor's own name


@torch.no_grad()
def lower(model: Model, *, merge: bool = False) -> Model:
    """Lower a model for inference: batch norms folded into the layers before them, dropout and side heads dropped.

    It gives the logits of the model in evaluation mode, up to rounding, and has `model`'s dtype and device. `merge`
    also merges sibling 1x1 convolutions (Inception), which pays on some machines alone.
    """
    lowering = lower_network(model.network, merge=merge)
    return with_steps(model, lowering.steps)


@torch.no_grad()
def with_steps(model: Model, steps: Iterable[Step]) -> Model:
    """The model of the last step's network, in evaluation mode."""
    weights, network = layer_weights(model), model.network
    for step in steps:
        weights, network = apply_rules(step.rules, weights), step.network
    lowered = Model(network).to(next(model.parameters(), torch.empty(0)))
    named = {f"{path}.{name}": tensor for path, tensors in weights.items() for name, tensor in tensors.items()}
    lowered.load_state_dict(named)
    return lowered.eval()


def layer_weights(model: Model) -> Weights:
    """The state dict by layers."""
    paths = [path for path, _ in model.network.layers()]
    state = model.state_dict()
    found: Weights = {path: {} for path in paths}
    for name, tensor in state.items():
        path = _owner(name, found)
        found[path][name[len(path) + 1 :]] = tensor
    return {path: tensors for path, tensors in found.items() if tensors}


def _owner(name: str, paths: Weights) -> str:
    """The layer of a tensor: the path before its own name, which has dots in it where a layer has modules inside."""
    path = name.rpartition(".")[0]
    while path not in paths:
        path = path.rpartition(".")[0]
    return path


def apply_rules(rules: Iterable[tuple[str, Rule]], weights: Weights) -> Weights:
    """The weights of a rewritten network; layers that are not built have none."""
    made = {path: _apply(rule, weights) for path, rule in rules}
    return {path: tensors for path, tensors in made.items() if tensors}


def _apply(rule: Rule, weights: Weights) -> dict[str, Tensor]:
    match rule:
        case Copy(source):
            return weights.get(source, {})
        case FoldNorm(source, norm, eps):
            return fold_norm(weights[source], weights[norm], eps) if source in weights else {}
        case FoldScale(source, factor):
            return {name: tensor * factor for name, tensor in weights.get(source, {}).items()}
        case Stack(sources):
            return stack([weights[source] for source in sources]) if sources[0] in weights else {}


def fold_norm(layer: dict[str, Tensor], norm: dict[str, Tensor], eps: float) -> dict[str, Tensor]:
    """(x * weight + bias - mean) * gain + shift, as one layer; computed in float64."""
    weight = layer["weight"].double()  # out x in (x kernel)
    gain = norm["weight"].double() / (norm["running_var"].double() + eps).sqrt()
    bias = (layer["bias"].double() if "bias" in layer else 0) - norm["running_mean"].double()
    folded = {
        "weight": weight * gain.view(-1, *[1] * (weight.dim() - 1)),
        "bias": bias * gain + norm["bias"].double(),
    }
    return {name: tensor.to(layer["weight"].dtype) for name, tensor in folded.items()}


def stack(layers: list[dict[str, Tensor]]) -> dict[str, Tensor]:
    """Convolutions one below the other, along the channels that leave."""
    return {name: torch.cat([layer[name] for layer in layers]) for name in layers[0]}
