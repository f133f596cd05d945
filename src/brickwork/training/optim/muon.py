"""Muon: momentum, made orthogonal, for the weights between the first layer and the logits.

Jordan et al. 2024, https://kellerjordan.github.io/posts/muon; Liu et al. 2025, arXiv 2502.16982.
"""

from collections.abc import Callable, Iterable
from math import sqrt
from typing import Any

import torch
from torch import Tensor

COEFFICIENTS = (3.4445, -4.7750, 2.0315)  # of x, x^3 and x^5: steep at 0, so that few steps are enough
STEPS = 5


def orthogonal(matrix: Tensor) -> Tensor:
    """Nearly the orthogonal matrix that points the same way: singular values become about 0.7 to 1.2.

    Newton and Schulz's iteration, in the dtype of the matrix.
    """
    a, b, c = COEFFICIENTS
    tall = matrix.shape[0] > matrix.shape[1]
    x = matrix.T if tall else matrix
    x = x / x.norm().clamp(min=1e-7)
    for _ in range(STEPS):
        gram = x @ x.T
        x = torch.addmm(x, torch.addmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return x.T if tall else x


class Muon(torch.optim.Optimizer):
    """Muon for the groups that say `orthogonal`, AdamW for the others; both decay weights apart from the gradient.

    A convolution's weight is the matrix out x (in * height * width). Its step is scaled by 0.2 * sqrt(larger side),
    so that one learning rate suits both kinds (Liu et al. 2025, equation 4). `dtype` is what the iteration
    computes in: bfloat16 is enough where the machine has it.
    """

    def __init__(
        self,
        groups: Iterable[Any],
        lr: float,
        *,
        momentum: float = 0.95,
        nesterov: bool = True,
        weight_decay: float = 0.0,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        dtype: torch.dtype = torch.bfloat16,
    ) -> None:
        own = {"momentum": momentum, "nesterov": nesterov, "betas": betas, "eps": eps, "orthogonal": False}
        super().__init__(groups, {"lr": lr, "weight_decay": weight_decay, **own})
        self.dtype = dtype

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        for group in self.param_groups:
            move = self._turn if group["orthogonal"] else self._adapt
            for weight in group["params"]:
                if weight.grad is not None:
                    weight.mul_(1 - group["lr"] * group["weight_decay"])
                    move(weight, weight.grad, group)

    def _turn(self, weight: Tensor, gradient: Tensor, group: dict[str, Any]) -> None:
        """Muon's step: momentum, made orthogonal, scaled by the larger side of the matrix."""
        state, momentum = self.state[weight], group["momentum"]
        if not state:
            state["momentum"] = torch.zeros_like(weight)
        gathered = state["momentum"].lerp_(gradient, 1 - momentum)
        ahead = gradient.lerp(gathered, momentum) if group["nesterov"] else gathered
        matrix = ahead.flatten(1).to(self.dtype)
        rate = group["lr"] * 0.2 * sqrt(max(matrix.shape))
        weight.add_(orthogonal(matrix).reshape(weight.shape), alpha=-rate)

    def _adapt(self, weight: Tensor, gradient: Tensor, group: dict[str, Any]) -> None:
        """AdamW's step (Loshchilov & Hutter 2017, arXiv 1711.05101, Algorithm 2)."""
        state, (first, second) = self.state[weight], group["betas"]
        if not state:
            state["step"] = torch.zeros(())
            state["mean"], state["square"] = torch.zeros_like(weight), torch.zeros_like(weight)
        state["step"] += 1
        taken = int(state["step"])
        mean = state["mean"].lerp_(gradient, 1 - first)
        square = state["square"].mul_(second).addcmul_(gradient, gradient, value=1 - second)
        root = (square / (1 - second**taken)).sqrt_().add_(group["eps"])
        weight.addcdiv_(mean, root, value=-group["lr"] / (1 - first**taken))
