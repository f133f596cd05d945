"""Every schedule step by step: the rate that each optimizer step was taken with, against its formula."""

from collections.abc import Callable
from math import cos, pi
from pathlib import Path
from typing import Any

import pytest
import torch

from effects import reference
from effects.reference import close, descend, pixels
from effects.runs import Trace, fit, images, net

EPOCHS, STEPS = 4, 12  # 24 images, 8 a step
TOP = 0.2

# The rate over the highest one, at the share of the training that is done in the middle of a step.
FORMULAS: dict[str, tuple[dict[str, Any], Callable[[float], float]]] = {
    "constant": ({}, lambda done: 1.0),
    "linear": ({}, lambda done: 1 - done),
    "cosine": ({}, lambda done: (1 + cos(pi * done)) / 2),
    "poly": ({"power": 2.0}, lambda done: (1 - done) ** 2),
    "inverse": ({"power": 0.75}, lambda done: (1 + done) ** -0.75),
    "step": (
        {"milestones": (0.28, 0.54), "factor": (0.1,)},
        lambda done: 1 if done < 0.28 else 0.1 if done < 0.54 else 0.01,
    ),
    "exponential": (
        {"factor": (0.5,), "period": 0.8},  # of 4 epochs: at 0.2, 0.4, 0.6 and 0.8 of the training
        lambda done: 0.5 ** sum(done >= fall for fall in (0.2, 0.4, 0.6, 0.8)),
    ),
}


def middles() -> list[float]:
    return [(step + 0.5) / STEPS for step in range(STEPS)]


def rates(trace: Trace) -> list[float]:
    """The rate of each step, which all groups share."""
    assert all(len({group["lr"] for group in groups}) == 1 for groups in trace.steps)
    return [groups[0]["lr"] for groups in trace.steps]


@pytest.mark.parametrize("schedule", FORMULAS)
def test_every_step_has_the_rate_of_the_formula(tmp_path: Path, schedule: str) -> None:
    fields, formula = FORMULAS[schedule]
    run = fit(tmp_path / "run", net(), images(), epochs=EPOCHS, batch=8, lr=TOP, schedule=schedule, **fields)
    expected = [TOP * formula(done) for done in middles()]
    assert rates(run.trace) == pytest.approx(expected, rel=1e-6)
    assert [epoch["learning_rate"] for epoch in run.epochs] == pytest.approx(expected[2::3], rel=1e-6)


@pytest.mark.parametrize("schedule", FORMULAS)
def test_a_warm_up_rises_in_a_line_from_0(tmp_path: Path, schedule: str) -> None:
    """Milestones and periods count from the beginning of the training, all others from the end of the warm-up."""
    fields, formula = FORMULAS[schedule]
    shares = {"schedule": schedule, "warmup": 0.25, **fields}
    run = fit(tmp_path / "run", net(), images(), epochs=EPOCHS, batch=8, lr=TOP, **shares)
    late = schedule not in ("step", "exponential")
    expected = [
        TOP * (done / 0.25 if done < 0.25 else formula((done - 0.25) / 0.75 if late else done)) for done in middles()
    ]
    assert rates(run.trace) == pytest.approx(expected, rel=1e-6)


def test_milestones_may_each_have_their_factor(tmp_path: Path) -> None:
    fields = {"schedule": "step", "milestones": (0.25, 0.5, 0.75), "factor": (0.5, 0.1, 2.0)}
    run = fit(tmp_path / "run", net(), images(), epochs=EPOCHS, batch=8, lr=TOP, **fields)
    expected = [TOP] * 3 + [0.5 * TOP] * 3 + [0.05 * TOP] * 3 + [0.1 * TOP] * 3
    assert rates(run.trace) == pytest.approx(expected)


def half(start: float, end: float, share: float) -> float:
    """Half a cosine from one to the other."""
    return end + (start - end) * (1 + cos(pi * share)) / 2


@pytest.mark.parametrize(
    ("optimizer", "mass"),
    [
        ("sgd", lambda group: group["momentum"]),
        ("rmsprop", lambda group: group["momentum"]),
        ("adamw", lambda group: group["betas"][0]),
        ("muon", lambda group: group["momentum"] if group["orthogonal"] else group["betas"][0]),
    ],
)
def test_onecycle_moves_the_rate_and_the_momentum_against_each_other(
    tmp_path: Path, optimizer: str, mass: Callable[[dict[str, Any]], float]
) -> None:
    fields = {"schedule": "onecycle", "warmup": 0.25, "momentum": 0.9, "optimizer": optimizer}
    run = fit(tmp_path / "run", net(convs=2), images(), epochs=EPOCHS, batch=8, lr=TOP / 10, **fields)
    low, lower = TOP / 10 / 25, TOP / 10 / 25e4
    up = [(done / 0.25) for done in middles() if done < 0.25]
    down = [((done - 0.25) / 0.75) for done in middles() if done >= 0.25]
    expected = [half(low, TOP / 10, at) for at in up] + [half(TOP / 10, lower, at) for at in down]
    assert rates(run.trace) == pytest.approx(expected, rel=1e-6)
    against = [half(0.95, 0.85, at) for at in up] + [half(0.85, 0.95, at) for at in down]
    for groups, wanted in zip(run.trace.steps, against, strict=True):
        assert [mass(group) for group in groups] == pytest.approx([wanted] * len(groups), rel=1e-6)


def test_other_schedules_leave_the_momentum_alone(tmp_path: Path) -> None:
    run = fit(tmp_path / "run", net(), images(), epochs=2, schedule="cosine", warmup=0.25, momentum=0.9)
    assert {group["momentum"] for groups in run.trace.steps for group in groups} == {0.9}


def test_the_weights_move_by_the_scheduled_rate_and_momentum(tmp_path: Path) -> None:
    fields = {"schedule": "onecycle", "warmup": 0.5, "momentum": 0.7, "lr": 0.1}
    run = fit(tmp_path / "run", net(), images(), epochs=6, **fields)

    def cycle(optimizer: torch.optim.Optimizer, step: int) -> None:
        done = (step + 0.5) / 6
        at, turn = (done / 0.5, 0) if done < 0.5 else ((done - 0.5) / 0.5, 1)
        rate = half(0.1, 0.1 / 25e4, at) if turn else half(0.1 / 25, 0.1, at)
        mass = half(0.65, 0.75, at) if turn else half(0.75, 0.65, at)
        optimizer.param_groups[0].update(lr=rate, momentum=mass)

    batch = pixels(run.dataset, "train")
    path = descend(run.after(0), [batch] * 6, reference.sgd(0.1, momentum=0.7), before=cycle)
    close(run.after(6), path[-1])
