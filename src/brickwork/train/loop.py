"""The loop: epochs of steps over images that are in memory."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite

import torch
from torch import Tensor
from torch.nn import functional

from brickwork.data.preprocessing import Preprocessing
from brickwork.errors import BrickworkError
from brickwork.evaluate.logits import logits_of
from brickwork.model.model import Model
from brickwork.train.augment import augmented, batches, draws
from brickwork.train.optimize import loss, schedule
from brickwork.train.precision import autocast
from brickwork.train.recipe import Recipe


@dataclass(frozen=True, eq=False)
class Loop:
    """One process's part in a training. What changes lives in the model and the optimizer."""

    model: Model
    optimizer: torch.optim.Optimizer
    recipe: Recipe
    preprocessing: Preprocessing
    images: Tensor  # uint8, N x C x H x W, on the model's device
    labels: Tensor  # int64, N, there too
    flip: bool  # whether mirror images belong to the same classes

    @property
    def steps(self) -> int:
        """Steps in an epoch."""
        return -(-len(self.labels) // self.recipe.batch)

    def epoch(self, number: int) -> Iterator[float]:
        """Takes the steps of an epoch, counted from 1, and yields the loss after each.

        Raises BrickworkError at the step where the loss is no longer a number.
        """
        recipe, device = self.recipe, self.images.device
        chances = draws(recipe.seed, number, len(self.labels), flip=self.flip, crop=recipe.crop).to(device)
        self.model.train()
        before = (number - 1) * self.steps
        for step, samples in enumerate(batches(chances, recipe.batch), before):
            schedule(self.optimizer, recipe, (step + 0.5) / (recipe.epochs * self.steps))
            value = self.step(augmented(self.images, samples, chances), self.labels[samples])
            if not isfinite(value):
                raise BrickworkError(diverged(value, step + 1, number, recipe))
            yield value

    def step(self, images: Tensor, labels: Tensor) -> float:
        """One step on a batch of bytes; the loss is that before the step."""
        with autocast(self.recipe, images.device):
            logits = self.model.all_logits(self.preprocessing.normalised(images))
        total = loss(logits, labels, self.model.network.side_heads, self.recipe.label_smoothing)
        self.optimizer.zero_grad()
        total.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()
        return total.item()

    def validate(self, images: Tensor, labels: Tensor) -> tuple[float, float]:
        """Loss and accuracy on images that are not trained on."""
        logits = logits_of(self.model, images, self.preprocessing)
        right = logits.argmax(1) == labels
        return functional.cross_entropy(logits, labels).item(), right.float().mean().item()


def diverged(loss: float, step: int, epoch: int, recipe: Recipe) -> str:
    return (
        f"step {step} (epoch {epoch}): the loss is {loss}, so nothing more can be learned. "
        f"Lower the learning rate (it was lr={recipe.lr:g}), or lengthen the warm-up (warmup={recipe.warmup:g})."
    )
