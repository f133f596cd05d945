"""One box for a convolution, its norm and its activation, whichever order they stand in."""

import pytest

from brickwork import zoo
from brickwork.drawing.parts import Box, boxes
from brickwork.drawing.reading.stage import read_network
from brickwork.network import Network, chain, stages
from brickwork.network.layers import BatchNorm, Conv, Dropout, Flatten, GlobalAvgPool, Linear, MaxPool, ReLU, Sigmoid


def drawn(network: Network, stage: int = 0) -> list[tuple[tuple[str, ...], str, tuple[str, ...]]]:
    """The boxes of a stage: stripes before, label, stripes after."""
    found = boxes(read_network(network).stages[stage].stack)
    return [(box.before, box.label, box.after) for box in found if box.label or box.rows]


def of(*layers: Conv | BatchNorm | ReLU | Sigmoid | Linear | Flatten | MaxPool | GlobalAvgPool | Dropout) -> Network:
    return Network("own", (3, 8, 8), 2, stages(one=chain(*layers)), chain())


def test_a_convolution_its_norm_and_its_activation_are_one_box() -> None:
    assert drawn(of(Conv(4, 3), BatchNorm(), ReLU())) == [((), "3x3 conv, 4", ("batch norm", "ReLU"))]
    assert drawn(of(Conv(4, 3), ReLU(), BatchNorm())) == [((), "3x3 conv, 4", ("ReLU", "batch norm"))]


def test_a_pool_takes_its_activation_and_a_dense_layer_the_flattening_before_it() -> None:
    network = of(Conv(4, 3), MaxPool(2), Sigmoid(), Flatten(), Linear(5), ReLU(), Dropout(0.3), Linear(2))
    assert [(label, after) for _, label, after in drawn(network)] == [
        ("3x3 conv, 4", ()),
        ("2x2 max pool, /2", ("sigmoid",)),
        ("dense, 5", ("ReLU",)),
        ("dropout", ()),
        ("dense, 2", ()),
    ]


def test_layers_without_one_to_hold_them_are_a_box_of_their_own() -> None:
    assert drawn(of(BatchNorm(), ReLU())) == [((), "batch norm, ReLU", ())]
    assert drawn(of(Flatten())) == [((), "flatten", ())]


def test_what_opens_a_chain_is_drawn_on_the_upper_edge() -> None:
    assert drawn(of(BatchNorm(), ReLU(), GlobalAvgPool())) == [(("batch norm", "ReLU"), "global avg pool", ())]


BOTH = ("batch norm", "ReLU")


@pytest.mark.parametrize(
    ("flavor", "stripes", "node"),
    [
        ("original", [((), BOTH), ((), ("batch norm",))], "ReLU"),
        ("bn_after_add", [((), BOTH), ((), ())], "batch norm, ReLU"),
        ("relu_before_add", [((), BOTH), ((), BOTH)], ""),
        ("relu_only_pre", [(("ReLU",), ("batch norm",)), (("ReLU",), ("batch norm",))], ""),
        ("pre", [(BOTH, ()), (BOTH, ())], ""),
    ],
)
def test_the_flavors_of_residual_blocks_are_told_apart(
    flavor: str, stripes: list[tuple[tuple[str, ...], tuple[str, ...]]], node: str
) -> None:
    stage = read_network(zoo.network(f"resnet20[flavor={flavor}]")).stages[1]
    last: list[Box] = list(boxes(stage.stack))[-3:]
    assert [(box.before, box.after) for box in last[:2]] == stripes
    assert last[2].label == node
