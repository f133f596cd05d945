"""Networks are values: what they are made of decides whether they are equal, not how they came about."""

import pickle
from dataclasses import replace
from functools import lru_cache
from itertools import combinations

import pytest

from brickwork import zoo
from brickwork.network import (
    Facts,
    Network,
    SideHead,
    block,
    chain,
    cost,
    from_json,
    stages,
    to_json,
    with_classes,
    with_input,
    with_width,
)
from brickwork.network.algebra import change_arguments
from brickwork.network.blocks import basic, bottleneck, nin_block
from brickwork.network.layers import Conv, Flatten, GlobalAvgPool, Linear, ReLU

EVERY = zoo.names()
FIXED_WIDTH = ["lenet5_1998"]  # its table of connections has one width
INPUT = (2, 320, 320)


def check_equal(one: Network, *others: Network) -> None:
    """Equal values with equal hashes, which print alike, part by part."""
    for other in others:
        assert other == one
        assert hash(other) == hash(one)
        assert [repr(part) for part in other.parts()] == [repr(part) for part in one.parts()]


@pytest.mark.parametrize("name", EVERY)
def test_the_last_number_of_classes_is_the_one_that_counts_and_makes_the_zoos_network(name: str) -> None:
    network, made = zoo.network(name), zoo.network(name, classes=7)
    check_equal(with_classes(network, 7), with_classes(with_classes(network, 5), 7))
    assert with_classes(network, 7) == made
    assert hash(with_classes(network, 7)) == hash(made)
    assert with_classes(with_classes(network, 5), network.classes) == network


@pytest.mark.parametrize("name", [name for name in EVERY if name not in FIXED_WIDTH])
def test_classes_input_and_width_come_in_any_order(name: str) -> None:
    network = zoo.network(name)
    check_equal(
        with_width(with_classes(with_input(network, INPUT), 7), 0.5),
        with_input(with_width(with_classes(network, 7), 0.5), INPUT),
        with_classes(with_input(with_width(network, 0.5), INPUT), 7),
    )
    assert zoo.network(f"{name}[width=0.5]", input=INPUT, classes=7) == with_classes(
        with_width(with_input(network, INPUT), 0.5), 7
    )


@pytest.mark.parametrize("name", [name for name in EVERY if name not in FIXED_WIDTH])
def test_two_steps_of_width_are_one_and_the_way_back_leads_to_the_network(name: str) -> None:
    network = zoo.network(name)
    check_equal(with_width(network, 0.25), with_width(with_width(network, 0.5), 0.5))
    check_equal(network, with_width(with_width(network, 2), 0.5))


@pytest.mark.parametrize("name", EVERY)
def test_a_network_comes_back_from_json_as_the_value_that_it_was(name: str) -> None:
    for network in (zoo.network(name), with_classes(with_input(zoo.network(name), INPUT), 7)):
        check_equal(network, from_json(to_json(network)))


def test_no_two_networks_of_the_zoo_are_equal() -> None:
    networks = [zoo.network(name, input=INPUT, classes=7) for name in EVERY]
    assert [(a.name, b.name) for a, b in combinations(networks, 2) if a == b] == []
    assert len(set(networks)) == len(networks) == 70


def test_a_network_is_a_key() -> None:
    calls = []

    @lru_cache
    def params(network: Network) -> int:
        calls.append(network.name)
        return cost(network).params

    assert params(zoo.network("lenet5")) == params(with_classes(zoo.network("lenet5", classes=3), 10)) == 61_706
    assert params(with_classes(zoo.network("lenet5"), 3)) != 61_706
    assert calls == ["lenet5", "lenet5"]
    assert {zoo.network("vgg11"): "a"}[zoo.network("vgg11")] == "a"
    network = zoo.network("googlenet")
    assert pickle.loads(pickle.dumps(network)) == network


def small() -> Network:
    side = SideHead("side1", "stage1", chain(GlobalAvgPool(), Flatten(), Linear(2)))
    return Network(
        "small", (3, 8, 8), 2, stages(stage1=basic(8)), chain(GlobalAvgPool(), Flatten(), Linear(2)), (side,)
    )


def test_the_name_and_the_source_of_a_network_do_not_count() -> None:
    other = replace(small(), name="other", facts=Facts("Nobody 2000", 2000, init="xavier"))
    assert other == small()
    assert hash(other) == hash(small())


@pytest.mark.parametrize(
    "other",
    [
        replace(small(), input=(3, 9, 8)),
        replace(small(), classes=3),
        replace(small(), stages=stages(stage2=basic(8)), side_heads=()),
        replace(small(), stages=stages(stage1=basic(9))),
        replace(small(), stages=stages(stage1=basic(8).body)),  # the weights' names would be others
        replace(small(), head=chain(GlobalAvgPool(), Flatten(), ReLU(), Linear(2))),
        replace(small(), side_heads=()),
        replace(small(), side_heads=(replace(small().side_heads[0], weight=1),)),
    ],
)
def test_everything_else_counts(other: Network) -> None:
    assert other != small()


def test_blocks_are_equal_when_their_layers_are_however_they_were_spelled() -> None:
    assert bottleneck(64) == bottleneck(width=64) == bottleneck(64, stride=1) != bottleneck(64, stride=2)
    assert len({bottleneck(64), bottleneck(width=64), bottleneck(64, stride=1)}) == 1
    assert nin_block(8, 3) == nin_block(8, 3, inner=(8, 8)) != nin_block(8, 3, inner=(8, 9))


def test_a_blocks_arguments_print_in_one_order_without_defaults() -> None:
    assert repr(bottleneck(drop=0.5, stride=2, width=64)) == "bottleneck(64, stride=2, drop=0.5)"
    assert repr(bottleneck(width=64, stride=1)) == "bottleneck(64)"


@block
def several(*outs: int, kernel: int = 1) -> Conv:
    """As many channels as the numbers add up to."""
    return Conv(sum(outs), kernel)


def test_a_block_prints_any_number_of_arguments() -> None:
    assert repr(several(1, 2, 3)) == "several(1, 2, 3)"
    assert repr(several(1, kernel=3)) == "several(1, kernel=3)"


def test_a_change_stands_behind_the_arguments_once() -> None:
    half = with_width(zoo.network("nin"), 0.5)
    assert repr(half.head.parts[0]) == "nin_block(1024, 3, padding=1, inner=(1024, 1000), width=0.5)"  # type: ignore[union-attr]
    both = with_width(with_classes(with_width(with_classes(zoo.network("nin"), 5), 0.5), 7), 0.5)
    expected = "nin_block(1024, 3, padding=1, inner=(1024, 1000), classes=7, width=0.25)"
    assert repr(both.head.parts[0]) == expected  # type: ignore[union-attr]


def test_arguments_that_are_no_numbers_are_left_alone() -> None:
    assert change_arguments("8, width=None", ("width", 0.5)) == "8, width=None, width=0.5"
    assert change_arguments("8, width=1e-05", ("width", 0.5)) == "8, width=5e-06"
    assert change_arguments("", ("classes", 1_234_567_890_123)) == "classes=1234567890123"
    assert change_arguments("8, width=0.5, classes=3", ("width", 2)) == "8, classes=3"


def test_a_block_that_does_not_change_says_nothing() -> None:
    assert repr(with_width(zoo.network("nin_lecture"), 0.5).head.parts[0]) == "nin_block(10, 3, padding=1)"  # type: ignore[union-attr]


def test_a_step_of_width_that_rounds_may_differ_from_the_product() -> None:
    def out(network: Network) -> int:
        return next(layer.out for _, layer in network.layers() if isinstance(layer, Conv))

    network = Network("one", (3, 8, 8), 2, stages(stage1=Conv(11, 3)), chain(GlobalAvgPool(), Flatten(), Linear(2)))
    assert out(with_width(with_width(network, 0.5), 0.25)) == 2  # 11 to 6 to 2
    assert out(with_width(network, 0.125)) == 1
