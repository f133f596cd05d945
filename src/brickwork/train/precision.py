"""Numbers of 16 bits and the order of memory, where the machine gains from them."""

import torch
from torch import nn

from brickwork.train.recipe import Recipe

# Words of torch.cpu.get_capabilities() that mean multiplication in bfloat16 (x86 and ARM).
CPU_BF16 = ("avx512_bf16", "amx_bf16", "bf16", "sve_bf16")


def computes_in_bf16(device: torch.device) -> bool:
    """Whether the processor itself multiplies in bfloat16; emulating it would be slower than float32."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device.type != "cpu" or not hasattr(torch.cpu, "get_capabilities"):  # new in torch 2.12
        return False
    return any(torch.cpu.get_capabilities().get(word) for word in CPU_BF16)


def autocast(recipe: Recipe, device: torch.device) -> torch.autocast:
    """The context for a training step's forward pass; weights and their updates stay float32."""
    bf16 = recipe.precision == "bf16" or (recipe.precision == "auto" and computes_in_bf16(device))
    return torch.autocast(device.type, torch.bfloat16, enabled=bf16)


def placed(model: nn.Module, device: torch.device) -> None:
    """Moves a model to the device, its weights with channels last, as the fast convolutions want them."""
    model.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
