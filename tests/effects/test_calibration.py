"""The temperature in a model file is the one at which its own validation labels are most probable."""

from collections.abc import Callable
from math import exp, log
from pathlib import Path

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from effects.reference import head, pixels
from effects.runs import Run, fit, images, net


def least(function: Callable[[float], float], low: float, high: float) -> float:
    """Where a function with one minimum has it, by thirds."""
    for _ in range(200):
        first, second = low + (high - low) / 3, high - (high - low) / 3
        low, high = (low, second) if function(first) < function(second) else (first, high)
    return (low + high) / 2


def temperature(logits: Tensor, labels: Tensor) -> float:
    """The sum of all cross-entropies at 1 / T, and half of (1 / T - 1)^2, which weighs as one image at most."""

    def cost(power: float) -> float:
        share = exp(-power)
        return functional.cross_entropy(logits * share, labels, reduction="sum").item() + (share - 1) ** 2 / 2

    return exp(least(cost, log(1e-2), log(1e2)))


def answers(run: Run) -> tuple[Tensor, Tensor]:
    """Logits of the model file on the validation images, and their labels."""
    held, labels = pixels(run.dataset, "val")
    return head(run.weights, held).double(), labels


def check(run: Run) -> float:
    found = run.record["calibration"]
    logits, labels = answers(run)
    assert found["n"] == len(labels)
    assert found["temperature"] == pytest.approx(temperature(logits, labels), rel=1e-3)
    return float(found["temperature"])


def test_a_model_that_is_too_sure_is_cooled_down(tmp_path: Path) -> None:
    """Trained to be sure of noise: a third of its validation labels are others."""
    run = fit(tmp_path / "run", net(), images(val=30, wrong=10), epochs=20, lr=0.3)
    assert check(run) > 2


def test_a_model_that_is_not_sure_enough_is_warmed_up(tmp_path: Path) -> None:
    run = fit(tmp_path / "run", net(), images(val=30), epochs=6, lr=0.02, label_smoothing=0.3)
    assert check(run) < 0.7


@pytest.mark.parametrize("ema", [0.0, 0.5])
def test_it_is_fitted_to_the_model_that_is_kept_and_not_to_a_later_one(tmp_path: Path, ema: float) -> None:
    run = fit(tmp_path / "run", net(), images(val=30, wrong=10), epochs=20, lr=0.3, ema=ema)
    assert run.record["best"]["epoch"] < 20
    held, labels = pixels(run.dataset, "val")
    last = run.average(20) if ema else run.after(20)
    later = temperature(head(last, held).double(), labels)
    assert abs(later / check(run) - 1) > 0.01, "the last model has another temperature"


def test_the_thresholds_let_the_promised_share_through(tmp_path: Path) -> None:
    run = fit(tmp_path / "run", net(), images(val=30), epochs=4, lr=0.1)
    logits, labels = answers(run)
    sure, guess = (logits / temperature(logits, labels)).softmax(1).max(1)
    ascending = sure.sort().values.tolist()
    rows = run.record["calibration"]["answered"]
    assert len(rows) == 100
    for percent in (10, 50, 90, 100):
        out = (100 - percent) * 31 // 100  # of n + 1 images
        threshold, through, right = rows[percent - 1]
        assert threshold == pytest.approx(ascending[out - 1] if out else 0.0, rel=1e-3)
        assert through == 30 - max(out - 1, 0)
        assert right == int(((sure >= threshold * (1 - 1e-6)) & (guess == labels)).sum())
    assert torch.unique(sure).numel() == 30, "no two are equally sure"
