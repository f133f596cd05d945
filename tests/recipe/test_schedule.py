from typing import Any, get_args

import pytest
import torch

from brickwork.recipe.recipe import Recipe, Schedule
from brickwork.recipe.schedule import learning_rate, momentum

ONE = Recipe(schedule="onecycle", lr=0.5, momentum=0.9, warmup=0.25)
COSINE = Recipe(schedule="cosine", lr=0.5, momentum=0.9, warmup=0.1)


@pytest.mark.parametrize(
    ("done", "rate", "speed"),
    [(0.0, 0.02, 0.95), (0.125, 0.26, 0.9), (0.25, 0.5, 0.85), (0.625, 0.250001, 0.9), (1.0, 2e-6, 0.95)],
)
def test_onecycle_at_its_start_middle_top_and_end(done: float, rate: float, speed: float) -> None:
    assert learning_rate(ONE, done) == pytest.approx(rate)
    assert momentum(ONE, done) == pytest.approx(speed)


def test_onecycle_is_that_of_torch() -> None:
    steps, weight = 101, torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([weight], lr=0.5, momentum=0.9)
    theirs = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.5, total_steps=steps, pct_start=26 / steps)
    for step in range(steps - 1):  # theirs reaches the top at step pct_start * steps - 1 = 25 of 100
        group = optimizer.param_groups[0]
        assert learning_rate(ONE, step / 100) == pytest.approx(group["lr"], rel=1e-6)
        assert momentum(ONE, step / 100) == pytest.approx(group["momentum"], rel=1e-6)
        optimizer.step()
        theirs.step()


@pytest.mark.parametrize(("done", "rate"), [(0.0, 0.0), (0.05, 0.25), (0.1, 0.5), (0.55, 0.25), (1.0, 0.0)])
def test_cosine_at_its_start_middle_top_and_end(done: float, rate: float) -> None:
    assert learning_rate(COSINE, done) == pytest.approx(rate)
    assert momentum(COSINE, done) == 0.9


STEP = {"schedule": "step", "milestones": (0.3, 0.6, 0.8)}


@pytest.mark.parametrize(
    ("fields", "points"),
    [
        ({**STEP, "factor": (0.2,)}, {0.0: 1, 0.299: 1, 0.3: 0.2, 0.61: 0.04, 0.8: 0.008, 1.0: 0.008}),
        ({**STEP, "milestones": (0.3, 0.6), "factor": (0.5, 0.1)}, {0.29: 1, 0.3: 0.5, 0.7: 0.05}),
        ({**STEP, "factor": (0.5, 0.2, 0.1)}, {0.29: 1, 0.3: 0.5, 0.7: 0.1, 0.9: 0.01}),
        ({"schedule": "exponential", "factor": (0.94,), "period": 2}, {0.019: 1, 0.021: 0.94, 0.999: 0.94**49}),
        ({"schedule": "linear"}, {0.0: 1, 0.25: 0.75, 1.0: 0}),
        ({"schedule": "poly", "power": 0.5}, {0.0: 1, 0.75: 0.5, 1.0: 0}),
        ({"schedule": "inverse", "power": 0.75}, {0.0: 1, 1.0: 2**-0.75}),
        ({"schedule": "constant"}, {0.0: 1, 0.5: 1, 1.0: 1}),
    ],
)
def test_the_papers_schedules(fields: dict[str, Any], points: dict[float, float]) -> None:
    recipe = Recipe(lr=0.4, epochs=100, warmup=0.0, **fields)
    assert {done: learning_rate(recipe, done) / 0.4 for done in points} == pytest.approx(points)
    assert {momentum(recipe, done) for done in points} == {0.9}


def test_caffes_inverse_schedule_is_expressed_exactly() -> None:
    """lr (1 + gamma * step) ^ -power with gamma = 1e-4 over 10,000 steps."""
    recipe = Recipe(schedule="inverse", power=0.75, lr=0.01, warmup=0.0)
    for step in (0, 2500, 9999):
        assert learning_rate(recipe, step / 10_000) == pytest.approx(0.01 * (1 + 1e-4 * step) ** -0.75)


def test_a_warm_up_rises_in_a_line_and_moves_no_milestone() -> None:
    recipe = Recipe(schedule="step", milestones=(0.5,), factor=(0.1,), lr=0.4, warmup=0.1)
    rates = [learning_rate(recipe, done) for done in (0.05, 0.1, 0.49, 0.51)]
    assert rates == pytest.approx([0.2, 0.4, 0.4, 0.04])


@pytest.mark.parametrize("schedule", get_args(Schedule))
@pytest.mark.parametrize("warmup", [0.0, 1.0])
def test_a_schedule_may_be_all_warm_up_or_none(schedule: str, warmup: float) -> None:
    recipe = Recipe(schedule=schedule, warmup=warmup, lr=0.5)  # type: ignore[arg-type]
    top = 0.0 if warmup == 0.0 else 0.999999
    assert learning_rate(recipe, top) == pytest.approx(0.5, rel=1e-4)
    assert all(0 <= learning_rate(recipe, done / 10) <= 0.5 for done in range(11))
