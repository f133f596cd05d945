"""The loop: epochs of steps over what a feed gives."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise
from math import isfinite

import torch
from torch import Tensor

from brickwork.loader.loader import Batch, Loader
from brickwork.model import Model
from brickwork.recipe.recipe import Recipe
from brickwork.training.diagnose import divergence_error, first_nonfinite
from brickwork.training.freeze import thaw
from brickwork.training.optim.ema import Ema
from brickwork.training.optim.loss import Loss
from brickwork.training.optim.optimizers import apply_schedule
from brickwork.training.precision import autocast


@dataclass(eq=False)
class Loop:
    """One process's part in a training. A step's chance (dropout, stochastic depth) comes from (seed, step) alone."""

    model: Model
    logits: Callable[[Tensor], dict[str, Tensor]]  # the model's, of the head and the side heads; perhaps compiled
    optimizer: torch.optim.Optimizer
    recipe: Recipe
    feed: Loader
    criterion: Loss
    scaler: torch.amp.GradScaler
    average: Ema | None = None
    step: int = 0  # steps taken, of all epochs
    sum: float = 0.0  # of the losses of the epoch under way

    def epoch(self, number: int) -> Iterator[float]:
        """Takes the steps of an epoch, counted from 1, that are still to be taken, and yields the loss of each.

        Raises BrickworkError at the step where the loss is no longer a number.
        """
        first = self.step - (number - 1) * self.feed.steps
        self.sum = self.sum if first else 0.0
        self.model.train()
        thaw(self.model, self.recipe, number)
        for batch in self.feed.batches(number, first):
            apply_schedule(self.optimizer, self.recipe, self.done(self.step))
            loss = self.take(batch, number)
            self.sum += loss
            self.step += 1
            yield loss

    def done(self, step: int) -> float:
        """The share of the training that is done in the middle of a step, which counts from 0."""
        return (step + 0.5) / (self.recipe.epochs * self.feed.steps)

    def take(self, batch: Batch, epoch: int) -> float:
        """One step; the loss is that before the step."""
        torch.manual_seed(step_seed(self.recipe.seed, self.step))
        self.optimizer.zero_grad()
        loss = sum(self.backward(batch, part) for part in micro_batches(len(batch.images), self.recipe.accumulate))
        if not isfinite(loss):
            raise divergence_error(loss, self.step + 1, epoch, self.culprit(batch.images), self.recipe)
        if self.recipe.clip:
            self.scaler.unscale_(self.optimizer)
            torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.recipe.clip)
        self.scaler.step(self.optimizer)
        self.scaler.update()
        if self.average:
            self.average.update(self.step)
        return loss

    def backward(self, batch: Batch, part: slice) -> float:
        """Adds a part's gradient; its share of the batch's loss."""
        images, targets = batch.images[part], batch.targets[part]
        with autocast(self.recipe, images.device):
            logits = self.logits(images)
        loss = self.criterion(logits, targets)
        if len(images) < len(batch.images):
            loss = loss * (len(images) / len(batch.images))
        self.scaler.scale(loss).backward()  # type: ignore[no-untyped-call]
        return loss.item()

    def culprit(self, images: Tensor) -> str:
        """Where numbers cease to be finite, in the same step taken again."""
        torch.manual_seed(step_seed(self.recipe.seed, self.step))
        with autocast(self.recipe, images.device):
            return first_nonfinite(self.model, images)

    def kept(self) -> AbstractContextManager[None]:
        """While it lasts, the model has the weights that are validated and kept: the averaged ones, if any."""
        return self.average.applied() if self.average else nullcontext()


def micro_batches(images: int, count: int) -> list[slice]:
    """A batch in `count` nearly equal parts, none of them empty."""
    ends = [round(number * images / count) for number in range(count + 1)]
    return [slice(start, end) for start, end in pairwise(ends) if end > start]


def step_seed(seed: int, step: int) -> int:
    """The seed of one step."""
    return int.from_bytes(sha256(f"{seed}/{step}".encode()).digest()[:8], "big") >> 1
