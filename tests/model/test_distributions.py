"""What each initialisation draws, layer by layer, against its formula."""

from collections.abc import Callable
from math import sqrt

import pytest
import torch
from torch import Tensor

from brickwork.model import Model, build
from brickwork.network import Network, SideHead, chain, stages
from brickwork.network.layers import BatchNorm, Conv, Flatten, GlobalAvgPool, Linear

CONV, GROUPED, HIDDEN, LOGITS = "stage1.conv1", "stage1.conv2", "head.linear1", "head.linear2"
SIDE = "side1.linear"
FANS = {  # numbers that each output is made of, and outputs that each input goes into
    CONV: (6 * 25, 40 * 25),
    GROUPED: (40 // 4 * 9, 72 // 4 * 9),
    HIDDEN: (72, 300),
    LOGITS: (300, 50),
    SIDE: (72, 50),
}


def made(init: str) -> Model:
    """Layers whose fans differ, biases everywhere, a hidden dense layer, and two classifiers."""
    side = SideHead("side1", "stage1", chain(GlobalAvgPool(), Flatten(), Linear(50)))
    stage = chain(Conv(40, 5, padding=2), BatchNorm(), Conv(72, 3, padding=1, groups=4))
    head = chain(GlobalAvgPool(), Flatten(), Linear(300), Linear(50))
    torch.manual_seed(3)
    return build(Network("fans", (6, 8, 8), 50, stages(stage1=stage), head, (side,)), init=init)


def normal(weight: Tensor, std: float) -> None:
    away = weight.abs() / std
    assert weight.std().item() == pytest.approx(std, rel=0.03)
    assert weight.mean().abs().item() < 4 * std / sqrt(weight.numel())
    assert (away > 2).float().mean().item() == pytest.approx(0.0455, abs=0.012)  # a uniform one has none there


def uniform(weight: Tensor, bound: float) -> None:
    assert 0.995 * bound < weight.abs().max().item() <= bound * (1 + 1e-6)
    assert weight.std().item() == pytest.approx(bound / sqrt(3), rel=0.03)
    assert weight.mean().abs().item() < 4 * bound / sqrt(3 * weight.numel())


FORMULAS: dict[str, tuple[Callable[[Tensor, float], None], Callable[[str, int, int], float]]] = {
    "he": (
        normal,
        lambda name, fan_in, fan_out: sqrt(
            2 / fan_out if "conv" in name else 1 / fan_in if name in (LOGITS, SIDE) else 2 / fan_in
        ),
    ),
    "xavier": (uniform, lambda name, fan_in, fan_out: sqrt(6 / (fan_in + fan_out))),
    "gauss": (normal, lambda name, fan_in, fan_out: 0.01),
    "alexnet": (normal, lambda name, fan_in, fan_out: 0.01),
    "vgg": (normal, lambda name, fan_in, fan_out: 0.1),
    "lecun": (uniform, lambda name, fan_in, fan_out: 2.4 / fan_in),
}
FORMULAS["nin"] = FORMULAS["he"]

BIASES = {  # those that are not 0
    "alexnet": {GROUPED: 1.0, HIDDEN: 1.0},
    "nin": {LOGITS: 1.0, SIDE: 1.0},
}


@pytest.mark.parametrize("name", FANS)
@pytest.mark.parametrize("init", FORMULAS)
def test_weights_have_the_formulas_distribution_and_biases_their_value(init: str, name: str) -> None:
    model = made(init)
    judge, size = FORMULAS[init]
    judge(model.get_parameter(f"{name}.weight").detach(), size(name, *FANS[name]))
    expected = BIASES.get(init, {}).get(name, 0.0)
    assert model.get_parameter(f"{name}.bias").unique().tolist() == [expected]


@pytest.mark.parametrize("init", FORMULAS)
def test_norms_begin_at_one_and_zero(init: str) -> None:
    model = made(init)
    assert model.get_parameter("stage1.norm.weight").unique().tolist() == [1.0]
    assert model.get_parameter("stage1.norm.bias").unique().tolist() == [0.0]


def test_two_models_of_one_seed_are_equal_and_of_two_are_not() -> None:
    one, same = made("he"), made("he")
    torch.manual_seed(4)
    other = build(one.network, init="he")
    assert torch.equal(one.get_parameter(f"{CONV}.weight"), same.get_parameter(f"{CONV}.weight"))
    assert not torch.equal(one.get_parameter(f"{CONV}.weight"), other.get_parameter(f"{CONV}.weight"))


def test_reset_classifiers_are_drawn_as_classifiers_in_head_and_side_heads() -> None:
    model = made("he")
    before = model.get_parameter(f"{HIDDEN}.weight").clone()
    model.reset_classifier(200)
    assert model.network.classes == 200
    for name in (LOGITS, SIDE):
        weight, bias = model.get_parameter(f"{name}.weight"), model.get_parameter(f"{name}.bias")
        assert weight.shape == (200, FANS[name][0])
        normal(weight.detach(), sqrt(1 / FANS[name][0]))
        assert not bias.any()
    assert torch.equal(model.get_parameter(f"{HIDDEN}.weight"), before)
