"""Mixed precision (bf16, fp16), torch.compile and channels last, where the machine gains from them."""

from collections.abc import Callable

import torch
from torch import Tensor

from brickwork.errors import BrickworkError, first_line
from brickwork.machine import computes_in_bf16, keep_compiled_code
from brickwork.model import Model
from brickwork.recipe.recipe import Recipe


def dtype(recipe: Recipe, device: torch.device) -> torch.dtype:
    """The dtype in which convolutions and dense layers compute.

    Raises BrickworkError for fp16 on a CPU, which has no units for it.
    """
    if recipe.precision == "fp16" and device.type == "cpu":
        raise BrickworkError("precision=fp16 needs a GPU, and there is none here: take bf16, fp32 or auto.")
    if recipe.precision == "auto":
        return torch.bfloat16 if computes_in_bf16(device) else torch.float32
    return {"bf16": torch.bfloat16, "fp16": torch.float16, "fp32": torch.float32}[recipe.precision]


def autocast(recipe: Recipe, device: torch.device) -> torch.autocast:
    """Autocast for a training step's forward pass; weights and their updates stay float32."""
    compute = dtype(recipe, device)
    half = compute != torch.float32
    return torch.autocast(device.type, compute if half else torch.bfloat16, enabled=half)


def scaler(recipe: Recipe, device: torch.device) -> torch.amp.GradScaler:
    """Gradient scaler: keeps fp16's small gradients from becoming 0 (Micikevicius et al. 2017, arXiv 1710.03740).

    For any other dtype it does nothing. Its `state_dict` is part of a checkpoint: plain numbers.
    """
    return torch.amp.GradScaler(device.type, enabled=dtype(recipe, device) == torch.float16)


def training_logits(model: Model, recipe: Recipe) -> Callable[[Tensor], dict[str, Tensor]]:
    """The model's `all_logits`, compiled where the recipe asks for it; the first call then takes its time.

    The model's weights stay where they are. Raises BrickworkError at that call where torch cannot compile here.
    """
    if not recipe.compile:
        return model.all_logits
    keep_compiled_code()
    compiled = torch.compile(model.all_logits)

    def call(images: Tensor) -> dict[str, Tensor]:
        try:
            return compiled(images)
        except torch._dynamo.exc.TorchDynamoException as fault:
            raise BrickworkError(
                f"torch cannot compile the network here: {first_line(fault)} Leave --compile out."
            ) from None

    return call
