"""Networks that do not fit their input, drawn up to the layer where they end."""

import pytest

from brickwork import zoo
from brickwork.drawing.parts import Around, Box, Fork, boxes
from brickwork.drawing.reading.stage import Drawing, read_network
from brickwork.errors import BrickworkError
from brickwork.network import Network, chain, concat, cost, gate, named, residual, stages, with_input
from brickwork.network.layers import Conv, Flatten, Linear, MaxPool


def red(drawing: Drawing) -> list[Box]:
    return [box for stack in drawing.stacks() for box in boxes(stack) if box.look == "misfit"]


def own(*stage: object) -> Network:
    return Network("own", (3, 8, 8), 2, stages(one=chain(*stage)), chain(Flatten(), Linear(2)))  # type: ignore[arg-type]


def test_the_layer_that_does_not_fit_says_what_it_needs_and_what_reaches_it() -> None:
    drawing = read_network(with_input(zoo.network("vgg16"), (3, 20, 20)))
    assert [stage.name for stage in drawing.stages] == ["stage1", "stage2", "stage3", "stage4", "stage5"]
    (box,) = red(drawing)
    assert (box.label, box.lines) == ("2x2 max pool, /2", ("needs a map of at least 2x2", "but 1x1 reaches it"))
    assert drawing.stages[-1].stack.parts[-1] == box


@pytest.mark.parametrize("name", zoo.names())
@pytest.mark.parametrize("depth", ["layer", "block", "stage"])
def test_a_network_on_one_pixel_is_drawn_or_has_exactly_one_misfit(name: str, depth: str) -> None:
    network = with_input(zoo.network(name), (zoo.network(name).input[0], 1, 1))
    try:
        cost(network)
        fits = True
    except BrickworkError:
        fits = False
    assert len(red(read_network(network, depth))) == (0 if fits else 1)


def test_a_join_that_does_not_come_about_is_red() -> None:
    network = own(Conv(4, 1), concat(Conv(4, 1), Conv(4, 3)), Conv(5, 1))
    stack = read_network(network).stages[0].stack
    fork = stack.parts[-1]
    assert isinstance(fork, Fork)
    assert fork.join
    assert fork.join.look == "misfit"
    assert fork.join.lines == ("paths can be joined where their", "maps agree", "but they are 8x8, 6x6")


def test_a_sum_and_a_product_that_do_not_come_about_are_red() -> None:
    for part, label in ((residual(Conv(5, 1)), "sum"), (gate(Conv(3, 1)), "product")):
        around = read_network(own(Conv(4, 1), part, Conv(5, 1))).stages[0].stack.parts[-1]
        assert isinstance(around, Around)
        assert around.node
        assert (around.node.look, around.node.label) == ("misfit", label)


def test_of_paths_side_by_side_those_after_the_misfit_are_not_drawn() -> None:
    network = own(concat(Conv(4, 1), chain(MaxPool(2), Conv(4, 9)), Conv(4, 1)))
    fork = read_network(network).stages[0].stack.parts[-1]
    assert isinstance(fork, Fork)
    assert (len(fork.paths), fork.join) == (2, None)
    assert [box.label for box in boxes(fork)] == ["1x1 conv, 4", "2x2 max pool, /2", "9x9 conv, 4"]


def test_a_closed_block_with_the_misfit_is_opened() -> None:
    network = with_input(zoo.network("inception_v3"), (3, 60, 60))
    (box,) = red(read_network(network, "block"))
    assert box.label == "3x3 conv, 320, /2"
    assert red(read_network(zoo.network("inception_v3"), "block")) == []


def test_a_side_head_may_be_the_misfit() -> None:
    drawing = read_network(with_input(zoo.network("googlenet"), (3, 64, 64)))
    assert drawing.is_complete
    (box,) = red(drawing)
    assert box.label == "5x5 avg pool, /3"
    assert [side.stage.name for side in drawing.sides] == ["side1"]


def test_what_is_no_misfit_of_a_layer_is_an_error_as_ever() -> None:
    with pytest.raises(BrickworkError, match="two parts side by side have the name 'a'"):
        read_network(own(named("a", Conv(3, 1)), named("a", Conv(3, 1))))
