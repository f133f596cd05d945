import copy
from typing import Any, get_args

import pytest
import torch

import bars
from brickwork.model import Model, build
from brickwork.recipe.recipe import Optimizer, Recipe
from brickwork.training.optim.optimizers import apply_schedule, hidden_weights, make_optimizer

KINDS = get_args(Optimizer)


@pytest.mark.parametrize("kind", KINDS)
def test_norms_and_biases_do_not_decay(kind: str) -> None:
    model = build(bars.network())
    groups = make_optimizer(model, Recipe(optimizer=kind, weight_decay=0.01)).param_groups  # type: ignore[arg-type]
    decaying = {id(weight) for group in groups if group["weight_decay"] for weight in group["params"]}
    names = {name for name, weight in model.named_parameters() if id(weight) in decaying}
    assert names == {"stage1.conv.weight", "stage2.conv.weight", "head.linear.weight"}
    assert sum(len(group["params"]) for group in groups) == len(list(model.parameters()))


def test_sgd_has_nesterov_momentum_and_none_where_the_recipe_says_so() -> None:
    model = build(bars.network())
    assert make_optimizer(model, Recipe()).param_groups[0]["nesterov"]
    assert not make_optimizer(model, Recipe(momentum=0.0)).param_groups[0]["nesterov"]
    assert not make_optimizer(model, Recipe(nesterov=False)).param_groups[0]["nesterov"]


@pytest.mark.parametrize("kind", KINDS)
def test_the_schedule_reaches_every_group(kind: str) -> None:
    recipe = Recipe(optimizer=kind, lr=0.5)  # type: ignore[arg-type]
    steps = make_optimizer(build(bars.network()), recipe)
    apply_schedule(steps, recipe, recipe.warmup)
    for group in steps.param_groups:
        assert group["lr"] == 0.5
        assert group.get("momentum", group.get("betas", (0,))[0]) == pytest.approx(0.85)


def named_rates(model: Model, steps: torch.optim.Optimizer) -> dict[str, float]:
    rates = {id(weight): group["lr"] for group in steps.param_groups for weight in group["params"]}
    return {name: rates[id(weight)] for name, weight in model.named_parameters()}


@pytest.mark.parametrize("kind", KINDS)
def test_everything_decays_where_the_recipe_says_all(kind: Any) -> None:
    groups = make_optimizer(build(bars.network()), Recipe(optimizer=kind, decay="all")).param_groups
    assert {group["weight_decay"] for group in groups} == {5e-4}


@pytest.mark.parametrize("kind", KINDS)
def test_a_stage_further_from_the_head_learns_slower(kind: Any) -> None:
    model, recipe = (
        build(bars.network(sides=True)),
        Recipe(optimizer=kind, lr=0.5, layer_decay=0.1, schedule="constant"),
    )
    steps = make_optimizer(model, recipe)
    apply_schedule(steps, recipe, 0.9)
    expected = {"head": 0.5, "side1": 0.5, "stage2": 0.05, "stage1": 0.005}
    assert named_rates(model, steps) == pytest.approx(
        {name: expected[name.split(".")[0]] for name, _ in model.named_parameters()}
    )


def test_muon_turns_hidden_weights_only() -> None:
    model = build(bars.network(sides=True))
    names = {id(weight): name for name, weight in model.named_parameters()}
    assert [names[id(weight)] for weight in hidden_weights(model)] == ["stage2.conv.weight"]
    groups = make_optimizer(model, Recipe(optimizer="muon")).param_groups
    turned = [names[id(weight)] for group in groups if group["orthogonal"] for weight in group["params"]]
    assert turned == ["stage2.conv.weight"]
    assert sum(len(group["params"]) for group in groups) == len(names)


def walked(
    model: Model, steps: torch.optim.Optimizer, recipe: Recipe, first: int, last: int
) -> dict[str, torch.Tensor]:
    """Takes the steps from `first` to before `last`; each has its own images."""
    for step in range(first, last):
        chance = torch.Generator().manual_seed(step)
        apply_schedule(steps, recipe, step / 10)
        steps.zero_grad()
        model.train()
        torch.manual_seed(step)
        logits = model(torch.rand(8, 1, 8, 8, generator=chance))
        torch.nn.functional.cross_entropy(logits, torch.arange(8) % 4).backward()
        steps.step()
    return {name: value.clone() for name, value in model.state_dict().items()}


@pytest.mark.parametrize("kind", KINDS)
def test_an_optimizer_goes_on_from_its_state_bit_for_bit(kind: Any) -> None:
    recipe = Recipe(optimizer=kind, lr=0.01)
    model = build(bars.network()).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    steps = make_optimizer(model, recipe)
    walked(model, steps, recipe, 0, 3)
    middle, remembered = copy.deepcopy(model), copy.deepcopy(steps.state_dict())
    end = walked(model, steps, recipe, 3, 6)
    again = make_optimizer(middle, recipe)
    again.load_state_dict(remembered)
    other = walked(middle, again, recipe, 3, 6)
    assert all(torch.equal(value, other[name]) for name, value in end.items())


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_remembered_of_a_weight_has_its_shape_or_none(kind: Any) -> None:
    model, recipe = build(bars.network()), Recipe(optimizer=kind)
    steps = make_optimizer(model, recipe)
    walked(model, steps, recipe, 0, 1)
    assert steps.state
    for weight, remembered in steps.state.items():
        assert {value.shape for value in remembered.values()} <= {weight.shape, torch.Size([])}


@pytest.mark.parametrize("kind", KINDS)
def test_every_optimizer_learns(kind: Any) -> None:
    recipe = Recipe(optimizer=kind, lr=0.1 if kind in ("sgd", "rmsprop") else 0.01)
    split, model = bars.split(32, 0), build(bars.network())
    images, labels = torch.from_numpy(split.images) / 255, torch.from_numpy(split.labels)
    steps, losses = make_optimizer(model, recipe), []
    for _ in range(20):
        steps.zero_grad()
        value = torch.nn.functional.cross_entropy(model(images), labels)
        value.backward()
        steps.step()
        losses.append(value.item())
    assert losses[-1] < losses[0] / 2


@pytest.mark.parametrize("kind", KINDS)
def test_a_weight_without_a_gradient_stays_as_it_is(kind: Any) -> None:
    model, recipe = build(bars.network()), Recipe(optimizer=kind, decay="all", weight_decay=0.1)
    model.get_submodule("stage1").requires_grad_(False)
    before = {name: value.clone() for name, value in model.named_parameters()}
    steps = make_optimizer(model, recipe)
    walked(model, steps, recipe, 0, 2)
    same = {name for name, value in model.named_parameters() if torch.equal(value, before[name])}
    assert same == {name for name in before if name.startswith("stage1.")}
