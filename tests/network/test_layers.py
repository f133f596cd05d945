from dataclasses import FrozenInstanceError, dataclass
from typing import ClassVar

import pytest
import torch
from torch import nn

from brickwork.errors import BrickworkError
from brickwork.model.build import module
from brickwork.network import Layer, Shape
from brickwork.network.historic import PartialConv, RadialBasis, Subsampling
from brickwork.network.layers import (
    AdaptiveAvgPool,
    AvgPool,
    BatchNorm,
    Conv,
    Dropout,
    Flatten,
    GlobalAvgPool,
    Linear,
    LocalResponseNorm,
    MaxPool,
    PadShortcut,
    ReLU,
    Scale,
    Sigmoid,
    StochasticDepth,
    Tanh,
)

MAPS = [
    Conv(8, 3),
    Conv(8, 3, stride=2, padding=1),
    Conv(8, (1, 7), padding=(0, 3)),
    Conv(8, (7, 1), stride=(1, 2), padding=(3, 0), bias=False),
    Conv(8, 5, stride=3, groups=2),
    BatchNorm(),
    LocalResponseNorm(),
    ReLU(),
    Tanh(),
    Tanh(1.7159, 2 / 3),
    Sigmoid(),
    MaxPool(3, stride=2),
    MaxPool(3, stride=2, padding=1),
    MaxPool(2, stride=3, ceil=True),
    AvgPool(3, stride=2, padding=1, ceil=True),
    AvgPool(3, stride=2, padding=1, ceil=True, include_pad=False),
    GlobalAvgPool(),
    AdaptiveAvgPool((2, 3)),
    Flatten(),
    Dropout(),
    StochasticDepth(0.3),
    Scale(0.17),
    PadShortcut(10, stride=2),
]
SHAPES = [(4, 9, 9), (4, 10, 13), (4, 8, 7)]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("layer", MAPS, ids=repr)
def test_shape_and_weights_are_those_of_the_torch_module(layer: Layer, shape: Shape) -> None:
    made = module(layer, shape).eval()
    assert layer.output(shape) == tuple(made(torch.randn(2, *shape)).shape[1:])
    assert layer.weights(shape) == {name: tuple(weight.shape) for name, weight in made.named_parameters()}


@pytest.mark.parametrize("ceil", [False, True])
@pytest.mark.parametrize("padding", [0, 1])
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("kernel", [2, 3])
def test_pooling_rounds_as_torch_does_at_every_size(kernel: int, stride: int, padding: int, ceil: bool) -> None:
    layer = MaxPool(kernel, stride, padding, ceil)
    for side in range(kernel, 20):
        assert layer.output((1, side, side)) == tuple(
            module(layer, (1, side, side))(torch.zeros(1, 1, side, side)).shape[1:]
        )


def test_macs_count_every_multiplication_of_a_convolution_and_a_dense_layer() -> None:
    assert Conv(96, 11, stride=4).macs((3, 227, 227)) == 96 * 55 * 55 * 3 * 11 * 11
    assert Conv(256, 5, padding=2, groups=2).macs((96, 27, 27)) == 256 * 27 * 27 * 48 * 5 * 5
    assert Linear(10).macs((84,)) == 840
    assert MaxPool(2).macs((3, 8, 8)) == BatchNorm().macs((3, 8, 8)) == 0


def test_a_layer_prints_as_it_is_written() -> None:
    for layer in MAPS:
        assert eval(repr(layer)) == layer
    assert repr(Conv(64, 7, stride=2, padding=3, bias=False)) == "Conv(64, 7, stride=2, padding=3, bias=False)"


def test_a_layer_prints_what_it_must_be_given_without_names_and_leaves_defaults_out() -> None:
    assert [repr(layer) for layer in (*MAPS, PartialConv(((0,),), 5), Subsampling(), RadialBasis(("#.",)))] == [
        "Conv(8, 3)",
        "Conv(8, 3, stride=2, padding=1)",
        "Conv(8, (1, 7), padding=(0, 3))",
        "Conv(8, (7, 1), stride=(1, 2), padding=(3, 0), bias=False)",
        "Conv(8, 5, stride=3, groups=2)",
        "BatchNorm()",
        "LocalResponseNorm()",
        "ReLU()",
        "Tanh()",
        "Tanh(scale=1.7159, slope=0.6666666666666666)",
        "Sigmoid()",
        "MaxPool(3, stride=2)",
        "MaxPool(3, stride=2, padding=1)",
        "MaxPool(2, stride=3, ceil=True)",
        "AvgPool(3, stride=2, padding=1, ceil=True)",
        "AvgPool(3, stride=2, padding=1, ceil=True, include_pad=False)",
        "GlobalAvgPool()",
        "AdaptiveAvgPool((2, 3))",
        "Flatten()",
        "Dropout()",
        "StochasticDepth(0.3)",
        "Scale(0.17)",
        "PadShortcut(10, stride=2)",
        "PartialConv(((0,),), 5)",
        "Subsampling()",
        "RadialBasis(('#.',))",
    ]


def test_equal_layers_are_one_value_however_they_were_written() -> None:
    assert Conv(8, (3, 3)) == Conv(8, 3)
    assert MaxPool(2) == MaxPool(2, stride=2)
    assert len({Conv(8, 3), Conv(8, (3, 3)), Conv(8, 3, stride=1)}) == 1


def test_a_layer_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        Conv(8, 3).out = 9  # type: ignore[misc]


@pytest.mark.parametrize(
    ("layer", "shape", "text"),
    [
        (
            Conv(64, 3, groups=32),
            (100, 8, 8),
            "a 3x3 convolution with groups=32 needs channels divisible by 32, but 100 reach it",
        ),
        (MaxPool(3, stride=2), (8, 2, 2), r"MaxPool\(3, stride=2\) needs a map of at least 3x3, but 2x2 reaches it"),
        (Conv(8, (1, 7)), (8, 5, 5), "needs a map of at least 1x7, but 5x5 reaches it"),
        (Linear(10), (8, 2, 2), r"needs a vector, but a map of 8x2x2 reaches it: put Flatten\(\) before it"),
        (Conv(8, 3), (10,), "needs a map of channels x height x width, but a vector of 10 reaches it"),
        (GlobalAvgPool(), (10,), "needs a map, but a vector of 10 reaches it"),
        (AdaptiveAvgPool(6), (10,), "needs a map, but a vector of 10 reaches it"),
        (PadShortcut(4), (8, 2, 2), "adds channels to a map and takes none away, but 8x2x2 reaches it"),
    ],
)
def test_a_misfit_says_what_was_expected_and_what_came(layer: Layer, shape: Shape, text: str) -> None:
    with pytest.raises(BrickworkError, match=text):
        layer.output(shape)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Conv(8, 0),
        lambda: Conv(8, 3, stride=0),
        lambda: Conv(8, 3, padding=-1),
        lambda: Conv(9, 3, groups=2),
        lambda: Conv(0, 3),
        lambda: Linear(0),
        lambda: StochasticDepth(1.0),
        lambda: BatchNorm(eps=-1),
        lambda: BatchNorm(momentum=2),
        lambda: LocalResponseNorm(size=0),
        lambda: MaxPool(3, padding=2),
        lambda: AvgPool((1, 7), padding=(0, 4)),
        lambda: AdaptiveAvgPool((0, 2)),
        lambda: Dropout(1.5),
        lambda: PadShortcut(8, stride=0),
        lambda: PartialConv((), 5),
        lambda: PartialConv(((0,), ()), 5),
        lambda: PartialConv(((-1,),), 5),
        lambda: RadialBasis(()),
        lambda: RadialBasis(("#.", "#")),
        lambda: RadialBasis(("#x",)),
    ],
)
def test_a_layer_that_cannot_be_is_refused_when_it_is_written(make: object) -> None:
    with pytest.raises(BrickworkError):
        make()  # type: ignore[operator]


def test_the_papers_response_norm_is_torchs_with_five_times_the_alpha() -> None:
    x = torch.randn(1, 7, 2, 2)
    sums = torch.stack([(x[:, max(0, i - 2) : i + 3] ** 2).sum(1) for i in range(7)], dim=1)
    torch.testing.assert_close(module(LocalResponseNorm(), (7, 2, 2))(x), x / (2 + 1e-4 * sums) ** 0.75)


@dataclass(frozen=True, repr=False)
class Swish(Layer):
    """A layer of one's own."""

    kind: ClassVar[str] = "swish"

    def module(self, shape: Shape) -> nn.Module:
        return nn.SiLU()


def test_a_layer_of_ones_own_is_built_by_its_module() -> None:
    x = torch.randn(2, 3)
    assert torch.equal(module(Swish(), (3,))(x), nn.functional.silu(x))


@pytest.mark.parametrize("each", ["batch", "image"])
@pytest.mark.parametrize("rescale", ["test", "train"])
def test_stochastic_depth_keeps_its_mean(each: str, rescale: str) -> None:
    torch.manual_seed(0)
    drop = module(StochasticDepth(0.25, each=each, rescale=rescale), (1,))
    trained = torch.cat([drop(torch.ones(1, 1)) for _ in range(2000)]).mean().item()
    assert trained == pytest.approx(drop.eval()(torch.ones(1, 1)).item(), abs=0.06)


def test_stochastic_depth_draws_once_for_a_batch_or_once_for_an_image() -> None:
    torch.manual_seed(0)
    ones = torch.ones(64, 2)
    batches = [module(StochasticDepth(0.5), (2,))(ones) for _ in range(8)]
    assert all(len(batch.unique()) == 1 for batch in batches)
    assert len(module(StochasticDepth(0.5, each="image"), (2,))(ones).unique()) == 2


@pytest.mark.parametrize("shape", [(4, 1, 5), (4, 5, 1), (4,)], ids=str)
def test_subsampling_needs_two_pixels_each_way(shape: Shape) -> None:
    assert Subsampling().output((4, 2, 5)) == (4, 1, 2)
    with pytest.raises(BrickworkError, match="needs a map of at least 2x2"):
        Subsampling().output(shape)


def test_padding_counts_on_both_sides_in_the_least_map_that_is_named() -> None:
    layer = Conv(8, (7, 9), padding=(2, 1))
    assert layer.output((1, 3, 7)) == (8, 1, 1)
    with pytest.raises(BrickworkError, match="needs a map of at least 3x7, but 2x6 reaches it"):
        layer.output((1, 2, 6))
