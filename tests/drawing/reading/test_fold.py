"""Equal neighbours once: bodies are compared, names and drop rates are not."""

from collections.abc import Iterator

import pytest

from brickwork import cost, zoo
from brickwork.drawing.parts import Box, Frame, Part, boxes, inner_parts
from brickwork.drawing.reading.stage import Drawing, read_network
from brickwork.network import Block, Network, SideHead, block, chain, named, stages
from brickwork.network.layers import Conv, ReLU
from brickwork.network.propagate import Row


def frames(part: Part) -> Iterator[Frame]:
    if isinstance(part, Frame):
        yield part
    for inside in inner_parts(part):
        yield from frames(inside)


def folded(drawing: Drawing) -> list[tuple[int, tuple[str, ...]]]:
    return [(frame.times, frame.names) for stack in drawing.stacks() for frame in frames(stack) if frame.times > 1]


def rows(drawing: Drawing) -> list[Row]:
    return [row for stack in drawing.stacks() for box in boxes(stack) for row in box.rows]


@pytest.mark.parametrize("depth", ["layer", "block", "stage"])
@pytest.mark.parametrize("name", zoo.names())
def test_every_layer_of_the_cost_is_in_one_box(name: str, depth: str) -> None:
    network = zoo.network(name)
    total = cost(network)
    expected = [*total.rows, *(row for side in total.side_heads for row in side.rows)]
    found = rows(read_network(network, depth))
    assert sorted(found) == sorted(expected)
    inside = [row for row in found if row.path.split(".")[0] not in {side.name for side in network.side_heads}]
    sums = [sum(getattr(row, kind) for row in inside) for kind in ("params", "macs", "bytes")]
    assert sums == [total.params, total.macs, total.bytes]


def test_the_first_block_of_a_stage_has_a_projection_and_stays_apart() -> None:
    assert [times for times, _ in folded(read_network(zoo.network("resnet50")))] == [2, 3, 5, 2]
    assert [times for times, _ in folded(read_network(zoo.network("resnet34")))] == [3, 3, 5, 2]


def test_names_do_not_keep_equal_blocks_apart_and_are_said_as_a_range() -> None:
    assert folded(read_network(zoo.network("inception_v3"))) == [
        (2, ("5c", "5d")),
        (2, ("6c", "6d")),
        (2, ("7b", "7c")),
    ]


def test_drop_rates_do_not_keep_equal_blocks_apart_and_are_said_as_a_range() -> None:
    drawing = read_network(zoo.network("resnet18[drop=0.5]"))
    drops = [box.rates for stack in drawing.stacks() for box in boxes(stack) if box.label == "stochastic depth"]
    assert drops[0] == (0.0625, 0.125)
    assert [times for times, _ in folded(drawing)] == [2]
    assert sum(map(len, drops)) == 8


def test_what_looks_alike_but_is_not_equal_is_not_folded() -> None:
    body = chain(*(Conv(4, 3, padding=1, bias=bias) for bias in (True, True, False)))
    drawing = read_network(Network("own", (4, 8, 8), 2, stages(one=body), chain()))
    assert [(type(part), getattr(part, "times", 1)) for part in drawing.stages[0].stack.parts] == [(Frame, 2), (Box, 1)]


def test_two_equal_layers_in_a_block_are_its_figure_and_three_are_folded() -> None:
    @block
    def path(count: int) -> Block:
        return named("in", chain(*[Conv(4, 3, padding=1)] * count))  # type: ignore[return-value]

    for count, found in ((2, []), (3, [(3, ())])):
        network = Network("own", (4, 8, 8), 2, stages(one=chain(path(count), ReLU())), chain())
        assert folded(read_network(network)) == found


def test_nothing_is_folded_across_what_a_side_head_reads() -> None:
    layer = chain(Conv(4, 3, padding=1), ReLU())
    body = chain(*[named(f"b{place}", chain(layer, Conv(4, 1))) for place in range(4)])
    side = SideHead("side", "one.b1", Conv(2, 8))
    plain = Network("own", (4, 8, 8), 2, stages(one=body), Conv(2, 8))
    heads = Network("own", (4, 8, 8), 2, stages(one=body), Conv(2, 8), (side,))
    assert folded(read_network(plain)) == [(4, ("b0", "b1", "b2", "b3"))]
    assert folded(read_network(heads)) == [(2, ("b0", "b1")), (2, ("b2", "b3"))]


def test_parts_that_are_unfolded_are_not_folded_with_closed_ones() -> None:
    drawing = read_network(zoo.network("resnet34"), "block", ("stage4.2",))
    stage = next(stage for stage in drawing.stages if stage.name == "stage4")
    times = [part.times if isinstance(part, Frame) else 1 for part in stage.stack.parts]
    assert times == [1, 1, 1, 3]  # the one that halves the map, one, the unfolded one, three
    assert sorted(rows(drawing)) == sorted(cost(zoo.network("resnet34")).rows)
