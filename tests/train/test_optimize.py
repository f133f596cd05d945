import pytest
import torch
from torch.nn import functional

import bars
from brickwork.model import build
from brickwork.network import SideHead, chain
from brickwork.train.optimize import loss, optimizer, schedule
from brickwork.train.recipe import Recipe


def test_side_heads_enter_the_loss_with_their_weights() -> None:
    labels = torch.tensor([0, 1])
    head, one, two = torch.randn(3, 2, 4).unbind()
    sides = (SideHead("side1", "stage1", chain(), weight=0.3), SideHead("side2", "stage1", chain(), weight=0.7))
    found = loss({"head": head, "side1": one, "side2": two}, labels, sides, smoothing=0.1)
    cross = [functional.cross_entropy(logits, labels, label_smoothing=0.1) for logits in (head, one, two)]
    assert found.item() == pytest.approx((cross[0] + 0.3 * cross[1] + 0.7 * cross[2]).item())


def test_side_heads_are_trained_with_the_network() -> None:
    model = build(bars.network(sides=True))
    labels = torch.arange(4)
    loss(model.all_logits(torch.rand(4, 1, 8, 8)), labels, model.network.side_heads, 0.0).backward()  # type: ignore[no-untyped-call]
    side = dict(model.named_parameters())["side1.linear.weight"]
    assert side.grad is not None
    assert side.grad.abs().sum() > 0


@pytest.mark.parametrize("kind", ["sgd", "adamw"])
def test_norms_and_biases_do_not_decay(kind: str) -> None:
    model = build(bars.network())
    groups = optimizer(model, Recipe(optimizer=kind, weight_decay=0.01)).param_groups  # type: ignore[arg-type]
    decaying = {id(weight) for group in groups if group["weight_decay"] for weight in group["params"]}
    names = {name for name, weight in model.named_parameters() if id(weight) in decaying}
    assert names == {"stage1.conv.weight", "stage2.conv.weight", "head.linear.weight"}
    assert sum(len(group["params"]) for group in groups) == len(list(model.parameters()))


def test_sgd_has_nesterov_momentum_and_none_where_the_recipe_says_so() -> None:
    model = build(bars.network())
    assert optimizer(model, Recipe()).param_groups[0]["nesterov"]
    assert not optimizer(model, Recipe(momentum=0.0)).param_groups[0]["nesterov"]


@pytest.mark.parametrize("kind", ["sgd", "adamw"])
def test_the_schedule_reaches_every_group(kind: str) -> None:
    recipe = Recipe(optimizer=kind, lr=0.5)  # type: ignore[arg-type]
    steps = optimizer(build(bars.network()), recipe)
    schedule(steps, recipe, recipe.warmup)
    for group in steps.param_groups:
        assert group["lr"] == 0.5
        assert group.get("momentum", group.get("betas", (0,))[0]) == pytest.approx(0.85)
