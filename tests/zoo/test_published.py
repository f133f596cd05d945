"""Every network's parameters, MACs and shapes equal the published ones to the last digit."""

import json
from pathlib import Path

import pytest

from brickwork import zoo
from brickwork.network import Cost, Shape, cost
from brickwork.network.blocks import FLAVORS

DOCUMENT = json.loads((Path(__file__).parent / "published.json").read_text())
PUBLISHED = DOCUMENT["networks"]

# Where our name for an entry is not the entry's own.
NAMES = {
    "lenet5_d2l": "lenet5",
    "lenet5_d2l_bn": "lenet5_bn",
    "alexnet_2012": "alexnet",
    "alexnet_ungrouped_227": "alexnet_ungrouped",
    "alexnet_d2l": "alexnet_lecture",
    "vgg16_C": "vgg16_c",
    "vgg11_d2l": "vgg11",
    "vgg11_d2l_small": "vgg11_quarter",
    "vgg16_bn_cifar": "vgg16_cifar",
    "nin_imagenet": "nin",
    "nin_d2l": "nin_lecture",
    "nin_cifar10": "nin_cifar",
    "googlenet_paper": "googlenet",
    "googlenet_torchvision": "googlenet_tv",
    "googlenet_d2l": "googlenet_lecture",
    "inception_bn_slim_dense": "inception_bn",
    "inception_bn_slim_separable": "inception_bn[stem=separable]",
    "resnet50_c": "resnet50c",
    "resnet50_d": "resnet50d",
    "resnet18_d2l": "resnet18_lecture",
    "resnet200_preact": "preact_resnet200",
    "se_resnet50": "seresnet50",
    "se_resnet101": "seresnet101",
    "se_resnet152": "seresnet152",
    "se_resnext50_32x4d": "seresnext50_32x4d",
    "se_resnext101_32x4d": "seresnext101_32x4d",
    "cifar_resnet1001_preact": "preact_resnet1001",
    **{f"cifar_resnet{depth}": f"resnet{depth}" for depth in (20, 32, 44, 56, 110, 1202, 164)},
}


def ours(entry: str, *, classes: int | None = None, arguments: str = "") -> Cost:
    published = PUBLISHED[entry]
    name = NAMES.get(entry, entry) + arguments
    return cost(zoo.network(name, input=tuple(published["input"]), classes=classes or published["output"][0]))


def having(key: str) -> list[str]:
    return [entry for entry, published in PUBLISHED.items() if key in published]


@pytest.mark.parametrize("entry", PUBLISHED)
def test_parameters_and_macs_are_the_published_ones(entry: str) -> None:
    published, total = PUBLISHED[entry], ours(entry)
    assert (total.params, total.macs) == (published["params"], published["macs"])
    assert total.rows[-1].output == tuple(published["output"])


@pytest.mark.parametrize("entry", PUBLISHED)
def test_stage_shapes_are_the_published_ones_and_come_in_their_order(entry: str) -> None:
    shapes = {name: tuple(shape) for name, shape in PUBLISHED[entry]["stage_shapes"].items()}
    total = ours(entry)
    met = [piece.output.shape for piece in total.pieces] + [row.output for row in total.rows]
    assert [name for name, shape in shapes.items() if shape not in met] == []
    if all(name.isdigit() for name in shapes):
        outputs = iter(row.output for row in total.rows)
        assert all(shape in outputs for shape in without_repeats(list(shapes.values())))


def without_repeats(shapes: list[Shape]) -> list[Shape]:
    return [shape for before, shape in zip([None, *shapes], shapes, strict=False) if shape != before]


@pytest.mark.parametrize("entry", having("params_10_classes"))
def test_parameters_for_ten_classes_are_the_published_ones(entry: str) -> None:
    assert ours(entry, classes=10).params == PUBLISHED[entry]["params_10_classes"]


@pytest.mark.parametrize("entry", having("params_with_aux"))
def test_parameters_with_side_heads_are_the_published_ones(entry: str) -> None:
    assert ours(entry).params_with_side_heads == PUBLISHED[entry]["params_with_aux"]


@pytest.mark.parametrize("entry", having("params_bn"))
def test_parameters_with_batch_norm_are_the_published_ones(entry: str) -> None:
    assert ours(entry, arguments="[batchnorm=true]").params == PUBLISHED[entry]["params_bn"]
    assert ours(entry, arguments="[batchnorm=true]", classes=10).params == PUBLISHED[entry]["params_bn_10"]


@pytest.mark.parametrize("entry", having("params_preact"))
def test_parameters_with_pre_activation_are_the_published_ones(entry: str) -> None:
    assert ours(entry, arguments="[flavor=pre]").params == PUBLISHED[entry]["params_preact"]
    assert cost(zoo.network(f"preact_{entry}")).params == PUBLISHED[entry]["params_preact"]


@pytest.mark.parametrize("entry", having("params_by_shortcut"))
@pytest.mark.parametrize("shortcut", ["A", "B", "C"])
def test_every_shortcut_has_its_published_parameters(entry: str, shortcut: str) -> None:
    assert ours(entry, arguments=f"[shortcut={shortcut}]").params == PUBLISHED[entry]["params_by_shortcut"][shortcut]


@pytest.mark.parametrize("entry", having("params_option_B"))
def test_the_small_networks_with_projections_have_the_published_parameters(entry: str) -> None:
    assert ours(entry, arguments="[shortcut=B]").params == PUBLISHED[entry]["params_option_B"]


@pytest.mark.parametrize("entry", having("macs_v1"))
def test_macs_with_the_papers_stride_are_the_published_ones(entry: str) -> None:
    assert ours(entry, arguments="[stride=v1]").macs == PUBLISHED[entry]["macs_v1"]


@pytest.mark.parametrize(("name", "rounded"), [("seresnet50", 3.860), ("seresnet101", 7.575), ("seresnet152", 11.289)])
def test_macs_of_squeeze_and_excitation_with_v1_strides_are_the_published_ones(name: str, rounded: float) -> None:
    assert round(cost(zoo.network(f"{name}[stride=v1]")).macs / 1e9, 3) == rounded


@pytest.mark.parametrize("flavor", FLAVORS)
def test_the_five_flavors_have_equal_parameters(flavor: str) -> None:
    expected = DOCUMENT["flavors"]["original"]
    assert cost(zoo.network(f"resnet110[flavor={flavor}]")).params == expected["params_resnet110_optionA"] == 1_727_962
    pre = flavor == "pre"  # opens with its norm, so its projections and its first block have none
    assert cost(zoo.network(f"resnet164[flavor={flavor}]")).params == (1_703_258 if pre else 1_704_154)
    assert cost(zoo.network(f"resnet18[flavor={flavor}]")).params == (11_687_720 if pre else 11_689_512)
    assert cost(zoo.network(f"resnet50[flavor={flavor}]")).params == (25_549_352 if pre else 25_557_032)


def test_lenet_of_1998_has_its_papers_connections() -> None:
    def connections(kind: str, output: Shape, params: int) -> int:
        area = output[1] * output[2] if len(output) == 3 else 1
        return {"conv": params, "linear": params, "subsampling": 5 * output[0], "rbf": 84 * output[0]}.get(
            kind, 0
        ) * area

    rows = cost(zoo.network("lenet5_1998")).rows
    counts = [connections(row.kind, row.output, row.params) for row in rows]
    assert [count for count in counts if count] == [122_304, 5_880, 151_600, 2_000, 48_120, 10_164, 840]
    assert sum(counts) == 340_908


def test_the_side_head_of_inception_bn_makes_its_papers_13_6_million() -> None:
    assert cost(zoo.network("inception_bn[side_head=true]")).params_with_side_heads == 13_611_600
    separable = zoo.network("inception_bn[stem=separable,side_head=true]")
    assert cost(separable).params_with_side_heads == 13_604_904
