import copy
from collections.abc import Callable
from dataclasses import dataclass
from math import exp, log
from typing import Any

import pytest
import torch

import bars
from brickwork.errors import BrickworkError
from brickwork.model import Model, build
from brickwork.network import cost
from brickwork.network.memory import training_memory
from brickwork.recipe.recipe import Recipe
from brickwork.training.optim.ema import Ema
from brickwork.training.optim.optimizers import apply_schedule, make_optimizer
from brickwork.training.precision import scaler
from brickwork.training.tune.range_test import find_batch, find_rate, memory_needed, range_test, restore_after

CPU, CUDA = torch.device("cpu"), torch.device("cuda")


def valley(rate: float) -> float:
    """Falls fastest at 0.01, is lowest at 0.1, and rises without bounds from there."""
    if rate > 0.1:
        return 0.5 + 5 * log(rate / 0.1) ** 2
    return 0.5 + 1 / (1 + exp(4 * (log(rate) - log(0.01))))


def test_a_sweep_finds_the_steepest_and_the_lowest_point() -> None:
    found = range_test(valley, smoothing=0.0, steps=200)
    assert found.steepest == pytest.approx(0.01, rel=0.1)
    assert found.least == pytest.approx(0.1, rel=0.1)
    assert found.suggestion == found.least / 3
    assert found.rates[0] == 1e-5
    assert len(found.rates) == len(found.losses) == len(found.smooth)


def test_the_steepest_rate_is_none_beyond_the_lowest() -> None:
    def spiky(rate: float) -> float:  # falls slowly to 0.01, rises, and falls again from 1 on, faster than before
        return 2 - rate * 50 if rate <= 0.01 else 4 if rate <= 1 else 2.5

    found = range_test(spiky, smoothing=0.0)
    assert found.least <= 0.01
    assert found.steepest <= found.least


def test_a_sweep_ends_where_it_tells_nothing_more() -> None:
    found = range_test(valley, smoothing=0.0)
    assert found.rates[-1] < 0.5
    assert max(found.losses) < 4 * min(found.losses) + 1


@pytest.mark.parametrize("end", [lambda: float("nan"), lambda: float("inf"), lambda: raised()])
def test_a_sweep_ends_where_the_loss_is_no_number(end: Callable[[], float]) -> None:
    found = range_test(lambda rate: end() if rate > 0.05 else 1 / (1 + rate))
    assert found.least == found.rates[-1] <= 0.05


def raised() -> float:
    raise BrickworkError("the loss is nan")


def test_a_loss_that_only_rises_is_said() -> None:
    with pytest.raises(
        BrickworkError, match="the learning rate could not be found: after 3 steps from 1e-05 on the loss"
    ):
        range_test(lambda rate: 1.0 if rate < 1.5e-5 else float("nan"))


@dataclass(eq=False)
class Training:
    """Steps on the same images again and again."""

    model: Model
    optimizer: torch.optim.Optimizer
    scaler: torch.amp.GradScaler
    ema: Ema | None = None
    step: int = 0
    loss_sum: float = 0.0

    def take(self) -> float:
        split = bars.split(32, 0)
        images, labels = torch.from_numpy(split.images) / 255, torch.from_numpy(split.labels)
        self.optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(self.model(images), labels)
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()
        if self.ema:
            self.ema.update(5)
        return loss.item()


def training(recipe: Recipe) -> Training:
    torch.manual_seed(0)
    model = build(bars.network())
    return Training(model, make_optimizer(model, recipe), scaler(recipe, CPU), Ema(model, 0.9) if recipe.ema else None)


@pytest.mark.parametrize("kind", ["sgd", "adamw", "muon"])
@pytest.mark.parametrize("begun", [False, True])
def test_a_training_is_the_same_after_a_sweep_bit_for_bit(kind: Any, begun: bool) -> None:
    trained = training(Recipe(optimizer=kind, layer_decay=0.5, ema=0.9))
    assert trained.ema
    if begun:
        trained.take()
    parts = (trained.model.state_dict(), trained.ema.state(), trained.optimizer.state_dict())
    before = copy.deepcopy(parts)
    torch.manual_seed(3)
    chance = torch.get_rng_state()
    found = find_rate(trained, trained.take, steps=40)
    assert len(found.rates) >= 10
    after = (trained.model.state_dict(), trained.ema.state(), trained.optimizer.state_dict())
    assert all(same(one, other) for one, other in zip(before, after, strict=True))
    assert torch.equal(torch.get_rng_state(), chance)
    assert all(weight.grad is None for weight in trained.model.parameters())


def same(one: object, other: object) -> bool:
    if isinstance(one, torch.Tensor):
        return torch.equal(one, other)  # type: ignore[arg-type]
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(value, other[key]) for key, value in one.items())  # type: ignore[attr-defined, index]
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))  # type: ignore[arg-type, call-overload]
    return one == other


def test_a_suggested_rate_is_good_for_the_top_of_a_schedule() -> None:
    trained = training(Recipe())
    recipe = Recipe(lr=find_rate(trained, trained.take).suggestion)
    losses = []
    for step in range(40):
        apply_schedule(trained.optimizer, recipe, step / 40)
        losses.append(trained.take())
    assert losses[-1] < losses[0] / 2


def spoil(trained: Training) -> None:
    with restore_after(trained):
        trained.model.train()
        trained.take()
        raise ZeroDivisionError


def test_what_was_spoilt_by_an_error_is_restored_too() -> None:
    trained = training(Recipe())
    trained.model.eval()
    before = copy.deepcopy(trained.model.state_dict())
    with pytest.raises(ZeroDivisionError):
        spoil(trained)
    assert same(before, trained.model.state_dict())
    assert not trained.model.training


@pytest.mark.parametrize(("limit", "most", "batch"), [(100, 1000, 64), (64, 1000, 64), (1, 1000, 1), (9999, 300, 256)])
def test_a_batch_is_doubled_until_memory_is_full(limit: int, most: int, batch: int) -> None:
    tried: list[int] = []

    def attempt(images: int) -> None:
        tried.append(images)
        if images > limit:
            raise torch.OutOfMemoryError("CUDA out of memory")

    assert find_batch(bars.network(), attempt, device=CUDA, free=0, most=most) == batch
    assert tried == [2**power for power in range(len(tried))]


def test_another_error_is_not_taken_for_full_memory() -> None:
    def attempt(images: int) -> None:
        raise RuntimeError("shapes differ")

    with pytest.raises(RuntimeError, match="shapes differ"):
        find_batch(bars.network(), attempt, device=CUDA, free=0, most=8)


def never(images: int) -> None:
    raise AssertionError("on a CPU nothing is tried")


def test_on_a_cpu_a_batch_follows_from_the_free_memory() -> None:
    network = bars.network()
    free = memory_needed(network, 40)
    assert find_batch(network, never, device=CPU, free=free, most=1000) == 32
    assert find_batch(network, never, device=CPU, free=free, most=20) == 16


def test_a_step_needs_memory_for_what_is_kept_and_for_weights() -> None:
    """Weights, gradients and one momentum for each, running averages, and room for workspaces."""
    network, recipe = bars.network(sides=True), Recipe(precision="fp32")
    weights = 12 * cost(network).params_with_side_heads
    averages = sum(8 * row.output[0] for row in cost(network).rows if row.kind == "norm")
    assert 0 <= memory_needed(network, 0, recipe) / 1.15 - weights - averages < 1000  # norms' statistics
    kept = training_memory(network, 10, device="cpu").kept
    assert memory_needed(network, 10, recipe) - memory_needed(network, 0, recipe) >= 10 / 11 * kept


def test_the_memory_of_a_step_follows_from_the_recipe() -> None:
    network = bars.network()
    weights = 4 * cost(network).params
    plain, adam, averaged = (
        memory_needed(network, 0, recipe) for recipe in (Recipe(), Recipe(optimizer="adamw"), Recipe(ema=0.9))
    )
    assert adam - plain == pytest.approx(1.15 * weights, abs=2)
    assert averaged - plain >= 1.15 * weights - 2
    halves = memory_needed(network, 64, Recipe(accumulate=2))
    assert memory_needed(network, 32, Recipe()) <= halves <= memory_needed(network, 32, Recipe()) + 1.15 * weights + 2
    assert memory_needed(network, 64, Recipe(precision="bf16")) < memory_needed(network, 64, Recipe(precision="fp32"))


@pytest.mark.parametrize(
    ("free", "limit", "tried", "batch"),
    [(40, 100, [32, 64, 128], 64), (40, 32, [32, 64], 32), (200, 20, [128, 64, 32, 16], 16), (40, 0, [32, 16, 8], 0)],
)
def test_a_gpu_begins_with_the_batch_that_arithmetic_says(free: int, limit: int, tried: list[int], batch: int) -> None:
    seen: list[int] = []

    def attempt(images: int) -> None:
        seen.append(images)
        if images > limit:
            raise torch.OutOfMemoryError("CUDA out of memory")

    def search() -> int:
        return find_batch(bars.network(), attempt, device=CUDA, free=free, most=1000, needed=lambda images: images)

    if batch:
        assert search() == batch
    else:
        with pytest.raises(BrickworkError, match="not even one image"):
            search()
    assert seen[: len(tried)] == tried


def test_where_nothing_fits_it_is_said() -> None:
    with pytest.raises(BrickworkError, match=r"tiny on 1x8x8, 4 classes: not even one image a step fits into memory"):
        find_batch(bars.network(), never, device=CPU, free=100, most=8)
