"""Counts beside the tools themselves, where they are installed, on networks with every kind of layer."""

from collections.abc import Callable
from typing import Any

import pytest
import torch

from brickwork import count_like, zoo
from brickwork.model import Model
from brickwork.network import Network, chain, concat, gate, lower_network, residual, stages
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

pytestmark = pytest.mark.filterwarnings("ignore")  # of torch.jit, by which fvcore traces


def of(*parts: object, head: object = None, input: tuple[int, int, int] = (4, 11, 9)) -> Network:
    last = head or chain(GlobalAvgPool(), Flatten(), Linear(5))
    return Network("made", input, 5, stages(stage1=chain(*parts)), last)  # type: ignore[arg-type]


CONV = Conv(4, 3, padding=1)
BRANCHES = concat(CONV, chain(CONV, ReLU()), chain(MaxPool(3, 1, 1), Conv(2, 1, bias=False)))
EACH_KIND = {
    "convolutions": of(CONV, Conv(8, (3, 1), stride=2, groups=4, bias=False), Conv(6, 1)),
    "norms of maps and vectors": of(
        CONV, BatchNorm(), head=chain(Flatten(), Linear(7), BatchNorm(), ReLU(), Linear(5))
    ),
    "activations": of(CONV, ReLU(), CONV, Sigmoid(), CONV, Tanh(), CONV, Tanh(1.7, 0.5)),
    "pools": of(CONV, MaxPool(3, 2, ceil=True), AvgPool(2, 1), AdaptiveAvgPool((3, 2)), AdaptiveAvgPool(1)),
    "response norms": of(CONV, ReLU(), LocalResponseNorm(), CONV, LocalResponseNorm(4)),
    "dropout and drops": of(CONV, Dropout(0.3), residual(chain(CONV, StochasticDepth(0.2))), Scale(0.1)),
    "sums, paths and gates": of(CONV, residual(CONV), BRANCHES, gate(chain(GlobalAvgPool(), Conv(10, 1), Sigmoid()))),
    "shortcuts with zeros": of(CONV, residual(Conv(8, 3, 2, 1), PadShortcut(8, 2), after=ReLU())),
    "the layers of 1998": zoo.network("lenet5_1998"),
    "a lowered network": lower_network(zoo.network("googlenet_bn[width=0.125]", input=(3, 96, 96)), merge=True).network,
}


@pytest.mark.parametrize("training", [False, True], ids=["eval", "train"])
@pytest.mark.parametrize("why", EACH_KIND)
def test_fvcore_counts_as_we_say(why: str, training: bool) -> None:
    fvcore = pytest.importorskip("fvcore.nn")
    network, images = EACH_KIND[why], 2 if training else 1  # batch norm refuses one value in training mode
    model = Model(network).train(training)
    analysis = fvcore.FlopCountAnalysis(model, torch.zeros(images, *network.input)).unsupported_ops_warnings(False)
    found = count_like(network, "fvcore")
    assert analysis.total() / images == (found.in_training if training else found.number)
    assert fvcore.parameter_count(model)[""] == found.params


@pytest.mark.parametrize("why", EACH_KIND)
def test_torchinfo_counts_as_we_say(why: str) -> None:
    torchinfo = pytest.importorskip("torchinfo")
    network = EACH_KIND[why]
    seen = torchinfo.summary(Model(network), input_size=(1, *network.input), verbose=0)
    found = count_like(network, "torchinfo")
    assert (seen.total_mult_adds, seen.total_params) == (found.number, found.params)


@pytest.mark.parametrize("why", EACH_KIND)
def test_ptflops_counts_as_we_say(why: str) -> None:
    ptflops = pytest.importorskip("ptflops")
    network = EACH_KIND[why]
    count: Callable[..., Any] = ptflops.get_model_complexity_info
    seen = count(Model(network), tuple(network.input), print_per_layer_stat=False, as_strings=False)
    found = count_like(network, "ptflops")
    assert seen == (found.number, found.params)


def test_torchvisions_pages_have_what_we_say() -> None:
    from torchvision import models

    from brickwork.weights.equivalents import EQUIVALENTS

    pages = {row.network: row.torchvision for row in EQUIVALENTS if row.torchvision}
    assert len(pages) >= 15
    for name, theirs in pages.items():
        found = count_like(zoo.network(name), "torchvision")
        for weights in models.get_model_weights(theirs):
            assert (weights.meta["_ops"], weights.meta["num_params"]) == (found.number, found.params), name
