"""The five flavors of He et al. 2016, Fig. 4: orders given to one function."""

from itertools import permutations

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from brickwork import zoo
from brickwork.errors import BrickworkError
from brickwork.model import build
from brickwork.model.build import Add, module
from brickwork.network import cost, shape_after, walk
from brickwork.network.blocks import FLAVORS, Style, basic, bottleneck
from brickwork.network.layers import BatchNorm, Conv, ReLU

BLOCKS = {"basic": (basic, 16), "bottleneck": (bottleneck, 4)}  # a width whose block leaves 16 channels


def unit(flavor: str, block: str) -> Add:
    make, width = BLOCKS[block]
    made = module(make(width, style=Style(flavor)), (16, 8, 8))
    assert isinstance(made, Add)
    return made.train()


def zeroed(unit: Add) -> Add:
    """The unit with a body that gives zero."""
    for layer in unit.body.modules():
        if isinstance(layer, nn.Conv2d | nn.BatchNorm2d):
            nn.init.zeros_(layer.weight)
    return unit


@pytest.fixture
def x() -> Tensor:
    torch.manual_seed(0)
    return torch.randn(4, 16, 8, 8)


@pytest.mark.parametrize("block", BLOCKS)
@pytest.mark.parametrize("flavor", FLAVORS)
def test_every_flavor_has_the_same_layers_in_its_own_order(flavor: str, block: str) -> None:
    make, width = BLOCKS[block]
    parts = [part for _, part in walk(make(width, style=Style(flavor, shortcut="A")))]
    convs = 2 if block == "basic" else 3
    assert sum(isinstance(part, Conv) for part in parts) == convs
    assert parts.count(BatchNorm()) == convs
    assert parts.count(ReLU()) == convs


@pytest.mark.parametrize("block", BLOCKS)
def test_without_its_body_the_original_is_relu_and_the_clean_ones_are_the_identity(block: str, x: Tensor) -> None:
    for flavor in ("relu_before_add", "relu_only_pre", "pre"):
        torch.testing.assert_close(zeroed(unit(flavor, block))(x), x)
    torch.testing.assert_close(zeroed(unit("original", block))(x), x.relu())
    normed = functional.batch_norm(x, None, None, training=True).relu()
    torch.testing.assert_close(zeroed(unit("bn_after_add", block))(x), normed)


@pytest.mark.parametrize("block", BLOCKS)
@pytest.mark.parametrize("flavor", FLAVORS)
def test_only_the_original_and_bn_after_add_never_go_below_zero(flavor: str, block: str, x: Tensor) -> None:
    assert (unit(flavor, block)(x) >= 0).all().item() == (flavor in ("original", "bn_after_add"))


@pytest.mark.parametrize("block", BLOCKS)
@pytest.mark.parametrize("flavor", FLAVORS)
def test_only_relu_before_add_never_goes_below_its_input(flavor: str, block: str, x: Tensor) -> None:
    assert (unit(flavor, block)(x) >= x).all().item() == (flavor == "relu_before_add")


@pytest.mark.parametrize("depth", ["resnet20", "resnet50"])
@pytest.mark.parametrize("flavor", FLAVORS)
def test_every_flavor_learns_at_every_depth(flavor: str, depth: str) -> None:
    torch.manual_seed(0)
    model = build(zoo.network(f"{depth}[flavor={flavor},width=0.25]", input=(3, 16, 16), classes=4)).train()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    images, labels = torch.randn(8, 3, 16, 16), torch.arange(8) % 4
    losses = []
    for _ in range(4):
        loss = functional.cross_entropy(model(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert all(weight.grad is not None and weight.grad.any() for weight in model.parameters())
    assert min(losses[-2:]) < losses[0]


def test_every_permutation_that_can_be_is_a_network() -> None:
    orders = [" ".join(order) for order in permutations(["conv", "norm", "relu", "+"])]
    possible = [order for order in orders if order.index("+") > order.index("conv")]
    counts = {order: cost(zoo.network(f"resnet20[flavor={order}]")).params for order in possible}
    assert len(counts) == 12
    assert set(counts.values()) == {269_722}
    assert counts.keys() >= set(FLAVORS.values())


def test_an_order_that_cannot_be_is_refused() -> None:
    with pytest.raises(BrickworkError, match="the sum '\\+' comes after the convolution"):
        zoo.network("resnet20[flavor=norm + relu conv]")
    with pytest.raises(BrickworkError, match="unknown flavor 'prea': did you mean 'pre'"):
        zoo.network("resnet20[flavor=prea]")
    with pytest.raises(BrickworkError, match="An order of your own is written 'conv norm \\+ relu'"):
        zoo.network("resnet20[flavor=conv conv norm +]")


def test_a_pre_activation_stage_shares_its_first_norm_and_relu_with_the_shortcut() -> None:
    stages = {stage.name: stage.body for stage in zoo.network("preact_resnet18").stages}
    paths = {name: [path for path, part in walk(body) if part == BatchNorm()] for name, body in stages.items()}
    assert paths["stage2"] == ["0.body.norm", "1.body.norm1", "1.body.norm2"]  # the stem has the first one's
    assert paths["stage3"] == ["0.before.norm", "0.body.norm", "1.body.norm1", "1.body.norm2"]


def test_stride_stands_in_the_3x3_or_in_the_first_1x1() -> None:
    strides = {
        strided: [
            part.stride
            for path, part in walk(bottleneck(64, stride=2, style=style))
            if isinstance(part, Conv) and "body" in path
        ]
        for strided, style in (("v1.5", Style()), ("v1", Style(strided="1x1")))
    }
    assert strides == {"v1.5": [1, 2, 1], "v1": [2, 1, 1]}


@pytest.mark.parametrize("shortcut", ["A", "B", "C", "D"])
def test_every_shortcut_leads_to_the_bodys_shape(shortcut: str) -> None:
    style = Style(shortcut=shortcut)  # type: ignore[arg-type]
    assert shape_after(basic(32, stride=2, style=style), (16, 7, 7)) == (32, 4, 4)
