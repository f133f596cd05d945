"""Losses: cross-entropy and focal loss, with label smoothing, class weights and side heads."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor
from torch.nn import functional

from brickwork.network import SideHead
from brickwork.recipe.recipe import Recipe


@dataclass(frozen=True, eq=False)
class Loss:
    """The head's loss, plus that of every side head times its weight (Szegedy et al. 2014, section 5)."""

    sides: dict[str, float] = field(default_factory=dict)  # the weight of each side head
    smoothing: float = 0.0
    gamma: float = 0.0  # of the focal loss; at 0 it is cross-entropy
    classes: Tensor | None = None  # the weight of each class

    def __call__(self, logits: dict[str, Tensor], targets: Tensor) -> Tensor:
        """The mean over a batch's images, in float32; targets are int64, N, or the share of each class, N x K."""
        weights = {"head": 1.0, **self.sides}
        terms = [weights[name] * self.one(scores.float(), targets) for name, scores in logits.items()]
        return torch.stack(terms).sum()

    def one(self, scores: Tensor, targets: Tensor) -> Tensor:
        """The loss of one head. Class weights do not change what it is divided by, the number of images, so that
        the parts of a batch add up to the whole.
        """
        if not self.gamma and self.classes is None:
            return functional.cross_entropy(scores, targets, label_smoothing=self.smoothing)
        logs = scores.log_softmax(1)
        weighed = self.shares(targets, scores) * logs
        if self.classes is not None:
            weighed = weighed * self.classes.to(scores)
        if self.gamma:
            # 1 - p of each class, kept from 0, where a power below 1 has no slope
            weighed = weighed * (-torch.expm1(logs)).clamp_min(1e-7) ** self.gamma
        return -weighed.sum(1).mean()

    def shares(self, targets: Tensor, scores: Tensor) -> Tensor:
        """Targets as the share of each class, with label smoothing: N x K."""
        classes = scores.shape[1]
        if targets.dim() == 1:
            targets = functional.one_hot(targets, classes)
        return targets.to(scores) * (1 - self.smoothing) + self.smoothing / classes


def make_loss(sides: tuple[SideHead, ...], recipe: Recipe, counts: Sequence[int]) -> Loss:
    """The loss of a recipe; `counts` are the training images of each class.

    focal: (1 - p)^gamma times cross-entropy (Lin et al. 2017, arXiv 1708.02002, equation 4).
    """
    return Loss(
        {side.name: side.weight for side in sides},
        recipe.label_smoothing,
        recipe.gamma if recipe.loss == "focal" else 0.0,
        class_balance(counts) if recipe.class_weights == "balanced" else None,
    )


def class_balance(counts: Sequence[int]) -> Tensor:
    """Weights with which every class counts the same in sum, and the mean image 1; a class without images has 1."""
    present = sum(count > 0 for count in counts)
    return torch.tensor([sum(counts) / (present * count) if count else 1.0 for count in counts])
