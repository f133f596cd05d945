"""Every optimizer against torch's own or a written-out one, on the same images from the same weights."""

from collections.abc import Callable
from math import sqrt
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from effects import reference
from effects.reference import Weights, by_decay, close, descend, pixels, taught
from effects.runs import Run, fit, images, net

STEPS = 6


def check(run: Run, optimizer: Callable[[Weights], torch.optim.Optimizer], **words: Any) -> None:
    """Every step that the run has taken is that of the reference; all images are one batch."""
    batch = pixels(run.dataset, "train")
    path = descend(run.after(0), [batch] * STEPS, optimizer, **words)
    assert sorted(run.states) == list(range(STEPS + 1))
    for step, expected in enumerate(path):
        close(run.after(step), expected)
    change = max(float((path[-1][name] - path[0][name]).abs().max()) for name in path[0])
    assert change > 0.01, "the reference hardly moves"


@pytest.mark.parametrize("nesterov", [False, True])
@pytest.mark.parametrize("momentum", [0.0, 0.8])
def test_sgd_is_that_of_torch(tmp_path: Path, momentum: float, nesterov: bool) -> None:
    run = fit(tmp_path / "run", net(), images(), epochs=STEPS, lr=0.05, momentum=momentum, nesterov=nesterov)
    check(run, reference.sgd(0.05, momentum=momentum, nesterov=nesterov and momentum > 0))


@pytest.mark.parametrize("decay", ["weights", "all"])
@pytest.mark.parametrize("norm", [False, True])
def test_sgds_decay_is_a_share_of_the_weights_that_the_recipe_names(tmp_path: Path, decay: str, norm: bool) -> None:
    run = fit(tmp_path / "run", net(norm), images(), epochs=STEPS, lr=0.1, momentum=0.5, weight_decay=0.3, decay=decay)

    def steepest(weights: Weights) -> torch.optim.Optimizer:
        return torch.optim.SGD(by_decay(weights, 0.3, decay == "all"), 0.1, momentum=0.5)

    expected = descend(run.after(0), [pixels(run.dataset, "train")] * STEPS, steepest)[-1]
    learnt = {name: value for name, value in expected.items() if "num_batches" not in name}
    close({name: run.after(STEPS)[name] for name in learnt}, learnt)


@pytest.mark.parametrize("decay", ["weights", "all"])
def test_adamw_is_that_of_torch_with_the_momentum_as_its_first_beta(tmp_path: Path, decay: str) -> None:
    fields = {"optimizer": "adamw", "lr": 0.02, "momentum": 0.8, "weight_decay": 0.5, "decay": decay}
    run = fit(tmp_path / "run", net(), images(), epochs=STEPS, **fields)
    everywhere = decay == "all"
    check(run, lambda weights: torch.optim.AdamW(by_decay(weights, 0.5, everywhere), 0.02, betas=(0.8, 0.999)))


class TensorflowRMSprop(torch.optim.Optimizer):
    """mean square = 0.9 of itself + 0.1 g^2, from 1; velocity = m of itself + lr g / sqrt(mean square + 1)."""

    def __init__(self, groups: list[dict[str, Any]], lr: float, momentum: float) -> None:
        super().__init__(groups, {"lr": lr, "momentum": momentum})
        self.square: dict[Tensor, Tensor] = {}
        self.velocity: dict[Tensor, Tensor] = {}

    @torch.no_grad()
    def step(self) -> None:
        for group in self.param_groups:
            for weight in group["params"]:
                gradient = weight.grad + group["weight_decay"] * weight
                square = 0.9 * self.square.get(weight, torch.ones_like(weight)) + 0.1 * gradient**2
                velocity = group["momentum"] * self.velocity.get(weight, torch.zeros_like(weight))
                velocity = velocity + group["lr"] * gradient / (square + 1.0).sqrt()
                self.square[weight], self.velocity[weight] = square, velocity
                weight -= velocity


@pytest.mark.parametrize("momentum", [0.0, 0.8])
def test_rmsprop_is_tensorflows(tmp_path: Path, momentum: float) -> None:
    fields = {"optimizer": "rmsprop", "lr": 0.1, "momentum": momentum, "weight_decay": 0.2}
    run = fit(tmp_path / "run", net(), images(), epochs=STEPS, **fields)
    check(run, lambda weights: TensorflowRMSprop(by_decay(weights, 0.2), 0.1, momentum))


def orthogonalise(matrix: Tensor) -> Tensor:
    """Five times x -> a x + b x^3 + c x^5 on the singular values, of a matrix whose squares sum to 1."""
    left, values, right = torch.linalg.svd(matrix.double(), full_matrices=False)
    values = values / values.norm()
    for _ in range(5):
        values = 3.4445 * values - 4.7750 * values**3 + 2.0315 * values**5
    return (left * values) @ right


class OnlyMuon(torch.optim.Optimizer):
    """Muon with momentum as a running mean, and steps of 0.2 sqrt(larger side) (Liu et al. 2025, equation 4)."""

    def __init__(self, weights: list[Tensor], lr: float, momentum: float, decay: float, nesterov: bool) -> None:
        super().__init__(weights, {"lr": lr})
        self.momentum, self.decay, self.nesterov = momentum, decay, nesterov
        self.mean: dict[Tensor, Tensor] = {}

    @torch.no_grad()
    def step(self) -> None:
        group = self.param_groups[0]
        for weight in group["params"]:
            mean = self.momentum * self.mean.get(weight, torch.zeros_like(weight)) + (1 - self.momentum) * weight.grad
            self.mean[weight] = mean
            ahead = self.momentum * mean + (1 - self.momentum) * weight.grad if self.nesterov else mean
            matrix = ahead.flatten(1)
            weight *= 1 - group["lr"] * self.decay
            weight -= group["lr"] * 0.2 * sqrt(max(matrix.shape)) * orthogonalise(matrix).reshape(weight.shape).float()


class Both(torch.optim.Optimizer):
    """Muon for the kernels between the first layer and the logits, torch's AdamW for the rest."""

    def __init__(self, weights: Weights, lr: float, momentum: float, decay: float, nesterov: bool) -> None:
        super().__init__(taught(weights), {"lr": lr})
        hidden = weights["stage2.conv.weight"]
        others = {name: value for name, value in weights.items() if value is not hidden}
        self.muon = OnlyMuon([hidden], lr, momentum, decay, nesterov)
        self.rest = torch.optim.AdamW(by_decay(others, decay), lr, betas=(momentum, 0.999))

    def step(self) -> None:
        self.muon.step()
        self.rest.step()


@pytest.mark.parametrize("nesterov", [False, True])
def test_muon_is_the_papers_for_hidden_kernels_and_adamw_for_the_rest(tmp_path: Path, nesterov: bool) -> None:
    fields = {"optimizer": "muon", "lr": 0.02, "momentum": 0.8, "weight_decay": 0.3, "nesterov": nesterov}
    run = fit(tmp_path / "run", net(convs=2), images(), epochs=STEPS, **fields)
    check(run, lambda weights: Both(weights, 0.02, 0.8, 0.3, nesterov))


def test_the_gradient_of_all_weights_together_is_clipped(tmp_path: Path) -> None:
    run = fit(tmp_path / "run", net(), images(), epochs=STEPS, lr=0.5, clip=0.05)
    check(run, reference.sgd(0.5), clip=0.05)


def test_a_clip_that_is_never_reached_changes_nothing(tmp_path: Path) -> None:
    run = fit(tmp_path / "run", net(), images(), epochs=STEPS, lr=0.05, clip=1000.0)
    check(run, reference.sgd(0.05))


def test_each_stage_further_from_the_head_learns_at_a_smaller_rate(tmp_path: Path) -> None:
    run = fit(tmp_path / "run", net(convs=2), images(), epochs=STEPS, lr=0.1, layer_decay=0.5)
    shares = {"head": 1.0, "stage2": 0.5, "stage1": 0.25}

    def slower(weights: Weights) -> torch.optim.Optimizer:
        rates = {name: 0.1 * shares[name.split(".")[0]] for name in weights}
        return torch.optim.SGD([{"params": [weights[name]], "lr": rate} for name, rate in rates.items()])

    check(run, slower)
