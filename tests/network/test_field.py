"""Greatest and least fields, strides and centres against gradients in torch, for the whole zoo; smallest inputs.

Weights are ones and a maximum is a mean, so that a number's gradient reaches exactly the pixels that it depends on.
For the least field each join lets only that way through whose gradient reaches the fewest pixels: what is left is a
plain chain, whose field is measured and not computed. Blocks that repeat are left out beyond two, channels are few, and
the other direction is one pixel wide, by kernels of one: what the network says of a direction is then the same.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from itertools import groupby

import pytest
import torch
from torch import Tensor, nn

from brickwork import zoo
from brickwork.errors import BrickworkError
from brickwork.model import build
from brickwork.model.build import Add, Join, Pad
from brickwork.model.historic import Codes, PartialConv2d, Subsample2d
from brickwork.network import (
    IDENTITY,
    Chain,
    Expr,
    Gate,
    Network,
    Row,
    cost,
    smallest_size,
    stages,
    transform,
    with_input,
    with_width,
)
from brickwork.network.algebra import chain, concat, residual
from brickwork.network.cost import takes
from brickwork.network.historic import RadialBasis, Subsampling
from brickwork.network.layer import Window, pair
from brickwork.network.layers import (
    AdaptiveAvgPool,
    AvgPool,
    Conv,
    Dropout,
    Flatten,
    GlobalAvgPool,
    Linear,
    StochasticDepth,
)

CARRIERS = (nn.Conv2d, nn.Linear, PartialConv2d, Subsample2d, Pad, nn.AvgPool2d, nn.AdaptiveAvgPool2d, nn.Flatten)


def shallow(expr: Expr) -> Expr:
    """Chains with at most two equal parts in a row, without what is no window and without groups."""
    match expr:
        case Chain(parts):
            runs = [list(group) for _, group in groupby(parts)]
            return chain(*(part for run in runs for part in run[:2]))
        case Gate() | Dropout() | StochasticDepth() | RadialBasis():
            return IDENTITY
        case Conv():
            return replace(expr, groups=1)
    return expr


@cache
def reduced(name: str) -> Network:
    """The network as narrow and as shallow as it can be."""
    whole = zoo.network(name)
    head = chain(Flatten(), Linear(2)) if isinstance(whole.head, RadialBasis) else transform(whole.head, shallow)
    parts = tuple(transform(stage, shallow) for stage in whole.stages)
    sides = tuple(type(s)(s.name, s.after, transform(s.body, shallow), s.weight) for s in whole.side_heads)
    made = Network(name, whole.input, 2, parts, head, sides)  # type: ignore[arg-type]
    for width in (0.01, 0.03, 0.125, 0.25):
        try:
            cost(narrow := with_width(made, width))
        except BrickworkError:
            continue
        return narrow
    return made


def thin(network: Network, axis: int) -> Network:
    """The network with windows of one pixel in the other direction, on an image whose middle sees no border.

    LeNet-5 of 1998 has layers whose windows are squares: it stays as it is.
    """

    def change(part: Expr) -> Expr:
        match part:
            case Window():
                high = {name: pair(getattr(part, name)) for name in ("kernel", "stride", "padding")}
                one = {"kernel": 1, "stride": 1, "padding": 0}
                sizes = {k: (v[0], one[k]) if axis == 0 else (one[k], v[1]) for k, v in high.items()}
                return replace(part, **sizes)  # type: ignore[arg-type]
            case AdaptiveAvgPool():
                return AdaptiveAvgPool((pair(part.size)[0], 1) if axis == 0 else (1, pair(part.size)[1]))
        return part

    if any(isinstance(layer, Subsampling) for _, layer in network.layers()):
        return network
    parts = tuple(transform(stage, change) for stage in network.stages)
    sides = tuple(replace(side, body=transform(side.body, change)) for side in network.side_heads)
    made = replace(network, stages=parts, head=transform(network.head, change), side_heads=sides)  # type: ignore[arg-type]
    long = length(network, axis)
    return with_input(made, (network.input[0], long, 1) if axis == 0 else (network.input[0], 1, long))


def length(network: Network, axis: int) -> int:
    """The side of an image on which numbers in the middle of the last map see no border."""
    least = smallest_size(network)
    assert least
    last = next(piece.start for piece in reversed(cost(network).pieces) if len(piece.start.shape) == 3)
    long = max(last.field[axis] + 2 * abs(last.start[axis]) + 6 * last.jump[axis], least[axis] + 3)
    across = network.input[2 - axis]
    return next(n for n in range(long, long + 100) if takes(network, (n, across) if axis == 0 else (across, n)))


def reached(number: Tensor, image: Tensor, axis: int) -> tuple[int, int]:
    """The first line of an image that a number depends on, and the number of lines up to the last."""
    (gradient,) = torch.autograd.grad(number, image, retain_graph=True)
    lines = gradient[0].sum(0).sum(1 - axis).nonzero().flatten().tolist()
    return lines[0], lines[-1] - lines[0] + 1


def middle(output: Tensor) -> Tensor:
    return output[0, :, output.shape[2] // 2, output.shape[3] // 2].sum() if output.dim() == 4 else output[0].sum()


def shortest(ends: list[Tensor], x: Tensor, axis: int) -> Tensor:
    """Of several ways from x the one that depends on the fewest of its lines."""
    return min(ends, key=lambda end: reached(middle(end), x, axis)[1])


def let_shortest_through(part: nn.Module, axis: int) -> None:
    def joined(x: Tensor) -> Tensor:
        ends = [way(x) for way in part.children()]
        return shortest(ends, x, axis).sum(1, keepdim=True).expand(-1, sum(end.shape[1] for end in ends), -1, -1)

    def added(x: Tensor) -> Tensor:
        assert isinstance(part, Add)
        z = part.before(x)
        return part.after(shortest([part.body(z), part.shortcut(z)], z, axis))  # type: ignore[no-any-return]

    if isinstance(part, Join | Add):
        part.forward = joined if isinstance(part, Join) else added  # type: ignore[method-assign]


def carrying(network: Network) -> nn.Module:
    """The model with nothing in it that could stop a gradient, and double precision."""
    model = build(network).eval().double()
    for path, part in list(model.named_modules()):
        if isinstance(part, nn.MaxPool2d):
            mean = nn.AvgPool2d(part.kernel_size, part.stride, part.padding, part.ceil_mode)
            model.set_submodule(path, mean)
        elif not list(part.children()) and not isinstance(part, CARRIERS):
            assert not isinstance(part, Codes)
            model.set_submodule(path, nn.Identity())
    for weight in model.parameters():
        nn.init.ones_(weight)
    return model


def measure(network: Network, axis: int, least: bool) -> Iterator[tuple[str, Tensor, tuple[int, int]]]:
    """For every part's path its output, and the lines of the image that its middle number depends on."""
    model = carrying(network)
    image = torch.ones(1, *network.input, dtype=torch.float64, requires_grad=True)
    if least:
        for part in model.modules():
            let_shortest_through(part, axis)
    outputs: dict[str, Tensor] = {}
    rows = rows_of(network)
    for path, part in model.named_modules():
        if path in rows:
            part.register_forward_hook(lambda part, inputs, output, path=path: outputs.update({path: output}))
    model.all_logits(image)  # type: ignore[operator]
    for path, output in outputs.items():
        yield path, output, reached(middle(output), image, axis)


def rows_of(network: Network) -> dict[str, Row]:
    """The rows of layers between blocks, of blocks, and of side heads."""
    total = cost(network)
    rows = [*total.at("block"), *(row for side in total.side_heads for row in side.rows)]
    return {row.path: row for row in rows}


def lines_of(row: Row, number: int, axis: int, size: int, field: int) -> tuple[int, int]:
    """The lines of the image in a number's field, as the row says."""
    first = row.centre[axis] - (field - 1) / 2 + number * row.stride[axis]
    low, high = max(first, 0), min(first + field, size)
    return int(low), int(high - low)


def check(network: Network, axis: int) -> None:
    size, rows = network.input[1 + axis], rows_of(network)
    # numbers of a map that is laid out differ in place, cells of an adaptive pool in size
    skipped = {path for path, row in rows.items() if row.kind in ("adaptivepool", "flatten")}
    seen = 0
    for path, output, found in measure(network, axis, least=False):
        if path not in skipped:
            row, number = rows[path], output.shape[2 + axis] // 2 if output.dim() == 4 else 0
            compare_lines(found, lines_of(row, number, axis, size, row.field[axis]), row, axis, size)
            seen += found[1] == row.field[axis]
    assert seen >= sum(not sees_all(row) for row in rows.values()) / 2  # most maps' middles see no border
    for path, _, (_, lines) in measure(network, axis, least=True):
        row = rows[path]
        if path not in skipped and not sees_all(row):
            assert lines == min(row.least[axis], size), row
        elif path not in skipped:  # the ends of the map may see into the padding
            assert min(row.least[axis], size) - 3 * row.stride[axis] < lines <= row.least[axis], row


def sees_all(row: Row) -> bool:
    """Whether a number is made of a whole map."""
    return row.output[1:] in ((), (1, 1))


def compare_lines(found: tuple[int, int], expected: tuple[int, int], row: Row, axis: int, size: int) -> None:
    """Strides can leave the image's last lines unread where all of a map is seen."""
    if not sees_all(row) or sum(expected) < size:
        assert found == expected, row
    else:
        assert found[0] == expected[0], row
        assert expected[1] - 2 * row.stride[axis] < found[1] <= expected[1], row


@cache
def different() -> dict[Network, str]:
    """The first name of each network that is another one when it is reduced."""
    return {reduced(name): name for name in reversed(zoo.names())}


def is_square(network: Network) -> bool:
    """Whether every window of the network is as high as wide."""
    windows = [layer for _, layer in network.layers() if isinstance(layer, Window)]
    sizes = [pair(size) for layer in windows for size in (layer.kernel, layer.padding, layer.strides())]
    return all(high == wide for high, wide in sizes)


CASES = [
    (name, axis)
    for network, name in sorted(different().items(), key=lambda item: item[1])
    for axis in ((0, 1) if name == "lenet5" or not is_square(network) else (0,))
]


@pytest.mark.parametrize(("name", "axis"), CASES)
def test_greatest_field_least_field_and_centre_are_those_of_the_gradient(name: str, axis: int) -> None:
    check(thin(reduced(name), axis), axis)


@pytest.mark.parametrize(("name", "axis"), CASES)
def test_one_direction_says_nothing_about_the_other(name: str, axis: int) -> None:
    network = reduced(name)
    measured = thin(network, axis)
    side = measured.input[1 + axis]
    rows, whole = rows_of(measured), rows_of(with_input(network, (network.input[0], side, side)))
    for path, row in whole.items():
        for said in ("field", "least", "stride", "centre"):
            assert getattr(row, said)[axis] == getattr(rows[path], said)[axis], (path, said)
            assert not is_square(network) or len({*getattr(row, said)}) == 1, (path, said)


def test_every_network_of_the_zoo_is_reduced_to_one_of_those_that_are_measured() -> None:
    assert {reduced(name) for name in zoo.names()} == {*different()}
    assert 20 <= len(different()) <= len(zoo.names())


@pytest.mark.parametrize("name", zoo.names())
def test_the_smallest_height_and_width_are_those_of_brute_force(name: str) -> None:
    """Every side from 1 on is tried, in one direction and then in the other, beside the input's own."""
    network = zoo.network(name)
    _, high, wide = network.input
    for axis, least in enumerate(smallest_size(network) or (0, 0)):
        sizes = ((side, wide) if axis == 0 else (high, side) for side in range(1, 2000))
        assert next(number for number, size in enumerate(sizes, 1) if takes(network, size)) == least


def test_the_smallest_size_is_found_where_larger_ones_do_not_fit() -> None:
    odd = concat(AvgPool(2), AvgPool(2, ceil=True))  # agree on even sides alone
    network = Network("odd", (1, 8, 8), 2, stages(body=chain(Conv(2, 5), odd)), chain(Flatten(), Linear(2)))
    assert [takes(network, (side, 8)) for side in (5, 6, 7, 8, 9)] == [False, True, False, True, False]
    assert smallest_size(network) == (6, 6)


def test_the_smallest_height_and_width_may_differ() -> None:
    flat = Network("flat", (1, 30, 30), 2, stages(body=Conv(2, (7, 3))), chain(Flatten(), Linear(2)))
    assert smallest_size(flat) == (7, 3)
    assert smallest_size(Network("none", (1, 30, 30), 2, stages(body=Conv(2, 2000)), Linear(2))) is None


def test_the_fields_of_a_block_written_out() -> None:
    """A 5x5 beside a 2x2 mean, behind a convolution with stride 2 that is padded by 1."""
    paths = residual(Conv(4, 5, padding=2), chain(AvgPool(2, 1), AvgPool(2, 1, padding=1)))
    network = Network("made", (3, 32, 32), 2, stages(body=chain(Conv(4, 3, 2, 1), paths)), GlobalAvgPool())
    first, block, head = cost(network).at("block")
    assert (first.field, first.least, first.stride, first.centre) == ((3, 3), (3, 3), (2, 2), (0, 0))
    # the 5x5 sees the outputs -2 to 2 of the first, pixels -5 to 5; the means see -1 to 1, pixels -3 to 3
    assert (block.field, block.least, block.stride, block.centre) == ((11, 11), (7, 7), (2, 2), (0, 0))
    assert (head.field, head.least) == ((11 + 15 * 2,) * 2, (7 + 15 * 2,) * 2)
    assert head.centre == (15, 15)


def test_ways_that_see_to_different_sides_see_more_together() -> None:
    before, behind = AvgPool(2, 1, padding=1), AvgPool(2, 1)
    body = concat(chain(before, Conv(2, 2)), chain(behind, Conv(2, 2, padding=1)))
    (row, *_) = cost(Network("made", (3, 8, 8), 2, stages(body=chain(body)), chain(Flatten(), Linear(2)))).at("block")
    assert (row.field, row.least, row.centre) == ((3, 3), (3, 3), (0, 0))
