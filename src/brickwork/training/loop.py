"""The training loop: forward, backward and step, batch by batch."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from itertools import islice
from math import isfinite

import torch
from torch import Tensor

from brickwork.errors import BrickworkError
from brickwork.evaluation.logits import compute_logits
from brickwork.loader.loader import Batch, Loader
from brickwork.loader.seeds import step_seed
from brickwork.model import Model
from brickwork.model.batchnorm import synchronise
from brickwork.recipe.recipe import Recipe
from brickwork.training.diagnose import divergence_error, first_nonfinite
from brickwork.training.freeze import thaw
from brickwork.training.optim.ema import Ema
from brickwork.training.optim.loss import Loss, make_loss
from brickwork.training.optim.optimizers import apply_schedule, make_optimizer
from brickwork.training.parallel.group import Group
from brickwork.training.parallel.summation import BufferMean, GradientSum, gather_in_order
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
    group: Group
    ema: Ema | None = None
    signal: int = 0  # a stop signal that a process of the group has had by the last step
    timed: Callable[[], AbstractContextManager[None]] = nullcontext  # the context of each step
    step: int = 0  # steps taken, of all epochs
    loss_sum: float = 0.0  # of the steps of the epoch under way

    def batches(self, epoch: int) -> Iterator[list[Batch]]:
        """The batches of an epoch, counted from 1, that are still to be learned from, each as this process's own
        micro-batches, and with the schedule's learning rate set; the model is then training.
        """
        first = self.step - (epoch - 1) * len(self.loader)
        self.loss_sum = self.loss_sum if first else 0.0
        self.model.train()
        thaw(self.model, self.recipe, epoch)
        micro_batches = self.loader.batches(epoch, first)
        while batch := list(islice(micro_batches, len(self.own))):
            apply_schedule(self.optimizer, self.recipe, self.progress(self.step))
            yield batch

    def progress(self, step: int) -> float:
        """The share of the training that is done in the middle of a step, which counts from 0."""
        return (step + 0.5) / (self.recipe.epochs * len(self.loader))

    @property
    def own(self) -> range:
        """The numbers of the micro-batches of each batch that this process computes."""
        return self.group.share.of(self.recipe.accumulate)

    def train_step(self, batch: Sequence[Batch], epoch: int, signal: int = 0) -> float:
        """Forward, backward and step at the optimizer's learning rate, by this process's own micro-batches of a batch
        and those of all others; the loss before the step.

        `signal` is a stop signal that this process has had, of which all are told. Raises BrickworkError where the loss
        is no longer a number.
        """
        with self.timed():
            self.optimizer.zero_grad()
            loss = self.backward(batch[0], 0) if self.recipe.accumulate == 1 else self.accumulate(batch, signal)
            self.signal = max(self.signal, signal)
            if not isfinite(loss):
                raise self.divergence(batch, loss, epoch)
            if self.recipe.clip:
                self.scaler.unscale_(self.optimizer)
                torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.recipe.clip)
            self.scaler.step(self.optimizer)
            self.scaler.update()
            if self.ema:
                self.ema.update(self.step)
        self.step += 1
        self.loss_sum += loss
        return loss

    def accumulate(self, batch: Sequence[Batch], signal: int) -> float:
        """The gradient of a batch, summed over its micro-batches in all processes; gives the batch's loss.

        An image weighs as much in every micro-batch, and those that cannot be read leave theirs to the others.
        """
        count = self.recipe.accumulate
        gradients = GradientSum(self.model, self.group, count, ordered=self.recipe.reduce == "ordered")
        averages = BufferMean(self.model, self.group, count)
        rows: list[tuple[float, ...]] = []
        for number, part in zip(self.own, batch, strict=True):
            gradients.begin(number)
            loss = self.backward(part, number)
            rows.append((loss, len(part.images), part.of, signal))
            gradients.add(number)
            averages.add()
        gradients.finish()
        averages.finish()
        return self.combine(gather_in_order(torch.tensor(rows, dtype=torch.float64), self.group, count))

    def combine(self, rows: Tensor) -> float:
        """The batch's loss from rows of all micro-batches: loss, images, the batch's planned images, signal."""
        losses, images, planned, signals = (row.tolist() for row in rows.T)
        self.signal = max(self.signal, int(max(signals)))
        if sum(images) < planned[0]:
            scale = planned[0] / sum(images)
            for weight in self.model.parameters():
                if weight.grad is not None:
                    weight.grad *= scale
            return float(scale * sum(losses))
        return float(sum(losses))

    def backward(self, batch: Batch, micro_batch: int) -> float:
        """Forward and backward of a micro-batch, adding to the gradient; gives its share of the batch's loss."""
        torch.manual_seed(step_seed(self.recipe.seed, self.step, micro_batch))
        with autocast(self.recipe, batch.images.device):
            logits = self.logits(batch.images)
        loss = self.loss(logits, batch.targets)
        if self.recipe.accumulate > 1:
            loss = loss * (len(batch.images) / batch.of)
        self.scaler.scale(loss).backward()  # type: ignore[no-untyped-call]
        return loss.item()

    def divergence(self, batch: Sequence[Batch], loss: float, epoch: int) -> BrickworkError:
        """The error for a loss that is not a number: the layer where it began, found by the same step once more."""
        torch.manual_seed(step_seed(self.recipe.seed, self.step, self.own.start))
        images = torch.cat([part.images for part in batch])
        with autocast(self.recipe, images.device):
            where = first_nonfinite(self.model, images)
        return divergence_error(loss, self.step + 1, epoch, where, self.recipe)

    def validation_logits(self, progress: Callable[[int], None]) -> Tensor:
        """Logits of the validation images by the weights that are kept; each process computes its share of the batches.

        Of several processes none hears of `progress`: they stop after the same step, not in the middle of a validation.
        """
        images, group = self.loader.validation, self.group
        heard = progress if group.size == 1 else None
        ranks = {"rank": group.rank, "world_size": group.size}
        with self.averaged():
            logits = compute_logits(self.model, images, images.preprocessing, progress=heard, **ranks)
        group.add(logits)
        return logits

    def averaged(self) -> AbstractContextManager[None]:
        """Context in which the model has the weights that are validated and kept: the EMA's, if there is one."""
        return self.ema.applied() if self.ema else nullcontext()


def make_loop(model: Model, loader: Loader, group: Group | None = None) -> Loop:
    """A loop over a loader's batches by its recipe; the model is moved to the loader's device, channels last."""
    recipe, device = loader.recipe, loader.device
    group = group or Group()
    synchronise(model, group)
    model.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    return Loop(
        model=model,
        logits=training_logits(model, recipe),
        optimizer=make_optimizer(model, recipe),
        recipe=recipe,
        loader=loader,
        loss=make_loss(model.network.side_heads, recipe, loader.class_counts),
        scaler=scaler(recipe, device),
        group=group,
        ema=Ema(model, recipe.ema) if recipe.ema else None,
    )
