"""Families: who comes from whom, what is said of it, and in which words."""

import json

import pytest

from brickwork import zoo
from brickwork.diffing import Family, diff, family
from brickwork.diffing.traits import describe_change, network_depth, traits_of
from brickwork.errors import BrickworkError
from brickwork.network import Network, stages
from brickwork.network.layers import Conv, Flatten

LECTURE = ("resnet34", "lenet5", "alexnet", "vgg16", "nin", "googlenet")


def made(*names: str) -> Family:
    return family([zoo.network(name) for name in names])


def parents(found: Family) -> dict[str, str]:
    names = [member.name for member in found.members]
    return {names[branch.child]: names[branch.parent] for branch in found.branches}


def test_the_lectures_networks_are_a_tree_in_the_order_of_their_years() -> None:
    found = made(*LECTURE)
    assert [member.name for member in found.members] == ["lenet5", "alexnet", "nin", "vgg16", "googlenet", "resnet34"]
    assert parents(found) == {
        "alexnet": "lenet5",
        "nin": "alexnet",
        "vgg16": "alexnet",
        "googlenet": "nin",
        "resnet34": "googlenet",
    }


def test_each_comes_from_the_cheapest_of_those_before_it() -> None:
    found = made(*LECTURE)
    networks = [zoo.network(member.name) for member in found.members]
    for branch in found.branches:
        prices = [diff(one, networks[branch.child]).price for one in networks[: branch.child]]
        assert branch.diff.price == prices[branch.parent] == min(prices)


def test_variants_of_one_year_come_from_the_one_that_is_given_first() -> None:
    found = parents(made("resnet50", "resnet101", "preact_resnet50", "resnext50_32x4d", "seresnet50"))
    assert found == dict.fromkeys(("resnet101", "preact_resnet50", "resnext50_32x4d", "seresnet50"), "resnet50")


@pytest.mark.parametrize(
    ("one", "two", "gains", "losses", "others"),
    [
        (
            "lenet5", "alexnet",
            ("ReLU", "max pooling", "dropout", "response norm", "grouped convolutions"), ("sigmoid", "mean pooling"),
            ("5 -> 8 layers", "larger filters 5 -> 11", "input 1x28x28 -> 3x227x227"),
        ),
        ("vgg16", "vgg19", (), (), ("16 -> 19 layers",)),
        ("resnet50", "seresnet50", ("channel gates",), (), ()),
        ("resnet50", "wide_resnet50_2", (), (), ("wider layers",)),
        ("resnet50", "preact_resnet50", (), (), ("the same layers in another order",)),
        ("inception_v3", "inception_v4", (), ("side heads",), ("48 -> 76 layers",)),
    ],
)  # fmt: skip
def test_what_changed_is_said_in_a_few_words(
    one: str, two: str, gains: tuple[str, ...], losses: tuple[str, ...], others: tuple[str, ...]
) -> None:
    change = describe_change(zoo.network(one), zoo.network(two))
    assert (change.gains, change.losses) == (gains, losses)
    if one != "resnet50" or two != "preact_resnet50":
        assert change.others == others
    assert change.gains or change.losses or change.others


@pytest.mark.parametrize(
    ("name", "layers"),
    [
        ("lenet5", 5),
        ("alexnet", 8),
        ("vgg16", 16),
        ("nin", 12),
        ("googlenet", 22),
        ("resnet34", 34),
        ("resnet152", 152),
    ],
)
def test_depth_is_what_papers_say(name: str, layers: int) -> None:
    assert network_depth(zoo.network(name)) == layers


def test_what_stands_on_shortcuts_is_no_trait() -> None:
    assert "1x1 convolutions" not in traits_of(zoo.network("resnet34"))
    assert "1x1 convolutions" in traits_of(zoo.network("resnet50"))


def test_a_network_without_a_year_is_the_newest() -> None:
    own = Network("own", (3, 8, 8), 4, stages(a=Conv(4, 3)), Flatten())
    assert family([own, zoo.network("lenet5")]).members[-1].name == "own"


def test_one_network_alone_and_one_named_twice_are_told() -> None:
    with pytest.raises(BrickworkError, match="a family has two networks at least: name another one"):
        made("lenet5")
    with pytest.raises(BrickworkError, match="lenet5 is named twice"):
        made("lenet5", "alexnet", "lenet5")


def test_a_family_is_plain_data_and_short_to_look_at() -> None:
    found = made(*LECTURE)
    assert repr(found) == "Family(6 networks from lenet5 to resnet34)"
    document = json.loads(json.dumps(found.to_dict()))
    assert [member["layers"] for member in document["members"]] == [5, 8, 12, 16, 22, 34]
    first = document["branches"][0]
    assert (first["from"], first["to"], first["params"]) == ("lenet5", "alexnet", 60_903_518)
    assert found._repr_svg_().startswith("<svg ")


def test_the_text_has_each_network_below_the_one_that_it_comes_from() -> None:
    lines = str(made(*LECTURE)).splitlines()
    found = [line for line in lines if line.strip().split(" ")[0] in LECTURE]
    assert [line.strip().split(" ")[0] for line in found] == [
        "lenet5", "alexnet", "nin", "googlenet", "resnet34", "vgg16",
    ]  # fmt: skip
    assert [len(line) - len(line.lstrip()) for line in found] == [0, 4, 8, 12, 16, 8]
