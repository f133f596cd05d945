"""Learning rate range test (Smith 2015), and the search for the largest batch that fits into memory."""

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import isfinite, log
from typing import Any, Protocol

import torch

from brickwork.errors import BrickworkError
from brickwork.model import Model
from brickwork.network import Network
from brickwork.network.memory import training_memory
from brickwork.recipe.recipe import Recipe
from brickwork.training.diagnose import is_memory
from brickwork.training.optim.ema import Ema
from brickwork.training.optim.optimizers import at_rate
from brickwork.training.precision import dtype

ROOM = 1.15  # times the memory that follows from the layers: for convolutions' workspaces
DIVERGED = 4.0  # times the least loss so far, from where on a sweep tells nothing


@dataclass(frozen=True)
class RangeTest:
    """Losses while the learning rate rose, and what follows (Smith 2015, arXiv 1506.01186, section 3.3)."""

    rates: tuple[float, ...]
    losses: tuple[float, ...]  # as measured
    smooth: tuple[float, ...]  # their moving mean, from which the two below are read
    steepest: float  # the rate at which the loss fell fastest
    least: float  # the rate at which it was lowest

    @property
    def suggestion(self) -> float:
        """A third of the rate with the lowest loss, for the highest rate of a schedule.

        On 2,000 images of `fashion`, 4 epochs of one-cycle, a tenth, a third, all and three times of it gave a
        validation accuracy of 0.68, 0.74, 0.74 and 0.72 for resnet20[width=0.25], and 0.64, 0.74, 0.76 and 0.10 for
        vgg11[width=0.25] with clip=1.
        """
        return self.least / 3


def range_test(
    take: Callable[[float], float], *, low: float = 1e-5, high: float = 10.0, steps: int = 100, smoothing: float = 0.9
) -> RangeTest:
    """Learning rate range test from `low` to `high` by equal factors; `take` takes a step at a rate, gives its loss.

    It ends where the loss is no number, where `take` raises BrickworkError, and at four times the lowest loss so far.
    Call it within `restore_after`. Raises BrickworkError where fewer than 10 steps went well.
    """
    rates: list[float] = []
    losses: list[float] = []
    smooth: list[float] = []
    mean = 0.0
    for number in range(steps):
        rate = low * (high / low) ** (number / (steps - 1))
        try:
            loss = take(rate)
        except BrickworkError:  # the loop's own end of a diverged training
            break
        mean = smoothing * mean + (1 - smoothing) * loss
        value = mean / (1 - smoothing ** (number + 1))
        if not isfinite(value) or (smooth and value > DIVERGED * min(smooth)):
            break
        rates.append(rate)
        losses.append(loss)
        smooth.append(value)
    return _read_sweep(rates, losses, smooth)


def _read_sweep(rates: list[float], losses: list[float], smooth: list[float]) -> RangeTest:
    if len(rates) < 10:
        raise BrickworkError(
            f"the learning rate could not be found: after {len(rates)} steps from {rates[0] if rates else 0:g} on the "
            "loss rose beyond all bounds. Begin with a lower rate, or look at the images with 'brickwork check'."
        )
    slopes = [
        (smooth[place + 1] - smooth[place - 1]) / log(rates[place + 1] / rates[place - 1])
        for place in range(1, len(rates) - 1)
    ]
    least = smooth.index(min(smooth))
    before = slopes[: max(least, 1)]  # beyond the least, what falls is noise
    steepest = rates[1 + before.index(min(before))]
    return RangeTest(tuple(rates), tuple(losses), tuple(smooth), min(steepest, rates[least]), rates[least])


class Training(Protocol):
    """The state that training steps change, as `Loop` has it."""

    model: Model
    optimizer: torch.optim.Optimizer
    scaler: torch.amp.GradScaler
    ema: Ema | None
    step: int
    loss_sum: float


@contextmanager
def restore_after(training: Training) -> Iterator[None]:
    """Restore weights, optimizer, scaler, EMA, step and torch's random state afterwards, bit for bit."""
    parts: list[Any] = [training.model, training.optimizer, training.scaler]
    states = [copy.deepcopy(part.state_dict()) for part in parts]
    means = copy.deepcopy(training.ema.state()) if training.ema else {}
    step, loss_sum = training.step, training.loss_sum
    mode, device = training.model.training, next(training.model.parameters()).device
    try:
        with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
            yield
    finally:
        for part, state in zip(parts, states, strict=True):
            part.load_state_dict(state)
        if training.ema:
            training.ema.load(means)
        training.step, training.loss_sum = step, loss_sum
        training.optimizer.zero_grad()
        training.model.train(mode)


def find_rate(training: Training, take: Callable[[], float], *, steps: int = 100) -> RangeTest:
    """Learning rate range test from wherever a training is, whose state is then as before.

    `take` takes a step on the next batch and returns its loss; the model is in training.
    """

    def at(rate: float) -> float:
        at_rate(training.optimizer, rate)
        return take()

    with restore_after(training):
        training.model.train()
        return range_test(at, steps=steps)


def find_batch(
    network: Network,
    attempt: Callable[[int], None],
    *,
    device: torch.device,
    free: int,
    most: int,
    needed: Callable[[int], int] | None = None,
) -> int:
    """The largest batch that fits, a power of two, `most` at most.

    `needed` is the memory of a training step on so many images (`memory_needed`). On a device with its own memory
    `attempt`, which takes a whole such step, is called with what fits into the `free` bytes by it, then with twice or
    half as many again and again: do so within `restore_after`. On a CPU, where a process that takes too much is
    killed, nothing is tried: the batch follows from the bytes. Raises BrickworkError where not even one image fits.
    """
    needed = needed or (lambda batch: memory_needed(network, batch))
    batch = predict_batch(needed, free, most)
    if device.type != "cpu":
        batch = try_batches(attempt, max(batch, 1), most)
    if not batch:
        raise BrickworkError(f"{network}: not even one image a step fits into memory: lower its width or its input.")
    return batch


def predict_batch(needed: Callable[[int], int], free: int, most: int) -> int:
    """The largest power of two whose step needs no more than is free; 0 where one image does."""
    batch = 0
    while (larger := 2 * batch or 1) <= most and needed(larger) <= free:
        batch = larger
    return batch


def try_batches(attempt: Callable[[int], None], batch: int, most: int) -> int:
    """The largest power of two that survives, sought from `batch` on; 0 where not even one does."""
    if not _survives(attempt, batch):
        while batch := batch // 2:
            if _survives(attempt, batch):
                break
        return batch
    while 2 * batch <= most and _survives(attempt, 2 * batch):
        batch *= 2
    return batch


def memory_needed(network: Network, batch: int, recipe: Recipe | None = None, device: str = "cpu") -> int:
    """Bytes of memory that a training step on so many images takes, with room for workspaces."""
    recipe = recipe or Recipe()
    part = -(-batch // recipe.accumulate)  # micro-batches come one by one, and leave their gradients' sum
    step = training_memory(
        network,
        part,
        precision="fp32" if dtype(recipe, torch.device(device)) == torch.float32 else "bf16",
        optimizer=recipe.optimizer,
        ema=recipe.ema > 0,
        device="cpu" if device == "cpu" else "cuda",
    )
    return round(ROOM * (step.total + (step.gradients if recipe.accumulate > 1 else 0)))


def _survives(attempt: Callable[[int], None], batch: int) -> bool:
    try:
        attempt(batch)
    except (MemoryError, RuntimeError) as fault:
        if not is_memory(fault):
            raise
        return False
    finally:
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
    return True
