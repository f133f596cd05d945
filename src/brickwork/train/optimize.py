"""What is minimised, and what takes the steps."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from brickwork.network import SideHead
from brickwork.train.recipe import Recipe
from brickwork.train.schedule import learning_rate, momentum


def loss(logits: dict[str, Tensor], labels: Tensor, sides: tuple[SideHead, ...], smoothing: float) -> Tensor:
    """Cross-entropy of the head, plus that of every side head times its weight (Szegedy et al. 2014, section 5)."""
    weights = {"head": 1.0, **{side.name: side.weight for side in sides}}
    terms = [
        weights[name] * functional.cross_entropy(scores.float(), labels, label_smoothing=smoothing)
        for name, scores in logits.items()
    ]
    return torch.stack(terms).sum()


def optimizer(model: nn.Module, recipe: Recipe) -> torch.optim.Optimizer:
    """SGD with Nesterov momentum, or AdamW; biases and norms, the weights of one dimension, do not decay."""
    weights = list(model.parameters())
    groups = [
        {"params": [weight for weight in weights if weight.dim() > 1], "weight_decay": recipe.weight_decay},
        {"params": [weight for weight in weights if weight.dim() <= 1], "weight_decay": 0.0},
    ]
    if recipe.optimizer == "adamw":
        return torch.optim.AdamW(groups, lr=recipe.lr, betas=(recipe.momentum, 0.999), fused=True)
    return torch.optim.SGD(groups, lr=recipe.lr, momentum=recipe.momentum, nesterov=recipe.momentum > 0, fused=True)


def schedule(optimizer: torch.optim.Optimizer, recipe: Recipe, done: float) -> None:
    """Sets the learning rate and the momentum for the step at a share `done` of the training."""
    for group in optimizer.param_groups:
        group["lr"] = learning_rate(recipe, done)
        if recipe.optimizer == "adamw":
            group["betas"] = (momentum(recipe, done), group["betas"][1])
        else:
            group["momentum"] = momentum(recipe, done)
