"""Every number of a network's cost, counted again on the torch modules that are built of it, on the meta device."""

from functools import cache
from math import prod
from typing import NamedTuple

import pytest
import torch
from torch import Tensor, nn

from brickwork import cost, zoo
from brickwork.model import Model
from brickwork.network import Cost


class Counted(NamedTuple):
    """What a module did when one image went through it."""

    output: tuple[int, ...]
    params: int
    macs: int


def macs_of(module: nn.Module, output: Tensor) -> int:
    """Multiplications: each output number of a convolution or dense layer is a sum over its part of the weights."""
    if isinstance(module, nn.Conv2d | nn.Linear):
        return output.numel() * module.weight[0].numel()
    if type(module).__name__ == "PartialConv2d":
        return module.get_parameter("weight").numel() * prod(output.shape[2:])
    return 0


@cache
def counted(name: str) -> tuple[dict[str, Counted], dict[str, Counted], Cost]:
    """The modules of the trunk and the head, and those of the side heads, in the order in which they run."""
    network = zoo.network(name)
    with torch.device("meta"):
        model = Model(network).eval()
        image = torch.zeros(1, *network.input)
    found: dict[str, Counted] = {}

    def note(path: str) -> object:
        def hear(module: nn.Module, inputs: object, output: Tensor) -> None:
            params = sum(weight.numel() for weight in module.parameters())
            found[path] = Counted(tuple(output.shape[1:]), params, macs_of(module, output))

        return hear

    for path, module in model.named_modules():
        if not list(module.children()) and not isinstance(module, nn.Identity):
            module.register_forward_hook(note(path))  # type: ignore[arg-type]
    model.all_logits(image)
    sides = {side.name for side in network.side_heads}
    trunk = {path: each for path, each in found.items() if path.partition(".")[0] not in sides}
    return trunk, {path: each for path, each in found.items() if path not in trunk}, cost(network)


HISTORIC = "lenet5_1998"  # its partial convolution builds tensors of its own, which the meta device has not
DEEP = {"resnet1202", "preact_resnet1001"}  # the blocks of resnet20 and preact_resnet164, many times over
NAMES = [name for name in zoo.names() if name not in {HISTORIC, *DEEP}]


@pytest.mark.parametrize("name", NAMES)
def test_every_layer_has_the_output_the_parameters_and_the_macs_of_its_module(name: str) -> None:
    trunk, _, total = counted(name)
    rows = {row.path: Counted(row.output, row.params, row.macs) for row in total.rows}
    assert rows == trunk
    assert all(row.bytes == 4 * prod(row.output) for row in total.rows)


@pytest.mark.parametrize("name", [name for name in NAMES if zoo.network(name).side_heads])
def test_every_layer_of_a_side_head_too(name: str) -> None:
    _, sides, total = counted(name)
    rows = {row.path: Counted(row.output, row.params, row.macs) for side in total.side_heads for row in side.rows}
    assert rows == sides
    assert total.params_with_side_heads == total.params + sum(each.params for each in sides.values())


@pytest.mark.parametrize("name", NAMES)
def test_stages_and_blocks_are_sums_over_the_modules_below_them(name: str) -> None:
    trunk, _, total = counted(name)
    for depth in ("stage", "block"):
        for row in total.at(depth):
            inside = [each for path, each in trunk.items() if path == row.path or path.startswith(f"{row.path}.")]
            assert (row.params, row.macs) == (sum(e.params for e in inside), sum(e.macs for e in inside))
            assert row.bytes == sum(4 * prod(each.output) for each in inside)
    assert total.params == sum(each.params for each in trunk.values())
    assert total.macs == sum(each.macs for each in trunk.values())
    assert total.bytes == sum(4 * prod(each.output) for each in trunk.values())


@pytest.mark.parametrize(
    ("name", "input", "path"),
    [
        ("lenet5", (1, 28, 28), "stage2"),
        ("vgg11", (3, 40, 40), "stage2"),
        ("resnet20", (3, 32, 32), "stage1"),
        ("nin", (3, 100, 100), "stage1"),
        ("googlenet_lecture", (1, 256, 256), "stage3"),
    ],
)
def test_the_receptive_field_is_the_part_of_an_image_that_one_output_depends_on(
    name: str, input: tuple[int, int, int], path: str
) -> None:
    """Every weight positive, so that nothing cancels; every pool a mean, so that each pixel reaches its output."""
    network = zoo.network(name, input=input)
    model = Model(network).eval()
    for place, module in list(model.named_modules()):
        if isinstance(module, nn.MaxPool2d):
            mean = nn.AvgPool2d(module.kernel_size, module.stride, module.padding, module.ceil_mode)
            model.set_submodule(place, mean)
    with torch.no_grad():
        for weight in model.parameters():
            weight.fill_(0.01)
    image = torch.ones(1, *network.input, requires_grad=True)
    output = model.double().features(image.double())[path]
    output[0, :, output.shape[2] // 2, output.shape[3] // 2].sum().backward()  # all channels: paths see unequally far
    assert image.grad is not None
    seen = image.grad[0].sum(0) != 0
    field = {row.path: row.field for row in cost(network).at("stage")}[path]
    assert (int(seen.any(1).sum()), int(seen.any(0).sum())) == field


@pytest.mark.parametrize("width", [0.5, 0.25, 2.0])
def test_a_width_narrows_the_hidden_layers_of_side_heads_and_never_their_classes(width: float) -> None:
    with torch.device("meta"):
        model = Model(zoo.network(f"googlenet[width={width}]"))
    hidden, maps, laid_out = round(1024 * width), round(128 * width), round(128 * width) * 4 * 4
    for side, channels in (("side1", 512), ("side2", 528)):
        shapes = {path: tuple(t.shape) for path, t in model.named_parameters() if path.startswith(f"{side}.")}
        assert shapes == {
            f"{side}.conv.weight": (maps, round(channels * width), 1, 1),
            f"{side}.conv.bias": (maps,),
            f"{side}.linear1.weight": (hidden, laid_out),
            f"{side}.linear1.bias": (hidden,),
            f"{side}.linear2.weight": (1000, hidden),
            f"{side}.linear2.bias": (1000,),
        }


@pytest.mark.parametrize("name", ["googlenet_bn", "inception_v3", "inception_bn[side_head=true]"])
def test_half_of_every_channel_number_is_half_of_every_hidden_layer_of_a_side_head(name: str) -> None:
    text, _, rest = name.partition("[")
    with torch.device("meta"):
        whole = Model(zoo.network(name, classes=7))
        half = Model(zoo.network(f"{text}[width=0.5{',' if rest else ''}{rest or ']'}", classes=7))
    sides = tuple(f"{side.name}." for side in whole.network.side_heads)
    assert sides
    wide, narrow = (
        {path: tuple(t.shape) for path, t in each.named_parameters() if path.startswith(sides)}
        for each in (whole, half)
    )
    assert wide.keys() == narrow.keys()
    for path, shape in wide.items():
        out = shape[0] if shape[0] == 7 else round(shape[0] / 2)
        assert narrow[path][0] == out
        assert narrow[path][1:2] == tuple(round(channels / 2) for channels in shape[1:2])
        assert narrow[path][2:] == shape[2:]


def test_a_width_of_googlenet_s_trunk_is_a_width_of_every_path() -> None:
    shapes = {row.path: row.output[0] for row in cost(zoo.network("googlenet[width=0.5]")).at("block")}
    blocks = ("3a", "3b", "4a", "4b", "4c", "4d", "4e", "5a", "5b")
    assert {block: shapes[f"stage{block[0]}.{block}"] for block in blocks} == {
        "3a": 128, "3b": 240, "4a": 256, "4b": 256, "4c": 256, "4d": 264, "4e": 416, "5a": 416, "5b": 512,
    }  # fmt: skip
