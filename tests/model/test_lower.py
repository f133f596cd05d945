"""Lowered models give the logits of their originals: every network of the zoo, and each rule by written-out numbers."""

import pytest
import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from brickwork import zoo
from brickwork.model import Model, build, load, lower, save
from brickwork.model.lower import apply_rules, with_steps
from brickwork.network import Concat, Expr, Network, chain, concat, residual, smallest_input, stages, walk
from brickwork.network.layers import BatchNorm, Conv, Flatten, GlobalAvgPool, Linear, MaxPool, ReLU, Scale
from brickwork.network.lowering import Copy, FoldNorm, FoldScale, Stack, fold_norms, fold_scales, merge_siblings
from network.test_layers import Swish

HEAD = chain(GlobalAvgPool(), Flatten(), Linear(5))


def small(name: str) -> Network:
    """A narrow variant on a small input; a table of connections has one width."""
    whole = zoo.network(name)
    side = max(smallest_input(whole) or 0, 16 if whole.input[1] <= 32 else 32)
    narrow = name if name == "lenet5_1998" else f"{name}[width=0.25]"
    return zoo.network(narrow, input=(whole.input[0], side, side), classes=5)


DEEPEST = {"seresnet152", "preact_resnet164", "preact_resnet1001", "resnet1202"}  # signals would grow beyond float32


@torch.no_grad()
def perturb(model: Model, low: float = 0.5, high: float = 1.5) -> Model:
    """Norms as after a training: none of their four vectors is what it was at the start; gains from low to high."""
    for layer in model.modules():
        if isinstance(layer, _BatchNorm):
            assert layer.running_mean is not None
            assert layer.running_var is not None
            layer.running_mean.uniform_(-0.3, 0.3)
            layer.running_var.uniform_(0.5, 2)
            nn.init.uniform_(layer.weight, low, high)
            nn.init.uniform_(layer.bias, -0.3, 0.3)
    return model.eval()


def difference(found: Tensor, wanted: Tensor) -> float:
    return float((found.double() - wanted.double()).abs().max() / wanted.double().abs().max())


@pytest.mark.parametrize("name", zoo.names())
@torch.no_grad()
def test_a_lowered_model_gives_the_logits_of_its_original(name: str) -> None:
    """Within 1e-5 in float32, and in float64 to 1e-12, as the rewrites are exact."""
    model = perturb(build(small(name)), *((0.2, 0.6) if name in DEEPEST else ()))
    images = torch.randn(2, *model.network.input)
    logits = model(images)
    lowered = [lower(model)]
    if any(isinstance(part, Concat) for stage in model.network.stages for _, part in walk(stage)):
        lowered.append(lower(model, merge=True))
    assert not any(made.training for made in lowered)
    assert max(difference(made(images), logits) for made in lowered) < 1e-5
    images = images.double()
    exact = model.double()(images)
    assert difference(lower(model, merge=True)(images), exact) < 1e-12


def tiny(body: Expr, head: Expr = HEAD) -> Model:
    network = Network("tiny", (3, 9, 9), 5, stages(stage1=body), head)
    return perturb(build(network)).double()


@pytest.mark.parametrize(
    ("body", "head"),
    [
        (chain(Conv(6, 3, bias=False), BatchNorm(eps=0.1), ReLU()), HEAD),
        (chain(Conv(6, 3, groups=3), BatchNorm(eps=0.1), Conv(4, (1, 3)), BatchNorm()), HEAD),
        (ReLU(), chain(Flatten(), Linear(7), BatchNorm(), ReLU(), Linear(5, bias=False), BatchNorm())),
    ],
    ids=["without a bias", "in groups", "dense"],
)
@torch.no_grad()
def test_folding_norms_alone_is_exact(body: Expr, head: Expr) -> None:
    model = tiny(body, head)
    images = torch.randn(4, 3, 9, 9, dtype=torch.float64)
    lowered = with_steps(model, [fold_norms(model.network)])
    assert not any(isinstance(layer, _BatchNorm) for layer in lowered.modules())
    torch.testing.assert_close(lowered(images), model(images), rtol=1e-13, atol=1e-13)


@torch.no_grad()
def test_folding_factors_alone_is_exact() -> None:
    model = tiny(residual(chain(Conv(3, 1), Scale(0.17))))
    images = torch.randn(4, 3, 9, 9, dtype=torch.float64)
    lowered = with_steps(model, [fold_scales(model.network)])
    torch.testing.assert_close(lowered(images), model(images), rtol=1e-13, atol=1e-13)


@torch.no_grad()
def test_merging_alone_is_exact_with_norms_still_in_place() -> None:
    pool = chain(MaxPool(3, stride=1, padding=1), Conv(2, 1), BatchNorm(), ReLU())
    deep = chain(Conv(3, 1, bias=False), BatchNorm(), ReLU(), Conv(4, 3, padding=1))
    model = tiny(concat(chain(Conv(4, 1, bias=False), BatchNorm(), ReLU()), deep, pool))
    images = torch.randn(4, 3, 9, 9, dtype=torch.float64)
    merged = with_steps(model, [merge_siblings(model.network)])
    assert merged.get_parameter("stage1.path1.conv.weight").shape == (7, 3, 1, 1)
    torch.testing.assert_close(merged(images), model(images), rtol=1e-13, atol=1e-13)


def test_each_rule_is_its_arithmetic() -> None:
    conv = {"weight": torch.tensor([[[[2.0]]], [[[3.0]]]]), "bias": torch.tensor([1.0, 0.0])}
    norm = {
        "weight": torch.tensor([3.0, 5.0]),
        "bias": torch.tensor([7.0, 11.0]),
        "running_mean": torch.tensor([0.5, -1.0]),
        "running_var": torch.tensor([3.0, 24.0]),
    }
    weights = {"a": conv, "n": norm}
    rules = [("f", FoldNorm("a", "n", 1.0)), ("c", Copy("a")), ("s", FoldScale("a", 0.5)), ("m", Stack(("a", "a")))]
    made = apply_rules([*rules, ("none", Copy("b")), ("also none", FoldNorm("b", "n", 1.0))], weights)
    assert list(made) == ["f", "c", "s", "m"]
    assert made["f"]["weight"].flatten().tolist() == [3.0, 3.0]  # gains 3/2 and 5/5
    assert made["f"]["bias"].tolist() == [7.75, 12.0]  # (1 - 0.5) * 3/2 + 7, (0 + 1) * 1 + 11
    assert made["s"]["bias"].tolist() == [0.5, 0.0]
    assert made["m"]["weight"].flatten().tolist() == [2.0, 3.0, 2.0, 3.0]
    assert made["c"] == conv


@torch.no_grad()
def test_a_lowered_model_is_saved_and_loaded_like_any_other(tmp_path) -> None:  # type: ignore[no-untyped-def]
    lowered = lower(perturb(build(small("googlenet_bn"))), merge=True)
    save(tmp_path / "model.safetensors", lowered)
    back = load(tmp_path / "model.safetensors").model
    images = torch.randn(1, *lowered.network.input)
    assert back.network == lowered.network
    assert torch.equal(back(images), lowered(images))


def test_a_model_stays_as_it_was_when_it_is_lowered() -> None:
    model = perturb(build(small("resnet18"))).train()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    lower(model)
    assert model.training
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())


def test_the_weights_of_a_lowered_model_are_its_own() -> None:
    model = build(small("lenet5"))
    lowered = lower(model)
    nn.init.zeros_(next(lowered.parameters()))
    assert next(model.parameters()).any()


@torch.no_grad()
def test_layers_of_ones_own_keep_their_weights() -> None:
    model = tiny(chain(Conv(4, 3), BatchNorm(), Swish()))
    images = torch.randn(4, 3, 9, 9, dtype=torch.float64)
    torch.testing.assert_close(lower(model)(images), model(images), rtol=1e-13, atol=1e-13)
