"""Pictures as files: the same bytes each time, well-formed, escaped, small, and with names for who cannot see them."""

import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

import brickwork as bw
from brickwork import draw, zoo
from brickwork.drawing.page import network_page
from brickwork.errors import BrickworkError
from brickwork.network import Network, chain, named, stages, with_input
from brickwork.network.layers import Conv, Flatten, Linear

SVG = "{http://www.w3.org/2000/svg}"
MOST = 100_000  # bytes


def texts(svg: str) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(svg).iter(f"{SVG}text")]


@pytest.mark.parametrize("name", zoo.names())
def test_every_network_is_a_well_formed_picture_below_100_kb(name: str) -> None:
    for depth in ("layer", "block", "stage"):
        picture = draw(zoo.network(name), depth=depth)
        assert len(picture.svg.encode()) <= MOST
        root = ElementTree.fromstring(picture.svg)
        assert root.attrib["viewBox"] == f"0 0 {picture.width:g} {picture.height:g}"
        assert root.attrib["role"] == "img"
        assert root[0].tag == f"{SVG}title"
        assert root[0].text == root.attrib["aria-label"] == f"{zoo.network(name)}, drawn by {depth}s"


def test_a_picture_is_the_same_bytes_in_every_process() -> None:
    script = "from brickwork import draw, zoo; print(draw(zoo.network('googlenet'), paint='macs').svg, end='')"
    found = {
        subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": seed}
        ).stdout
        for seed in ("1", "2")
    }
    assert found == {draw(zoo.network("googlenet"), paint="macs").svg}


def test_names_are_escaped() -> None:
    body = chain(named('<script>"&"', chain(Conv(4, 3), Conv(5, 1))), Flatten())
    network = Network("<b>&\u202e", (3, 8, 8), 2, stages(**{"x<&": body}), Linear(2))
    found = texts(draw(network).svg)
    assert {'<script>"&"', "x<&", "<b>&\\u202e on 3x8x8"} <= set(found)
    assert ElementTree.fromstring(f"<div>{draw(network).svg}</div>") is not None


def test_the_words_of_resnet34_are_those_of_its_paper() -> None:
    found = texts(draw(zoo.network("resnet34")).svg)
    for words in ("7x7 conv, 64, /2", "3x3 max pool, /2", "3x3 conv, 128, /2", "1x1 conv, 512, /2", "dense, 1000"):
        assert words in found
    assert [words for words in found if words.startswith("x ")] == ["x 3", "x 3", "x 5", "x 2"]
    assert {"3x224x224", "64x112x112", "64x56x56", "128x28x28", "256x14x14", "512x7x7", "512", "1000"} <= set(found)
    assert {"stage3", "1.12 M params", "873 M MACs", "21.8 M parameters, 3.66 G MACs"} <= set(found)


def test_boxes_have_their_layers_and_numbers_as_titles() -> None:
    root = ElementTree.fromstring(draw(zoo.network("vgg16")).svg)
    titles = [element.text or "" for element in root.iter(f"{SVG}title")]
    assert (
        "stage1.conv1, stage1.relu1, stage1.conv2 and 1 more\n64x224x224; 38,720 parameters, 1,936,392,192 MACs, "
        "51.4 MB of activations, field 5"
    ) in titles


def test_a_side_head_is_dotted_beside_what_it_reads() -> None:
    root = ElementTree.fromstring(draw(zoo.network("googlenet"), depth="block").svg)
    kinds = [element.attrib.get("class") for element in root.iter()]
    assert kinds.count("side") == 2
    (dotted,) = [element.attrib["d"] for element in root.iter() if element.attrib.get("class") == "aside"]
    assert dotted.count("M") == 2
    assert {"reads stage4.4a", "reads stage4.4d", "loss x 0.3"} <= set(texts(draw(zoo.network("googlenet")).svg))


def test_unfolding_a_block_draws_what_is_in_it_and_closes_the_others() -> None:
    found = texts(draw(zoo.network("googlenet"), unfold=["stage4.4a"]).svg)
    assert found.count("concat") == 1
    assert "3x3 conv, 208" in found
    assert "inception, 832" in found
    assert "3x3 conv, 224" not in found  # of 4b


def test_a_stage_that_is_unfolded_is_open_where_the_others_are_one_box() -> None:
    found = texts(draw(zoo.network("resnet18"), depth="stage", unfold=["stage3"]).svg)
    assert "3x3 conv, 128, /2" in found
    assert "3x3 conv, 256" not in found
    assert "basic, 256, /2" in found


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ({"depth": "layers"}, "unknown depth 'layers': did you mean 'layer'?"),
        ({"paint": "parms"}, "unknown paint 'parms': did you mean 'params'?"),
        ({"theme": "blue"}, "unknown theme 'blue': known: auto, light, dark, print."),
        ({"height": -1}, "a column's height is a number of pixels, or 0 for one column, not -1."),
        ({"unfold": ["stage4.4x"]}, "googlenet has no part 'stage4.4x': did you mean 'stage4.4e'?"),
        ({"unfold": ["nothing"]}, "googlenet has no part 'nothing'"),
        ({"unfold": "stage4"}, "unfold is a sequence of paths, not one: write ['stage4']."),
    ],
)
def test_a_wrong_word_is_told_with_the_nearest_right_one(words: dict[str, str], says: str) -> None:
    with pytest.raises(BrickworkError, match=re.escape(says)):
        draw(zoo.network("googlenet"), **words)  # type: ignore[arg-type]


def test_a_picture_is_saved_whole_and_shown_by_notebooks(tmp_path: Path) -> None:
    network = zoo.network("lenet5")
    picture = draw(network)
    picture.save(tmp_path / "lenet5.svg")
    assert (tmp_path / "lenet5.svg").read_text() == picture.svg == picture._repr_svg_() == network._repr_svg_()
    assert repr(picture) == f"Picture(lenet5, {picture.width:g} x {picture.height:g} pixels)"
    assert isinstance(picture, bw.Picture)


def test_drawing_imports_neither_torch_nor_numpy() -> None:
    script = (
        "import sys; from brickwork import draw, zoo; draw(zoo.network('lenet5')); "
        "sys.exit(str({'torch', 'numpy'} & {*sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.stderr == "set()\n"


def test_a_page_has_the_picture_and_the_table_and_needs_no_other_file() -> None:
    network = zoo.network("resnet18")
    page = network_page(network, draw(network))
    assert draw(network).svg in page
    assert "<td>stage2</td>" in page
    assert not re.search(r"(?:src|href)=", page)
    assert "http" not in page.replace("http://www.w3.org/2000/svg", "")
    misfit = with_input(network, (3, 1, 1))
    assert network_page(misfit, draw(misfit)).count("<table>") == 1  # it fits


def test_a_page_of_a_misfit_says_it_in_place_of_the_table() -> None:
    misfit = with_input(zoo.network("vgg16"), (3, 20, 20))
    page = network_page(misfit, draw(misfit))
    assert "<table>" not in page
    assert "needs a map of at least 2x2, but 1x1 reaches it" in page


def test_an_empty_head_is_a_band_that_the_edge_goes_through() -> None:
    network = Network("headless", (3, 8, 8), 5, stages(one=chain(Conv(5, 8), Flatten())), chain())
    assert {"head", "5"} <= set(texts(draw(network).svg))
