import pytest
import torch

from brickwork.train.recipe import Recipe
from brickwork.train.schedule import learning_rate, momentum

ONE = Recipe(schedule="onecycle", lr=0.5, momentum=0.9, warmup=0.25)
COSINE = Recipe(schedule="cosine", lr=0.5, momentum=0.9, warmup=0.1)


@pytest.mark.parametrize(
    ("done", "rate", "mass"),
    [(0.0, 0.02, 0.95), (0.125, 0.26, 0.9), (0.25, 0.5, 0.85), (0.625, 0.250001, 0.9), (1.0, 2e-6, 0.95)],
)
def test_onecycle_at_its_start_middle_top_and_end(done: float, rate: float, mass: float) -> None:
    assert learning_rate(ONE, done) == pytest.approx(rate)
    assert momentum(ONE, done) == pytest.approx(mass)


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


@pytest.mark.parametrize("schedule", ["onecycle", "cosine"])
@pytest.mark.parametrize("warmup", [0.0, 1.0])
def test_a_schedule_may_be_all_warm_up_or_none(schedule: str, warmup: float) -> None:
    recipe = Recipe(schedule=schedule, warmup=warmup, lr=0.5)  # type: ignore[arg-type]
    top = 0.0 if warmup == 0.0 else 0.999999
    assert learning_rate(recipe, top) == pytest.approx(0.5, rel=1e-4)
    assert all(0 <= learning_rate(recipe, done / 10) <= 0.5 for done in range(11))
