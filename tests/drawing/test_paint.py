"""Paint: boxes by their share of parameters, MACs and memory, or by their field."""

import re
from xml.etree import ElementTree

import pytest

from brickwork import cost, draw, zoo
from brickwork.drawing.paint import FAINT, FULL, painter_of
from brickwork.drawing.parts import boxes
from brickwork.drawing.reading.stage import read_network

SVG = "{http://www.w3.org/2000/svg}"


def painted(svg: str) -> dict[str, float]:
    """The opacity of each label's box."""
    groups = [
        group
        for group in ElementTree.fromstring(svg).iter(f"{SVG}g")
        if group.get("class", "").startswith("box painted")
    ]
    found = {}
    for group in groups:
        rect, text = group.find(f"{SVG}rect"), group.find(f"{SVG}text")
        assert rect is not None
        assert text is not None
        found[text.text or ""] = float(rect.attrib["style"].removeprefix("fill-opacity:"))
    return found


def test_the_first_dense_layer_of_vgg16_has_three_quarters_of_the_parameters() -> None:
    found = painted(draw(zoo.network("vgg16"), paint="params").svg)
    assert found["dense, 4096 (74 %)"] == FULL  # 102,764,544 of 138,357,544
    assert found["dense, 4096 (12 %)"] == pytest.approx(
        FAINT + (FULL - FAINT) * (16_781_312 / 102_764_544) ** 0.5, abs=0.01
    )
    assert found["2x2 max pool, /2"] == FAINT


@pytest.mark.parametrize("paint", ["params", "macs", "memory"])
@pytest.mark.parametrize("name", ["googlenet", "resnet50", "seresnet50", "vgg16"])
def test_shares_sum_to_the_whole_network(name: str, paint: str) -> None:
    network = zoo.network(name)
    total = cost(network)
    painter = painter_of(paint, read_network(network).stacks())
    every = [*total.pieces, *total.side_heads]
    kinds = {"params": "params", "macs": "macs", "memory": "bytes"}
    assert painter.total == sum(getattr(piece.inside, kinds[paint]) for piece in every)


def test_fields_are_painted_by_their_side() -> None:
    found = painted(draw(zoo.network("vgg16"), paint="field").svg)
    assert found["3x3 conv, 64 (5)"] < found["3x3 conv, 512 (196)"] < found["dense, 1000 (404)"] == FULL


def test_the_legend_says_what_the_colours_mean() -> None:
    svg = draw(zoo.network("vgg16"), paint="macs").svg
    assert "up to 30 %: share of the MACs" in svg
    assert len(re.findall(r'<g class="painted">(?:<rect [^>]*/>){6}</g>', svg)) == 1


def test_a_folded_box_has_the_share_of_all_that_it_stands_for() -> None:
    drawing = read_network(zoo.network("vgg16"))
    painter = painter_of("macs", drawing.stacks())
    third = next(stage for stage in drawing.stages if stage.name == "stage3").stack
    first = next(boxes(third))
    assert first.label == "3x3 conv, 256"
    assert sum(row.macs for row in first.rows) == 4_624_220_160  # 3*3*56*56*256*(128 + 256 + 256)
    assert painter.words(first) == "30 %"
