"""The slowest layers of a model, timed by hooks in eager torch."""

import time
from statistics import median
from typing import Any

import torch
from torch import Tensor, nn

from brickwork.model import Model

PASSES = 5


@torch.inference_mode()
def layer_times(model: Model, images: Tensor) -> dict[str, float]:
    """Seconds of each layer in evaluation mode by its path: the median of five passes after one that is not counted."""
    times: dict[str, list[float]] = {}
    starts: dict[str, float] = {}
    leaves = [(path, layer) for path, layer in model.named_modules() if not list(layer.children())]
    hooks = [hook for path, layer in leaves for hook in _hook(path, layer, starts, times)]
    try:
        for _ in range(PASSES + 1):
            model(images)
    finally:
        for hook in hooks:
            hook.remove()
    return {path: median(found[1:]) for path, found in times.items()}


def _hook(path: str, layer: nn.Module, starts: dict[str, float], times: dict[str, list[float]]) -> list[Any]:
    def begin(*_: object) -> None:
        starts[path] = time.perf_counter()

    def end(*_: object) -> None:
        times.setdefault(path, []).append(time.perf_counter() - starts[path])

    return [layer.register_forward_pre_hook(begin), layer.register_forward_hook(end)]


def slowest_layers(model: Model, images: Tensor, count: int = 5) -> list[tuple[str, float]]:
    """The paths of the slowest layers, each with its share of the time of all."""
    times = layer_times(model, images)
    whole = sum(times.values())
    ordered = sorted(times.items(), key=lambda item: -item[1])[:count]
    return [(path, seconds / whole) for path, seconds in ordered]
