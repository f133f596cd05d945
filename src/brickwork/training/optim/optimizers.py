"""Optimizers: SGD, AdamW, RMSprop or Muon, with weight decay and learning rate by parameter group."""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from brickwork.model import Model
from brickwork.model.initialise import layer_places
from brickwork.recipe.recipe import Recipe
from brickwork.recipe.schedule import learning_rate, momentum
from brickwork.training.optim.muon import Muon
from brickwork.training.optim.rmsprop import RMSprop


def make_optimizer(model: Model, recipe: Recipe) -> torch.optim.Optimizer:
    """The recipe's optimizer of all of a model's weights, frozen ones too, as these may be freed later.

    Whatever it remembers of a weight is a tensor of the weight's shape, or of none.
    """
    groups, lr, beta = weight_groups(model, recipe), recipe.lr, recipe.momentum
    match recipe.optimizer:
        case "adamw":
            return torch.optim.AdamW(groups, lr=lr, betas=(beta, 0.999), fused=True)
        case "rmsprop":
            return RMSprop(groups, lr, momentum=beta)
        case "muon":
            on_cuda = next(model.parameters()).is_cuda
            dtype = torch.bfloat16 if on_cuda else torch.float32
            return Muon(groups, lr, momentum=beta, nesterov=recipe.nesterov, dtype=dtype)
        case "sgd":
            # torch's fused SGD has no momentum for a weight that is freed later than others
            fused, nesterov = not recipe.unfreeze, recipe.nesterov and beta > 0
            return torch.optim.SGD(groups, lr=lr, momentum=beta, nesterov=nesterov, fused=fused)


def weight_groups(model: Model, recipe: Recipe) -> list[dict[str, Any]]:
    """Parameter groups: the weights by weight decay, the share `scale` of the learning rate, and for Muon whether
    their steps are made orthogonal.
    """
    hidden = {id(weight) for weight in hidden_weights(model)} if recipe.optimizer == "muon" else set()
    groups: dict[tuple[bool, float, bool], list[Tensor]] = {}
    for name, weight in model.named_parameters():
        decays = weight.dim() > 1 or recipe.decay == "all"
        key = (decays, recipe.layer_decay ** stage_depth(model, name), id(weight) in hidden)
        groups.setdefault(key, []).append(weight)
    return [
        {
            "params": weights,
            "lr": recipe.lr * scale,
            "weight_decay": recipe.weight_decay if decays else 0.0,
            "scale": scale,
            **({"orthogonal": True} if turned else {}),
        }
        for (decays, scale, turned), weights in groups.items()
    ]


def stage_depth(model: Model, name: str) -> int:
    """How far from the head a weight stands: 0 in the head and the side heads, 1 in the last stage."""
    stage = name.partition(".")[0]
    return len(model.stages) - model.stages.index(stage) if stage in model.stages else 0


def hidden_weights(model: Model) -> Iterator[Tensor]:
    """The weights of convolutions and dense layers, less the first layer's and those that make logits."""
    first = next((layer for layer, _ in layer_places(model, model.stages)), None)
    for layer, place in layer_places(model, model.stages):
        if not place.logits and layer is not first:
            yield layer.weight


def state_names(recipe: Recipe, group: dict[str, Any]) -> set[str]:
    """What the recipe's optimizer remembers of each weight of a parameter group, once it has taken a step."""
    match recipe.optimizer:
        case "adamw":
            return {"step", "exp_avg", "exp_avg_sq"}
        case "rmsprop":
            return {"square", "velocity"}
        case "muon":
            return {"momentum"} if group.get("orthogonal") else {"step", "mean", "square"}
        case "sgd":
            return {"momentum_buffer"}


def at_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    """Sets the learning rate; each group has its own share of it."""
    for group in optimizer.param_groups:
        group["lr"] = rate * group["scale"]


def apply_schedule(optimizer: torch.optim.Optimizer, recipe: Recipe, done: float) -> None:
    """Sets the learning rate and the momentum for the step at a share `done` of the training."""
    beta = momentum(recipe, done)
    at_rate(optimizer, learning_rate(recipe, done))
    for group in optimizer.param_groups:
        if "momentum" in group:
            group["momentum"] = beta
        if "betas" in group:
            group["betas"] = (beta, group["betas"][1])
