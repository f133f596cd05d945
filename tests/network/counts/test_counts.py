"""Counts of other tools: their numbers as `benchmarks/counts.py --store` measured them, and written-out arithmetic."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, get_args

import pytest

from brickwork import count_like, zoo
from brickwork.errors import BrickworkError
from brickwork.network import Layer, Network, chain, cost, lower_network, stages
from brickwork.network.counts import Addend, ToolName
from brickwork.network.counts.rules import KNOWN, TOOLS
from brickwork.network.counts.text import count_text
from brickwork.network.layers import BatchNorm, Conv, Flatten, GlobalAvgPool, Linear, MaxPool, ReLU
from brickwork.network.memory.rules import KEEPS

MEASURED = json.loads((Path(__file__).parent / "measured.json").read_text())
CASES = [(name, tool) for name, tools in MEASURED["counts"].items() for tool in tools]

SMALL = Network(  # 3x8x8 -> 4x8x8 -> 4x4x4 -> 4 -> 2
    "small",
    (3, 8, 8),
    2,
    stages(stage1=chain(Conv(4, 3, padding=1), BatchNorm(), ReLU(), MaxPool(2))),
    chain(GlobalAvgPool(), Flatten(), Linear(2)),
)
MACS = 4 * 64 * 27 + 8
PARAMS = 4 * 27 + 4 + 8 + 10


@pytest.mark.parametrize(("name", "tool"), CASES, ids=map("-".join, CASES))
def test_the_number_is_the_one_that_the_tool_gave(name: str, tool: ToolName) -> None:
    found = count_like(zoo.network(name), tool)
    assert [found.number, found.in_training, found.params] == MEASURED["counts"][name][tool]


def test_measured_are_twenty_networks_by_every_tool_in_the_stated_versions() -> None:
    assert len(MEASURED["counts"]) == 20
    assert all(set(tools) == set(get_args(ToolName)) == set(TOOLS) for tools in MEASURED["counts"].values())
    assert all(MEASURED["versions"][name].startswith(tool.version) for name, tool in TOOLS.items())


def test_fvcore_counts_norms_and_adaptive_pooling_besides() -> None:
    found = count_like(SMALL, "fvcore")
    assert (found.number, found.unit) == (MACS + 2 * 256 + 64, "flops")
    assert found.in_training == MACS + 5 * 256 + 64
    assert [part.number for part in found.differences] == [2 * 256, 64]


def test_torchinfo_counts_biases_and_the_weights_of_norms() -> None:
    found = count_like(SMALL, "torchinfo")
    assert (found.number, found.in_training, found.unit) == (MACS + (256 + 2) + 8, MACS + 266, "mult-adds")


def test_ptflops_counts_activations_and_pooling_twice() -> None:
    found = count_like(SMALL, "ptflops")
    assert (found.number, found.unit) == (MACS + (256 + 2) + 2 * 256 + 2 * 256 + 2 * (256 + 64), "MACs")


def test_torchvisions_tables_have_our_macs_in_billions() -> None:
    found = count_like(zoo.network("resnet50"), "torchvision")
    assert (found.number, found.unit, found.differences) == (4.089, "GFLOPS", ())


def test_side_heads_have_parameters_but_are_not_run() -> None:
    with_heads, without = zoo.network("googlenet"), zoo.network("googlenet[side_heads=false]")
    for tool in get_args(ToolName):
        one, other = count_like(with_heads, tool), count_like(without, tool)
        assert one.number == other.number
        assert (one.params, other.params) == (cost(with_heads).params_with_side_heads, cost(with_heads).params)


def test_torchvisions_page_counts_inceptions_side_head_and_not_googlenets() -> None:
    assert count_like(zoo.network("googlenet_tv"), "torchvision").params == 6_624_904
    assert count_like(zoo.network("googlenet_tv"), "fvcore").params == 13_004_888
    assert count_like(zoo.network("inception_v3"), "torchvision").params == 27_161_264


def test_partial_convolutions_run_whole_or_are_not_seen() -> None:
    network = zoo.network("lenet5_1998")
    absent = Addend("a partial convolution (which runs with zeros for absent links)", (6 * 16 - 60) * 25 * 100)
    assert count_like(network, "fvcore").differences == (absent,)
    unseen = [part.number for part in count_like(network, "ptflops").differences if "not see" in part.of]
    assert unseen == [-60 * 25 * 100]


def test_a_lowered_network_is_counted_as_it_runs() -> None:
    network = lower_network(SMALL).network
    assert count_like(network, "fvcore").number == MACS + 64
    assert lower_network(zoo.network("googlenet_bn"), merge=True).network != zoo.network("googlenet_bn")
    assert count_like(lower_network(zoo.network("googlenet_bn"), merge=True).network, "ptflops").number > 0


@pytest.mark.parametrize("tool", get_args(ToolName))
@pytest.mark.parametrize("name", ["lenet5_1998", "alexnet", "googlenet", "seresnet50"])
def test_differences_make_up_the_whole_number(name: str, tool: ToolName) -> None:
    network = zoo.network(name)
    found = count_like(network, tool)
    total = found.macs + sum(part.number for part in found.differences)
    assert found.macs == cost(network).macs
    assert found.number == (total if tool != "torchvision" else round(total / 1e9, 3))
    document = found.to_dict()
    assert document["differences"] == [{"of": part.of, "number": part.number} for part in found.differences]
    assert json.loads(json.dumps(document))["number"] == found.number


def test_the_sentence_has_the_number_and_why_it_differs() -> None:
    assert count_text(count_like(SMALL, "fvcore")) == (
        "fvcore 0.1.5 counts 7,496 flops (8,264 in training mode) and 130 parameters: 6,920 MACs + 512 for batch norms "
        "(2 a number) + 64 for adaptive pooling (1 a number that enters). It calls a multiply-add a flop, and counts "
        "nothing for biases, activations, other pooling, sums and gates."
    )
    assert count_like(SMALL, "fvcore").params == PARAMS
    lenet = count_text(count_like(zoo.network("lenet5_1998"), "ptflops"))
    assert " MACs + " in lenet
    assert " - 150,000 for a partial convolution (which it does not see)" in lenet


def test_every_layer_of_ours_is_known() -> None:
    assert set(KEEPS) == KNOWN
    assert all(set(tool.adds) <= KNOWN for tool in TOOLS.values())


def test_an_unknown_tool_is_one_line() -> None:
    with pytest.raises(BrickworkError, match=r"^tool 'thop' is none of fvcore, torchinfo, ptflops, torchvision\.$"):
        count_like(SMALL, "thop")  # type: ignore[arg-type]


@dataclass(frozen=True, repr=False)
class Blur(Layer):
    kind: ClassVar[str] = "blur"


def test_a_layer_of_ones_own_is_one_line() -> None:
    network = Network("own", (3, 8, 8), 2, stages(stage1=chain(Conv(4, 3), Blur())), SMALL.head)
    says = (
        r"^stage1\.blur: Blur\(\) is a layer of your own, and what ptflops counts of its module is not known: run ptf"
    )
    with pytest.raises(BrickworkError, match=says):
        count_like(network, "ptflops")
