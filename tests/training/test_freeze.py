from dataclasses import replace

import pytest
import torch
from torch import nn

import bars
from brickwork.errors import BrickworkError
from brickwork.model import Model, build
from brickwork.network import IDENTITY, chain
from brickwork.network.layers import Flatten, GlobalAvgPool
from brickwork.recipe.recipe import Recipe
from brickwork.training.freeze import check_freeze, frozen_stages, thaw


def learning(model: Model) -> set[str]:
    return {name.split(".")[0] for name, weight in model.named_parameters() if weight.requires_grad}


@pytest.mark.parametrize(
    ("freeze", "parts"),
    [
        (0, {"stage1", "stage2", "head", "side1"}),
        (1, {"stage2", "head", "side1"}),
        (-1, {"head", "side1"}),
    ],
)
def test_as_many_stages_are_frozen_as_the_recipe_says(freeze: int, parts: set[str]) -> None:
    model = build(bars.network(sides=True))
    thaw(model, Recipe(freeze=freeze), 1)
    assert learning(model) == parts


def test_a_frozen_stage_keeps_its_weights_and_its_norms_averages() -> None:
    model, recipe = build(bars.network()), Recipe(freeze=1)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    model.train()
    thaw(model, recipe, 1)
    model(torch.rand(4, 1, 8, 8)).sum().backward()
    torch.optim.SGD(model.parameters(), lr=1.0).step()
    changed = {name for name, value in model.state_dict().items() if not torch.equal(value, before[name])}
    assert {name.split(".")[0] for name in changed} == {"stage2", "head"}
    assert "stage2.norm.running_mean" in changed


def test_a_frozen_stages_norms_do_what_they_do_in_evaluation() -> None:
    model, images = build(bars.network()), torch.rand(4, 1, 8, 8)
    expected = model.eval().features(images)["stage1"]
    model.train()
    thaw(model, Recipe(freeze=1), 1)
    assert torch.equal(model.features(images)["stage1"], expected)


def test_one_more_stage_learns_after_every_so_many_epochs_the_last_one_first() -> None:
    recipe = Recipe(freeze=-1, unfreeze=2)
    stages = ["a", "b", "c"]
    found = [frozen_stages(stages, recipe, epoch) for epoch in range(1, 9)]
    assert [len(names) for names in found] == [3, 3, 2, 2, 1, 1, 0, 0]
    assert found[2] == ["a", "b"]


def test_an_epochs_stages_do_not_depend_on_the_epochs_before() -> None:
    recipe = Recipe(freeze=2, unfreeze=1)
    walked, jumped = build(bars.network()), build(bars.network())
    for epoch in (1, 2):
        thaw(walked.train(), recipe, epoch)
    thaw(jumped.train(), recipe, 2)
    assert learning(walked) == learning(jumped) == {"stage2", "head"}
    norms = [
        [part.training for part in model.modules() if isinstance(part, nn.BatchNorm2d)] for model in (walked, jumped)
    ]
    assert norms[0] == norms[1] == [False, True]


def test_a_norm_that_was_built_frozen_is_never_freed() -> None:
    model = build(bars.network(), norm="frozen").train()
    thaw(model, Recipe(), 1)
    assert not model.get_parameter("stage1.norm.weight").requires_grad
    assert model.get_parameter("stage1.conv.weight").requires_grad


def test_freezing_more_stages_than_there_are_is_said() -> None:
    check_freeze(build(bars.network()), Recipe(freeze=2))
    with pytest.raises(
        BrickworkError, match=r"tiny has 2 stages, stage1, stage2: freeze=3 is too many\. freeze=-1 stands"
    ):
        check_freeze(build(bars.network()), Recipe(freeze=3))


def test_a_network_whose_head_has_no_weights_cannot_be_frozen_whole() -> None:
    network = bars.network()
    bare = replace(network, classes=8, head=chain(GlobalAvgPool(), Flatten(), IDENTITY))
    check_freeze(build(bare), Recipe(freeze=1))
    with pytest.raises(BrickworkError, match="tiny: its head has no weights, so nothing learns with freeze=-1"):
        check_freeze(build(bare), Recipe(freeze=-1))
