import pytest

from brickwork import cost, zoo
from brickwork.network import Network, chain, stages
from brickwork.network.blocks import conv
from brickwork.network.layers import BatchNorm, Flatten, GlobalAvgPool, Linear
from brickwork.scaling.work import count_work

SMALL = Network(
    "small",
    (3, 8, 8),
    5,
    stages(stem=conv(4, 3, norm=BatchNorm()), body=conv(6, 1)),
    chain(GlobalAvgPool(), Flatten(), Linear(5)),
)


def test_gradients_are_those_of_the_papers_networks() -> None:
    assert round(4 * count_work(zoo.network("vgg16")).params / 1e6) == 553
    assert round(4 * count_work(zoo.network("resnet50")).params / 1e6) == 102


def test_work_is_written_out_for_a_small_network() -> None:
    work = count_work(SMALL)
    stem, body, head = 64 * 4 * 3 * 9, 64 * 6 * 4, 6 * 5
    assert work.macs == stem + body + head
    assert work.winograd == pytest.approx(stem / 2.25 + body + head)
    assert work.norms == 1
    assert [pair for pair in work.gradients if pair != (0, 0)] == [(35, head), (30, body), (8, 0), (108, stem)]
    assert work.operations(winograd=False) == 6 * work.macs


def test_stride_and_groups_leave_a_convolution_to_the_ordinary_way() -> None:
    strided = Network("strided", (4, 8, 8), 2, stages(body=conv(4, 3, 2)), chain(Flatten(), Linear(2)))
    work = count_work(strided)
    assert work.winograd == work.macs


def test_side_heads_train_too_and_their_gradients_come_first() -> None:
    network = zoo.network("googlenet")
    work = count_work(network)
    assert work.params == cost(network).params_with_side_heads > cost(network).params
    assert work.gradients[0] == (1000 * 1024 + 1000, 1000 * 1024)
