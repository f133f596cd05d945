"""What each layer of a built model computes, against the same written out."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from brickwork.model import Model, build
from brickwork.network import Layer, Network, chain, stages
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

SHAPE = (4, 9, 7)


def built(layer: Layer, shape: tuple[int, ...] = SHAPE) -> Model:
    """A network of this layer, and what needs be behind it; every weight drawn."""
    model = build(Network("one", shape, 2, stages(stage1=layer), chain(GlobalAvgPool(), Flatten(), Linear(2))))
    with torch.no_grad():
        for weight in model.parameters():
            weight.normal_()
    return model


def answer(model: Model, x: Tensor) -> Tensor:
    return model.features(x)["stage1"]


def windows(x: Tensor, kernel: int, stride: int, fill: float) -> Tensor:
    """N x C x H x W x (kernel * kernel), padded by one."""
    padded = functional.pad(x, (1, 1, 1, 1), value=fill)
    return padded.unfold(2, kernel, stride).unfold(3, kernel, stride).flatten(4)


def neighbours(x: Tensor) -> Tensor:
    """The sum over each channel and those beside it."""
    padded = functional.pad(x, (0, 0, 0, 0, 1, 1))
    return padded[:, :-2] + padded[:, 1:-1] + padded[:, 2:]


PLAIN: list[tuple[Layer, Callable[[Tensor], Tensor]]] = [
    (ReLU(), lambda x: x * (x > 0)),
    (Tanh(), lambda x: 1 - 2 / (1 + (2 * x).exp())),
    (Tanh(1.5, 0.5), lambda x: 1.5 * (1 - 2 / (1 + x.exp()))),
    (Sigmoid(), lambda x: 1 / (1 + (-x).exp())),
    (Scale(0.17), lambda x: 0.17 * x),
    (PadShortcut(10, stride=2), lambda x: torch.cat([x[:, :, ::2, ::2], torch.zeros(len(x), 6, 5, 4)], 1)),
    (PadShortcut(4, stride=3), lambda x: x[:, :, ::3, ::3]),
    (MaxPool(3, stride=2, padding=1), lambda x: windows(x, 3, 2, -1e9).amax(-1)),
    (AvgPool(3, stride=2, padding=1), lambda x: windows(x, 3, 2, 0).sum(-1) / 9),
    (
        AvgPool(3, stride=2, padding=1, include_pad=False),
        lambda x: windows(x, 3, 2, 0).sum(-1) / windows(torch.ones_like(x), 3, 2, 0).sum(-1),
    ),
    (AvgPool((9, 7)), lambda x: x.mean((2, 3), keepdim=True)),
    (GlobalAvgPool(), lambda x: x.mean((2, 3), keepdim=True)),
    (AdaptiveAvgPool((3, 1)), lambda x: x.reshape(len(x), 4, 3, 3, 7).mean((3, 4))[..., None]),
    (
        LocalResponseNorm(3, alpha=0.6, beta=0.5, k=1.5),
        lambda x: (
            x / (1.5 + 0.2 * sum(functional.pad(x**2, (0, 0, 0, 0, 1, 1))[:, i : i + 4] for i in range(3))) ** 0.5
        ),
    ),
    (Dropout(0.4), lambda x: x),
    (StochasticDepth(0.25), lambda x: 0.75 * x),
    (StochasticDepth(0.25, rescale="train"), lambda x: x),
]


@pytest.mark.parametrize(
    ("layer", "expected"), PLAIN, ids=lambda value: repr(value) if isinstance(value, Layer) else ""
)
def test_a_layer_computes_what_it_says(layer: Layer, expected: Callable[[Tensor], Tensor]) -> None:
    x = torch.randn(3, *SHAPE)
    torch.testing.assert_close(answer(built(layer).eval(), x), expected(x))


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize("stride", [1, 2])
def test_a_convolution_is_a_sum_over_its_group_and_window(groups: int, stride: int, bias: bool) -> None:
    model = built(Conv(6, 3, stride=stride, padding=1, groups=groups, bias=bias)).eval()
    x, weights = torch.randn(3, *SHAPE), dict(model.named_parameters())
    weight = weights["stage1.weight"].flatten(2)
    assert ("stage1.bias" in weights) == bias
    seen = windows(x, 3, stride, 0)
    parts = [
        torch.einsum("nchwk,ock->nohw", seen.chunk(groups, 1)[group], weight.chunk(groups)[group])
        for group in range(groups)
    ]
    expected = torch.cat(parts, 1) + (weights["stage1.bias"][:, None, None] if bias else 0)
    torch.testing.assert_close(answer(model, x), expected, rtol=1e-4, atol=1e-5)


def test_kernels_strides_and_paddings_are_height_before_width() -> None:
    model = built(Conv(2, (1, 5), stride=(3, 1), padding=(0, 2)))
    layer = model.get_submodule("stage1")
    assert model.get_parameter("stage1.weight").shape == (2, 4, 1, 5)
    assert (layer.stride, layer.padding) == ((3, 1), (0, 2))
    assert answer(model, torch.zeros(1, *SHAPE)).shape == (1, 2, 3, 7)


@pytest.mark.parametrize("bias", [True, False])
def test_a_dense_layer_is_a_product_of_its_matrix(bias: bool) -> None:
    model = build(Network("dense", (5, 1, 1), 3, stages(flat=Flatten()), Linear(3, bias=bias)))
    x, weights = torch.randn(4, 5, 1, 1), dict(model.named_parameters())
    assert ("head.bias" in weights) == bias
    expected = x[:, :, 0, 0] @ weights["head.weight"].T + weights.get("head.bias", 0)
    torch.testing.assert_close(model(x), expected)


@pytest.mark.parametrize("momentum", [0.3, None])
def test_batch_norm_has_the_eps_and_the_momentum_of_its_value(momentum: float | None) -> None:
    model = built(BatchNorm(eps=0.5, momentum=momentum))
    weight, bias = (model.get_parameter(f"stage1.{kind}")[:, None, None] for kind in ("weight", "bias"))
    mean, variance = torch.zeros(4), torch.ones(4)
    for step in range(1, 4):
        x = 2 * torch.randn(3, *SHAPE) + 1
        now, away = x.mean((0, 2, 3)), x.var((0, 2, 3), unbiased=False)
        normal = (x - now[:, None, None]) / (away[:, None, None] + 0.5).sqrt()
        torch.testing.assert_close(answer(model.train(), x), weight * normal + bias)
        share, count = momentum or 1 / step, 3 * 9 * 7
        mean, variance = mean + share * (now - mean), variance + share * (away * count / (count - 1) - variance)
    torch.testing.assert_close(model.get_buffer("stage1.running_mean"), mean)
    torch.testing.assert_close(model.get_buffer("stage1.running_var"), variance)
    normal = (x - mean[:, None, None]) / (variance[:, None, None] + 0.5).sqrt()
    torch.testing.assert_close(answer(model.eval(), x), weight * normal + bias)


def test_dropout_keeps_its_share_and_divides_by_it() -> None:
    kept = answer(built(Dropout(0.4), (4, 100, 100)).train(), torch.ones(1, 4, 100, 100))
    assert kept.unique().tolist() == pytest.approx([0, 1 / 0.6])
    assert (kept > 0).float().mean().item() == pytest.approx(0.6, abs=0.02)


@pytest.mark.parametrize(("rescale", "value"), [("test", 1.0), ("train", 1 / 0.75)])
@pytest.mark.parametrize("each", ["batch", "image"])
def test_stochastic_depth_keeps_all_of_an_image_or_nothing(each: str, rescale: str, value: float) -> None:
    model = built(StochasticDepth(0.25, each=each, rescale=rescale)).train()  # type: ignore[arg-type]
    batches = [answer(model, torch.ones(50, *SHAPE)).flatten(1) for _ in range(60)]
    images = torch.cat(batches)
    assert torch.equal(images.amin(1), images.amax(1))
    assert images.unique().tolist() == pytest.approx([0, value])
    mixed = [0 < (batch[:, 0] > 0).float().mean() < 1 for batch in batches]
    assert all(mixed) if each == "image" else not any(mixed)
    draws = images[:, 0] if each == "image" else torch.stack([batch[0, 0] for batch in batches])
    assert (draws > 0).float().mean().item() == pytest.approx(0.75, abs=0.15 if each == "batch" else 0.03)
