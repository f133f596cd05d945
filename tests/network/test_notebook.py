"""Representations of networks and costs: short as text, a table as HTML."""

from xml.etree import ElementTree

import pytest

from brickwork import zoo
from brickwork.network import Network, cost, stages, with_input
from brickwork.network.layers import Conv


def cells(html: str) -> list[list[str]]:
    """The texts of a document's rows; raises where it is not well-formed."""
    rows = ElementTree.fromstring(f"<div>{html}</div>").iter("tr")
    return [[cell.text or "" for cell in row] for row in rows]


def test_a_network_and_its_cost_print_in_a_line() -> None:
    network = zoo.network("googlenet")
    assert repr(network) == "Network(googlenet on 3x224x224, 1000 classes)"
    assert repr(cost(network)).endswith(", params_with_side_heads=13_378_280)")
    small = cost(zoo.network("lenet5"))  # 15,002 numbers: 2 * 4704 + 1176 + 2 * 1600 + 2 * 400 + 2 * 120 + 2 * 84 + 10
    assert repr(small) == "Cost(params=61_706, macs=416_520, bytes=60_008)"


@pytest.mark.parametrize("name", zoo.names())
def test_representations_stay_short(name: str) -> None:
    network = zoo.network(name)
    assert max(len(repr(network)), len(repr(cost(network)))) < 400
    assert "\n" not in repr(network) + repr(cost(network))


def test_a_network_as_html_is_its_stages_with_their_sums() -> None:
    network = zoo.network("vgg11")
    first, *_, last = cells(network._repr_html_())
    assert first == ["path", "what", "output", "parameters", "MACs", "%", "field", "stride", "centre"]
    assert last == ["total", "", "", "132,863,336", "7,609,090,048", "", "", "", ""]
    paths = [row[0] for row in cells(network._repr_html_())]
    assert paths == ["path", "stage1", "stage2", "stage3", "stage4", "stage5", "head", "total"]
    assert "vgg11 on 3x224x224, 1000 classes: 133 M parameters" in network._repr_html_()
    assert cells(cost(network)._repr_html_()) == cells(network._repr_html_())


def test_names_are_escaped() -> None:
    network = Network("<b>&", (3, 8, 8), 2, stages(stage1=Conv(4, 3)), Conv(2, 6))
    assert "<b>" not in network._repr_html_()
    assert "&lt;b&gt;&amp;amp;" not in network._repr_html_()
    assert "&lt;b&gt;&amp; on 3x8x8" in network._repr_html_()


def test_a_network_whose_input_does_not_fit_says_so() -> None:
    html = with_input(zoo.network("vgg11"), (3, 8, 8))._repr_html_()
    assert cells(html) == []
    assert "stage4.maxpool: MaxPool(2, stride=2) needs a map of at least 2x2" in html
