"""Written-out references in plain torch: nothing here knows the package.

Weights are a dictionary by the names that the model file has.
"""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

Weights = dict[str, Tensor]
Loss = Callable[[Tensor, Tensor], Tensor]
MOVING = ("running_mean", "running_var", "num_batches_tracked")  # not learnt by descent


def pixels(dataset: Any, split: str) -> tuple[Tensor, Tensor]:
    """A split's images, normalised by the training pixels' mean and deviation, and their labels."""
    train, wanted = dataset.splits["train"], dataset.splits[split]
    scale = train.images.astype(np.float64) / 255
    normal = (wanted.images / 255 - scale.mean()) / scale.std()
    return torch.tensor(normal, dtype=torch.float32), torch.tensor(wanted.labels)


def forward(weights: Weights, images: Tensor, training: bool = False) -> dict[str, Tensor]:
    """Logits of "head", and of "side" where there is one, of the network that `runs.net` gives."""
    x, found = images, {}
    for stage in sorted({name.split(".")[0] for name in weights if name.startswith("stage")}):
        x = F.conv2d(x, weights[f"{stage}.conv.weight"], weights.get(f"{stage}.conv.bias"), padding=1)
        if f"{stage}.norm.weight" in weights:
            own = {name: weights[f"{stage}.norm.{name}"] for name in ("running_mean", "running_var", "weight", "bias")}
            x = F.batch_norm(x, *own.values(), training=training)
        x = x.relu()
        if stage == "stage1" and "side.linear.weight" in weights:
            pooled = x.mean((2, 3))
            found["side"] = F.linear(pooled, weights["side.linear.weight"], weights["side.linear.bias"])
    found["head"] = F.linear(x.flatten(1), weights["head.linear.weight"], weights["head.linear.bias"])
    return found


def head(weights: Weights, images: Tensor) -> Tensor:
    return forward(weights, images)["head"]


def learnable(weights: Weights) -> Weights:
    """Copies that ask for a gradient."""
    return {name: value.clone().requires_grad_(not name.endswith(MOVING)) for name, value in weights.items()}


def descend(
    start: Weights,
    batches: Iterable[tuple[Tensor, Tensor]],
    optimizer: Callable[[Weights], torch.optim.Optimizer],
    loss: Loss = F.cross_entropy,
    *,
    before: Callable[[torch.optim.Optimizer, int], None] = lambda optimizer, step: None,
    clip: float = 0.0,
    side: float = 0.0,
) -> list[Weights]:
    """The weights before the first step and after each; `before` may set rates, `side` weighs the side head's loss."""
    weights = learnable(start)
    steps, path = optimizer(weights), [start]
    for step, (images, labels) in enumerate(batches):
        before(steps, step)
        steps.zero_grad()
        logits = forward(weights, images, training=True)
        value = loss(logits["head"], labels)
        if "side" in logits:
            value = value + side * loss(logits["side"], labels)
        value.backward()
        if clip:
            shrink(list(weights.values()), clip)
        steps.step()
        path.append({name: value.detach().clone() for name, value in weights.items()})
    return path


def shrink(weights: list[Tensor], most: float) -> None:
    """All gradients together are made no longer than `most`."""
    gradients = [weight.grad for weight in weights if weight.grad is not None]
    length = sum(float(gradient.double().square().sum()) for gradient in gradients) ** 0.5
    assert length > most, "the clip would change nothing"
    for gradient in gradients:
        gradient.mul_(most / length)


def sgd(rate: float, **words: Any) -> Callable[[Weights], torch.optim.Optimizer]:
    return lambda weights: torch.optim.SGD(taught(weights), rate, **words)


def taught(weights: Weights) -> list[Tensor]:
    return [value for value in weights.values() if value.requires_grad]


def by_decay(weights: Weights, share: float, everywhere: bool = False) -> list[dict[str, Any]]:
    """Two groups: matrices and kernels decay, vectors do not unless it is everywhere."""
    return [
        {"params": [value for value in taught(weights) if value.dim() > 1], "weight_decay": share},
        {"params": [v for v in taught(weights) if v.dim() == 1], "weight_decay": share if everywhere else 0.0},
    ]


def close(found: Weights, expected: Weights, rtol: float = 1e-4, atol: float = 1e-6) -> None:
    """Raises where any weight differs, with its name."""
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        torch.testing.assert_close(found[name], value, rtol=rtol, atol=atol, msg=lambda text, n=name: f"{n}: {text}")


def difference(one: Weights, other: Weights) -> set[str]:
    """The parts in which any number differs."""
    return {name.split(".")[0] for name, value in one.items() if not torch.equal(value, other[name])}


def which(batch: Tensor, images: Tensor) -> list[int]:
    """The place of each of a batch's images among others; raises where one is not there."""
    gaps = torch.cdist(batch.flatten(1).double(), images.flatten(1).double())
    assert gaps.min(1).values.max() < 1e-3, "an image that was not given"
    return gaps.argmin(1).tolist()
