"""Memory of a training against what torch keeps, and against optimizers' own states."""

from dataclasses import dataclass
from math import prod
from typing import ClassVar

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from brickwork import zoo
from brickwork.errors import BrickworkError
from brickwork.model import Model
from brickwork.network import Layer, Network, Shape, chain, concat, cost, gate, residual, smallest_size, stages
from brickwork.network.layer import Keeps
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
    ReLU,
    Sigmoid,
    Tanh,
)
from brickwork.network.memory import Memory, largest_batch, training_memory
from brickwork.recipe.recipe import Recipe
from brickwork.training.optim.optimizers import make_optimizer

BATCH = 3


def kept(network: Network, half: bool = False) -> int:
    """Bytes of the storages that torch keeps for the backward pass, weights and running averages apart."""
    model = Model(network).train().to(memory_format=torch.channels_last)
    images = torch.randn(BATCH, *network.input).to(memory_format=torch.channels_last)
    own = {tensor.untyped_storage().data_ptr() for tensor in (*model.parameters(), *model.buffers())}
    alive: dict[int, Tensor] = {}

    def save(tensor: Tensor) -> Tensor:
        if tensor.untyped_storage().data_ptr() not in own:
            alive[tensor.untyped_storage().data_ptr()] = tensor.detach()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(save, lambda tensor: tensor):
        with torch.autocast("cpu", torch.bfloat16, enabled=half):
            logits = model.all_logits(images)
        targets = torch.zeros(BATCH, dtype=torch.int64)
        terms = [functional.cross_entropy(scores.float(), targets) for scores in logits.values()]
        loss = torch.stack(terms).sum()
    assert loss.requires_grad
    return sum(tensor.untyped_storage().nbytes() for tensor in alive.values())


def of(*parts: object, head: object = None) -> Network:
    last = head or chain(GlobalAvgPool(), Flatten(), Linear(5))
    return Network("made", (3, 12, 12), 5, stages(stage1=chain(*parts)), last)  # type: ignore[arg-type]


CONV = Conv(4, 3, padding=1)
EACH_KIND = {
    "a convolution keeps its input": of(CONV, CONV),
    "a ReLU keeps what the next convolution keeps, too": of(CONV, ReLU(), CONV),
    "a norm keeps its input and its statistics": of(CONV, BatchNorm(), ReLU(), CONV),
    "a sigmoid and a tanh keep their outputs": of(CONV, Sigmoid(), CONV, Tanh(), CONV),
    "a scaled tanh keeps the tanh": of(CONV, Tanh(1.7, 0.5), CONV),
    "a max pool keeps indices": of(CONV, ReLU(), MaxPool(3, 2, ceil=True), CONV),
    "a mean pool keeps its input": of(CONV, AvgPool(2), CONV, AdaptiveAvgPool(3), CONV),
    "a response norm keeps float32": of(CONV, ReLU(), LocalResponseNorm(), CONV, LocalResponseNorm(3)),
    "a dropout keeps a mask": of(CONV, Dropout(0.3), CONV, Dropout(0.0), CONV),
    "paths keep their ends and the join": of(CONV, concat(chain(CONV, ReLU()), chain(CONV, Sigmoid()), CONV), CONV),
    "a sum keeps nothing": of(CONV, residual(chain(CONV, ReLU()), after=ReLU()), residual(CONV), CONV),
    "a gate keeps both": of(CONV, gate(chain(GlobalAvgPool(), Conv(4, 1), Sigmoid())), CONV),
    "what comes before all weights keeps nothing": of(MaxPool(2), Sigmoid(), BatchNorm(), CONV),
    "maps that are laid out are copied": of(CONV, head=chain(Flatten(), Linear(5))),
}


@pytest.mark.parametrize("half", [False, True], ids=["fp32", "bf16"])
@pytest.mark.parametrize("why", EACH_KIND)
def test_of_every_kind_of_layer_torch_keeps_what_the_rule_says(why: str, half: bool) -> None:
    check(EACH_KIND[why], half)


def check(network: Network, half: bool) -> None:
    said = training_memory(network, BATCH, precision="bf16" if half else "fp32", device="cpu").kept
    scalars = 64  # of each loss, and of stochastic depth in bfloat16
    assert abs(kept(network, half) - said) <= scalars, network.name


ZOO = (
    "lenet5_1998", "lenet5_bn", "lenet_caffe", "alexnet[width=0.125]", "vgg11_lrn[width=0.125]",
    "nin_cifar[width=0.125]",
    "googlenet[width=0.125]", "googlenet_tv[width=0.125]", "inception_resnet_v2[width=0.125]",
    "inception_v3[width=0.125,side_heads=false]",
    "resnet18[width=0.125]", "resnet20[shortcut=A]", "resnet20[drop=0.5]", "preact_resnet18[width=0.125]",
    "seresnet50[width=0.125]", "resnext50_32x4d[width=0.25]", "wrn_16_4[dropout=0.3,width=0.25]",
)  # fmt: skip


@pytest.mark.parametrize("half", [False, True], ids=["fp32", "bf16"])
@pytest.mark.parametrize("name", ZOO)
def test_of_a_network_of_every_family_torch_keeps_what_is_said(name: str, half: bool) -> None:
    whole = zoo.network(name)
    side = max(*(smallest_size(whole) or (0,)), min(whole.input[1], 48))
    check(zoo.network(name, input=(whole.input[0], side, side)), half)


def test_a_network_written_out() -> None:
    network = of(Conv(4, 3, padding=1, bias=False), BatchNorm(), ReLU())
    memory = training_memory(network, 2, precision="fp32")
    weights = 4 * 3 * 9 + 2 * 4 + 4 * 5 + 5
    image, maps = 3 * 12 * 12, 4 * 12 * 12
    # the image, the convolution's output for the norm, the ReLU's; the means for the dense layer; the loss
    each = 4 * (image + 2 * maps + 4) + 4 * 5 + 8
    statistics = 2 * 4 * 4
    assert memory == Memory(2, 4 * weights + 4 * 2 * 4, 4 * weights, 4 * weights, 2 * each + statistics, 2 * 8 * maps)
    assert memory.total == sum((memory.weights, memory.gradients, memory.optimizer, memory.kept, memory.working))
    assert memory.to_dict()["total"] == memory.total
    assert repr(memory).startswith("Memory(batch=2, weights=596,")


@pytest.mark.parametrize("optimizer", ["sgd", "adamw", "rmsprop", "muon"])
@pytest.mark.parametrize("name", ["resnet20[width=0.25]", "googlenet[width=0.05]", "vgg11[width=0.05]", "lenet5_1998"])
def test_an_optimizer_remembers_as_many_numbers_as_is_said(name: str, optimizer: str) -> None:
    network = zoo.network(name)
    model = Model(network)
    own = make_optimizer(model, Recipe(optimizer=optimizer))  # type: ignore[arg-type]
    for weight in model.parameters():
        weight.grad = torch.zeros_like(weight)
    own.step()
    states = (value for state in own.state.values() for value in state.values() if isinstance(value, Tensor))
    memory = training_memory(network, 1, optimizer=optimizer)  # type: ignore[arg-type]
    assert memory.optimizer == sum(4 * value.numel() for value in states if value.dim())
    assert memory.gradients == sum(4 * weight.numel() for weight in model.parameters())
    buffers = sum(4 * tensor.numel() for tensor in model.buffers() if tensor.is_floating_point() and tensor.dim() == 1)
    assert memory.weights == memory.gradients + buffers
    assert training_memory(network, 1, optimizer=optimizer, ema=True).weights == 2 * memory.weights  # type: ignore[arg-type]


def test_a_mask_is_a_byte_on_a_gpu_and_a_number_on_a_cpu() -> None:
    network = of(CONV, Dropout(0.3), CONV)
    on_gpu, on_cpu = (training_memory(network, 1, device=device).kept for device in ("cuda", "cpu"))  # type: ignore[arg-type]
    assert on_cpu - on_gpu == 3 * 4 * 12 * 12


@pytest.mark.parametrize("name", ["resnet50", "vgg16", "googlenet"])
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_the_largest_batch_fits_and_one_image_more_does_not(name: str, precision: str) -> None:
    network, free = zoo.network(name), 8 * 10**9
    batch = largest_batch(network, free, precision=precision, optimizer="adamw")  # type: ignore[arg-type]
    totals = [
        training_memory(network, images, precision=precision, optimizer="adamw").total  # type: ignore[arg-type]
        for images in (batch, batch + 1)
    ]
    assert totals[0] <= free < totals[1]
    assert largest_batch(network, 10**6) == 0


@dataclass(frozen=True, repr=False)
class Twice(Layer):
    """A layer of one's own: x times the softplus of x."""

    kind: ClassVar[str] = "twice"

    def keeps(self, shape: Shape) -> Keeps:
        return Keeps(input=True, own=prod(shape))

    def module(self, shape: Shape) -> nn.Module:
        class Own(nn.Module):
            def forward(self, x: Tensor) -> Tensor:
                return x * functional.softplus(x)

        return Own()


def test_a_layer_of_ones_own_says_what_it_keeps() -> None:
    check(of(CONV, Twice(), CONV), half=False)


def test_an_unknown_word_and_a_misfit_are_told() -> None:
    with pytest.raises(BrickworkError, match="'fp8' is none of fp32, bf16"):
        training_memory(of(CONV), 1, precision="fp8")  # type: ignore[arg-type]
    with pytest.raises(BrickworkError, match="needs a map of at least 2x2"):
        training_memory(zoo.network("vgg11", input=(3, 8, 8)), 1)


def test_what_is_kept_has_the_path_of_the_layer_that_keeps_it() -> None:
    from brickwork.network.memory.trace import trace

    network = of(CONV, ReLU(), MaxPool(2), CONV)
    paths = trace(network, half=False, mask=1).kept
    assert {path for path, size in paths.items() if size} == {
        "stage1.conv1", "stage1.relu", "stage1.maxpool", "stage1.conv2", "head.linear", "head loss",
    }  # fmt: skip
    assert paths["stage1.relu"] == 4 * 4 * 12 * 12
    assert paths["stage1.maxpool"] == 8 * 4 * 6 * 6  # the ReLU keeps its input
    assert sum(paths.values()) == training_memory(network, 1).kept
    assert cost(network).params == 4 * 28 + 4 * 37 + 25
