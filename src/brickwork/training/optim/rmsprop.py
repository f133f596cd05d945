"""RMSprop as TensorFlow has it: what the Inception papers were trained with."""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor


class RMSprop(torch.optim.Optimizer):
    """A step is the gradient over the root of its mean square, and momentum is gathered of such steps.

    Torch's own differs in three ways that matter at `eps` = 1: here eps stands inside the root, the mean square
    begins at 1, and the learning rate is part of what momentum gathers (Szegedy et al. 2015, arXiv 1512.00567,
    section 8: decay 0.9, eps 1.0). Weight decay is part of the gradient.
    """

    def __init__(
        self,
        groups: Iterable[Any],
        lr: float,
        *,
        momentum: float = 0.0,
        weight_decay: float = 0.0,
        rho: float = 0.9,
        eps: float = 1.0,
    ) -> None:
        super().__init__(groups, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay, "rho": rho, "eps": eps})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is not None:
                    self._move(weight, weight.grad, group)

    def _move(self, weight: Tensor, gradient: Tensor, group: dict[str, Any]) -> None:
        state = self.state[weight]
        if not state:
            state["square"], state["velocity"] = torch.ones_like(weight), torch.zeros_like(weight)
        if group["weight_decay"]:
            gradient = gradient.add(weight, alpha=group["weight_decay"])
        square, velocity = state["square"], state["velocity"]
        square.lerp_(gradient.square(), 1 - group["rho"])
        velocity.mul_(group["momentum"]).addcdiv_(gradient, (square + group["eps"]).sqrt(), value=group["lr"])
        weight.sub_(velocity)
