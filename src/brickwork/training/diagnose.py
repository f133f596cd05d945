"""Diagnosis of divergence (NaN, infinity) and of too little memory: where it began, and what to do."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from brickwork.errors import BrickworkError
from brickwork.model import Model
from brickwork.network import Network
from brickwork.recipe.recipe import Recipe


class NonFinite(Exception):
    """Ends a forward pass at the layer whose output is the first that is not finite."""


def all_finite(tensors: Iterator[Tensor]) -> bool:
    return all(bool(tensor.isfinite().all()) for tensor in tensors)


@torch.no_grad()
def first_nonfinite(model: Model, images: Tensor) -> str:
    """Where numbers that are infinite or not numbers begin, as a phrase: in weights, or in a layer's output."""
    for name, weight in model.named_parameters():
        if not weight.isfinite().all():
            return f"the weights {name} are not finite"
    if not images.isfinite().all():
        return "the images are not finite"
    names = {module: name for name, module in model.named_modules() if not list(module.children())}
    handles = [module.register_forward_hook(Watch(name)) for module, name in names.items()]
    try:
        model.all_logits(images)
    except NonFinite as found:
        return f"the output of {found} is the first that is not finite"
    finally:
        for handle in handles:
            handle.remove()
    return "every layer's output is finite, so it begins in the loss itself"


class Watch:
    """Forward hook that raises NonFinite at a layer whose output is not finite."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        if not output.isfinite().all():
            raise NonFinite(f"{self.name} ({type(module).__name__})")


def divergence_error(loss: float, step: int, epoch: int, where: str, recipe: Recipe) -> BrickworkError:
    return BrickworkError(
        f"step {step} (epoch {epoch}): the loss is {loss}, so nothing more can be learned: {where}. "
        f"Lower the learning rate (it was lr={recipe.lr:g}), lengthen the warm-up (warmup={recipe.warmup:g}), "
        f"or clip the gradient (clip=1)."
    )


@contextmanager
def explain_memory_errors(network: Network, recipe: Recipe) -> Iterator[None]:
    """Turns what torch says of too little memory, in many ways, into one BrickworkError."""
    try:
        yield
    except (MemoryError, RuntimeError) as fault:
        if not is_memory(fault):
            raise
        raise BrickworkError(
            f"{network}: there is not enough memory for {recipe.batch} images a step: lower batch, have each batch "
            f"computed in parts (accumulate={2 * recipe.accumulate}), or lower the network's width or input."
        ) from None


def is_memory(fault: Exception) -> bool:
    return isinstance(fault, MemoryError | torch.OutOfMemoryError) or "allocate memory" in str(fault)
