"""The training loop: forward, backward and step, batch by batch."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from itertools import pairwise
from math import isfinite

import torch
from torch import Tensor

from brickwork.errors import BrickworkError
from brickwork.loader.loader import Batch, Loader
from brickwork.loader.seeds import step_seed
from brickwork.model import Model
from brickwork.recipe.recipe import Recipe
from brickwork.training.diagnose import divergence_error, first_nonfinite
from brickwork.training.freeze import thaw
from brickwork.training.optim.ema import Ema
from brickwork.training.optim.loss import Loss, make_loss
from brickwork.training.optim.optimizers import apply_schedule, make_optimizer
from brickwork.training.precision import autocast, scaler, training_logits


@dataclass(eq=False)
class Loop:
    """Training loop: model, optimizer, loss, and the steps taken. A step's dropout follows from (seed, step) alone."""

    model: Model
    logits: Callable[[Tensor], dict[str, Tensor]]  # the model's, of the head and the side heads; perhaps compiled
    optimizer: torch.optim.Optimizer
    recipe: Recipe
    loader: Loader
    loss: Loss
    scaler: torch.amp.GradScaler
    ema: Ema | None = None
    timed: Callable[[], AbstractContextManager[None]] = nullcontext  # the context of each step
    step: int = 0  # steps taken, of all epochs
    loss_sum: float = 0.0  # of the steps of the epoch under way

    def batches(self, epoch: int) -> Iterator[Batch]:
        """The batches of an epoch, counted from 1, that are still to be learned from, each with the schedule's
        learning rate set; the model is then training.
        """
        first = self.step - (epoch - 1) * len(self.loader)
        self.loss_sum = self.loss_sum if first else 0.0
        self.model.train()
        thaw(self.model, self.recipe, epoch)
        for batch in self.loader.batches(epoch, first):
            apply_schedule(self.optimizer, self.recipe, self.progress(self.step))
            yield batch

    def progress(self, step: int) -> float:
        """The share of the training that is done in the middle of a step, which counts from 0."""
        return (step + 0.5) / (self.recipe.epochs * len(self.loader))

    def train_step(self, batch: Batch, epoch: int) -> float:
        """Forward, backward and step at the optimizer's learning rate; the loss before the step.

        Raises BrickworkError where the loss is no longer a number.
        """
        torch.manual_seed(step_seed(self.recipe.seed, self.step))
        with self.timed():
            self.optimizer.zero_grad()
            loss = sum(self.backward(batch, part) for part in micro_batches(len(batch.images), self.recipe.accumulate))
            if not isfinite(loss):
                raise self.divergence(batch, loss, epoch)
            self.update_weights()
        self.step += 1
        self.loss_sum += loss
        return loss

    def update_weights(self) -> None:
        """The optimizer's step by the gradient, clipped if so asked for, and the EMA's."""
        if self.recipe.clip:
            self.scaler.unscale_(self.optimizer)
            torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.recipe.clip)
        self.scaler.step(self.optimizer)
        self.scaler.update()
        if self.ema:
            self.ema.update(self.step)

    def backward(self, batch: Batch, part: slice) -> float:
        """Forward and backward of a micro-batch, adding to the gradient; gives its share of the batch's loss."""
        images, targets = batch.images[part], batch.targets[part]
        with autocast(self.recipe, images.device):
            logits = self.logits(images)
        loss = self.loss(logits, targets)
        if len(images) < len(batch.images):
            loss = loss * (len(images) / len(batch.images))
        self.scaler.scale(loss).backward()  # type: ignore[no-untyped-call]
        return loss.item()

    def divergence(self, batch: Batch, loss: float, epoch: int) -> BrickworkError:
        """The error for a loss that is not a number: the layer where it began, found by the same step once more."""
        torch.manual_seed(step_seed(self.recipe.seed, self.step))
        with autocast(self.recipe, batch.images.device):
            where = first_nonfinite(self.model, batch.images)
        return divergence_error(loss, self.step + 1, epoch, where, self.recipe)

    def averaged(self) -> AbstractContextManager[None]:
        """Context in which the model has the weights that are validated and kept: the EMA's, if there is one."""
        return self.ema.applied() if self.ema else nullcontext()


def micro_batches(images: int, count: int) -> list[slice]:
    """A batch in `count` nearly equal micro-batches, none of them empty."""
    ends = [round(number * images / count) for number in range(count + 1)]
    return [slice(start, end) for start, end in pairwise(ends) if end > start]


def make_loop(model: Model, loader: Loader) -> Loop:
    """A loop over a loader's batches by its recipe; the model is moved to the loader's device, channels last."""
    recipe, device = loader.recipe, loader.device
    model.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    return Loop(
        model=model,
        logits=training_logits(model, recipe),
        optimizer=make_optimizer(model, recipe),
        recipe=recipe,
        loader=loader,
        loss=make_loss(model.network.side_heads, recipe, loader.class_counts),
        scaler=scaler(recipe, device),
        ema=Ema(model, recipe.ema) if recipe.ema else None,
    )
