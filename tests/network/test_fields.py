"""Receptive fields against an oracle: a row of the image is lit, and every layer shows where its light arrives.

Weights are ones, activations and norms let through what comes, a maximum is a mean and a gate adds: so light reaches
exactly what depends on it, whatever the numbers. An image for each row of pixels says which rows every number of every
layer depends on, for all layers at once.
"""

from collections.abc import Callable, Iterator

import pytest
import torch
from torch import Tensor, nn

from brickwork import zoo
from brickwork.model import build
from brickwork.model.build import Multiply, Pad
from brickwork.model.historic import Codes, PartialConv2d, Subsample2d
from brickwork.network import Network, cost, gate, smallest_input, stages
from brickwork.network.algebra import chain
from brickwork.network.layers import AvgPool, Conv, Flatten, GlobalAvgPool, Linear, Sigmoid

POOLS = (nn.AvgPool2d, nn.AdaptiveAvgPool2d, nn.Flatten)
CARRIERS = (nn.Conv2d, nn.Linear, PartialConv2d, Subsample2d, Pad, *POOLS)

ONE_OF_EACH = (  # a network of every family, and every kind of block, stem and head, as narrow as it can be
    "lenet5_1998", "lenet5[width=0.1]", "lenet5_bn[width=0.1]", "lenet_caffe[width=0.1]",
    "alexnet[width=0.125]", "alexnet_owt[width=0.01]", "alexnet_lecture[width=0.01]",
    "vgg11[width=0.001]", "vgg16[width=0.001]", "vgg16_c[width=0.001]", "vgg16_cifar[width=0.01]",
    "nin[width=0.01]", "nin_cifar[width=0.01]", "nin_lecture[width=0.01]",
    "googlenet[width=0.01]", "googlenet_tv[width=0.01]", "googlenet_lecture[width=0.01]",
    "inception_bn[width=0.01]", "inception_v3[width=0.01]", "inception_v4[width=0.01]",
    "inception_resnet_v2[width=0.125]",
    "resnet18[width=0.01]", "resnet50[width=0.01]", "resnet50d[width=0.01]", "resnet50[stride=v1,width=0.01]",
    "resnet18[stem=caffe,width=0.01]", "preact_resnet18[width=0.01]", "resnext50_32x4d[width=0.25]",
    "seresnet50[width=0.01]", "resnet20[width=0.1]", "preact_resnet164[width=0.01]", "resnet18_lecture[width=0.01]",
    "wrn_16_4[width=0.01]",
)  # fmt: skip


def let_through(model: nn.Module) -> None:
    """Replaces what could stop light, or make it where there is none."""
    for path, part in list(model.named_modules()):
        if isinstance(part, nn.MaxPool2d):
            model.set_submodule(path, nn.AvgPool2d(part.kernel_size, part.stride, part.padding, part.ceil_mode))
        elif isinstance(part, Codes):
            model.set_submodule(path, nn.Linear(84, 10, bias=False).double())
        elif not list(part.children()) and not isinstance(part, CARRIERS):
            model.set_submodule(path, nn.Identity())
        elif isinstance(part, Multiply):
            part.forward = lambda x, gate=part.gate: x + gate(x)  # type: ignore[method-assign,misc]
    for name, weight in model.named_parameters():
        nn.init.constant_(weight, 0 if name.endswith("bias") else 1)


def arrivals(network: Network, axis: int) -> Iterator[tuple[str, Tensor]]:
    """For every layer's path: lines of the image x numbers of the output, true where the one reaches the other."""
    model = build(network).eval().double()
    let_through(model)
    found: dict[str, list[Tensor]] = {}

    def note(path: str) -> Callable[[nn.Module, tuple[Tensor, ...], Tensor], Tensor]:
        def hook(layer: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> Tensor:
            lit = output > 1e-9
            found.setdefault(path, []).append(lit.any(dim=1).any(dim=5 - axis - 1) if lit.dim() == 4 else lit)
            return lit.double()

        return hook

    for path, layer in model.named_modules():
        if not list(layer.children()):
            layer.register_forward_hook(note(path))
    with torch.inference_mode():
        for chunk in torch.arange(network.input[axis - 1]).split(64):
            images = torch.zeros(len(chunk), *network.input, dtype=torch.float64)
            for image, line in zip(images, chunk.tolist(), strict=True):
                image.select(axis - 1, line).fill_(1)
            model.all_logits(images)
    yield from ((path, torch.cat(parts)) for path, parts in found.items())


def spans(reached: Tensor) -> list[tuple[int, int]]:
    """For each number of an output the first and the last line that it depends on."""
    lines = reached.shape[0]
    columns = reached.flatten(1).t()
    columns = columns[columns.any(dim=1)]
    first, last = columns.int().argmax(dim=1), lines - 1 - columns.flip(1).int().argmax(dim=1)
    return list(dict.fromkeys(zip(first.tolist(), last.tolist(), strict=True)))


def check_fields(network: Network, axis: int) -> None:
    """Numbers that see no border see exactly the field; the others what of it lies within the image."""
    total, size = cost(network), network.input[axis - 1]
    rows = {row.path: row for row in (*total.rows, *(row for side in total.side_heads for row in side.rows))}
    seen = 0
    for path, reached in arrivals(network, axis):
        if path not in rows:
            continue
        field, found = rows[path].field[axis - 2], spans(reached)
        widths = [last - first + 1 for first, last in found]
        low, high = min(first for first, _ in found), max(last for _, last in found)  # strides can leave lines unread
        inside = {last - first + 1 for first, last in found if first > low and last < high}
        seen += 1
        assert max(widths) <= field, (path, field, max(widths))
        if len(rows[path].output) == 1 and path.rpartition(".")[2].startswith("linear"):
            assert set(widths) == {min(field, max(widths))}, path
        if inside:
            assert max(inside) == field, (path, field, inside)
        else:
            assert 2 * max(widths) > min(field, size), (path, field, widths)
        if field >= 2 * size:
            assert set(widths) == {high - low + 1}, (path, field, widths)
    assert seen == len(rows)


def tall(text: str) -> Network:
    """The network on an image that is tall enough and as wide as needed, where its head takes any."""
    plain = zoo.network(text)
    if "Linear" in str(plain.head).partition("Flatten")[0] or not str(plain.head).startswith("chain(GlobalAvg"):
        return plain
    least = max(smallest_input(plain) or 1, 32)
    high = 2 * least if "next" in text or "inception_resnet" in text else plain.input[1]  # as wide as they must be
    return zoo.network(text, input=(plain.input[0], high, least))


@pytest.mark.parametrize("text", ONE_OF_EACH)
def test_every_layer_sees_as_many_rows_of_pixels_as_its_field_says(text: str) -> None:
    check_fields(tall(text), axis=2)


@pytest.mark.parametrize("text", ["inception_v3[width=0.01,side_heads=false]", "lenet5[width=0.1]"])
def test_every_layer_sees_as_many_columns_as_its_field_says(text: str) -> None:
    plain = zoo.network(text)
    rows = plain.input[1] if text.startswith("lenet") else 80
    check_fields(zoo.network(text, input=(plain.input[0], rows, plain.input[2])), axis=3)


def field_of(text: str, path: str) -> int:
    return {row.path: row.field[0] for row in cost(zoo.network(text)).rows}[path]


def test_dense_layers_see_all_of_the_map_before_them() -> None:
    # Written out: the last pooling's field, and its jump for each further position of the map.
    assert field_of("vgg16", "head.flatten") == 212
    assert field_of("vgg16", "head.linear1") == 212 + 6 * 32 == 404
    assert field_of("vgg16", "head.linear3") == 404
    assert field_of("alexnet", "head.linear1") == 195 + 5 * 32 == 355
    assert field_of("lenet5", "head.linear1") == 16 + 4 * 4 == 32
    assert field_of("lenet5_1998", "head") == 32


def test_what_a_gate_sees_stays_and_does_not_grow_with_the_map() -> None:
    body = chain(Conv(2, 3, padding=1), gate(chain(GlobalAvgPool(), Conv(2, 1), Sigmoid())), Conv(2, 3, padding=1))
    head = chain(AvgPool(2), Flatten(), Linear(2))
    rows = cost(Network("gated", (1, 10, 20), 2, stages(all=body), head)).rows
    fields = {row.path: row.field for row in rows}
    assert fields["all.conv1"] == (3, 3)
    assert fields["all.0.gate.gap"] == (3 + 9, 3 + 19)
    assert fields["all.conv2"] == (12, 22)  # itself it sees 5, the gate all
    assert fields["head.avgpool"] == (12, 22)
    assert fields["head.linear"] == (6 + 4 * 2, 6 + 9 * 2)


def test_the_table_says_what_gates_see_and_only_there() -> None:
    from brickwork.network import table

    line = "From a gate on every number sees all that the gate sees: the whole map."
    assert line in table(zoo.network("seresnet50"))
    assert line not in table(zoo.network("resnet50"))
