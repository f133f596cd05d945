"""The state of a training loop: captured for a checkpoint, and restored bit for bit."""

from typing import Any

import torch
from torch import Tensor

from brickwork.errors import BrickworkError
from brickwork.recipe.recipe import Recipe
from brickwork.training.loop import Loop
from brickwork.training.optim.optimizers import state_names
from brickwork.training.run.checkpoint import State

MODEL, OPTIMIZER, AVERAGE = "model/", "optimizer/", "average/"


def capture(loop: Loop, facts: dict[str, Any]) -> State:
    """The state between two steps; `facts` are what others know of the training."""
    tensors = add_prefix(MODEL, loop.model.state_dict()) | add_prefix(OPTIMIZER, optimizer_state(loop.optimizer))
    if loop.ema:
        tensors |= add_prefix(AVERAGE, loop.ema.state())
    own = {"sum": loop.loss_sum, "scaler": loop.scaler.state_dict()}
    return State(loop.step, tensors, {**facts, "loop": own})


def restore(loop: Loop, state: State) -> None:
    """Goes on from a state that `capture` gave for the same network and recipe.

    Raises BrickworkError where the names or shapes differ.
    """
    try:
        loop.model.load_state_dict(strip_prefix(MODEL, state.tensors))
        load_optimizer_state(loop.optimizer, strip_prefix(OPTIMIZER, state.tensors), loop.recipe)
        if loop.ema:
            loop.ema.load(strip_prefix(AVERAGE, state.tensors))
        loop.scaler.load_state_dict(state.facts["loop"]["scaler"])
        loop.loss_sum = state.facts["loop"]["sum"]
    except (RuntimeError, KeyError, ValueError, IndexError, TypeError) as fault:
        words = " ".join(str(fault).split())
        raise BrickworkError(f"the checkpoint of step {state.step} is of another training: {words}.") from None
    loop.step = state.step


def optimizer_state(optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """What an optimizer remembers of each weight, as NUMBER/NAME; the rest of it follows from the recipe."""
    remembered = optimizer.state_dict()["state"]
    return {
        f"{number}/{name}": torch.as_tensor(value)
        for number, values in remembered.items()
        for name, value in values.items()
        if value is not None
    }


def load_optimizer_state(optimizer: torch.optim.Optimizer, moments: dict[str, Tensor], recipe: Recipe) -> None:
    """Goes on from what an optimizer remembered; raises ValueError or IndexError where that is not what it needs."""
    weights = [weight for group in optimizer.param_groups for weight in group["params"]]
    names = [state_names(recipe, group) for group in optimizer.param_groups for _ in group["params"]]
    state: dict[int, dict[str, Tensor]] = {}
    for key, value in moments.items():
        number, name = key.split("/")
        state.setdefault(int(number), {})[name] = match_layout(weights[int(number)], value)
    for place, values in state.items():
        check_moments(place, weights[place], values, names[place])
    optimizer.load_state_dict({**optimizer.state_dict(), "state": state})


def check_moments(place: int, weight: Tensor, values: dict[str, Tensor], names: set[str]) -> None:
    """Raises ValueError where what is remembered of a weight has other names or shapes than the optimizer gives."""
    if place < 0 or set(values) != names:
        raise ValueError(f"of weight {place} the optimizer remembers {', '.join(sorted(names))}, found {set(values)}")
    for name, value in values.items():
        fits = not value.dim() and value.dtype == torch.float32 if name == "step" else value.shape == weight.shape
        if not fits or not value.is_floating_point():
            raise ValueError(f"{place}/{name} is no {name} of a weight of {tuple(weight.shape)}")


def match_layout(weight: Tensor, value: Tensor) -> Tensor:
    """A copy of the value in the weight's order of memory, which safetensors does not keep."""
    return torch.empty_like(weight, dtype=value.dtype).copy_(value) if value.shape == weight.shape else value


def add_prefix(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {prefix + name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}


def strip_prefix(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
