"""Two networks side by side: which boxes have which mark, and that nothing overlaps."""

from xml.etree import ElementTree

import pytest

from brickwork import zoo
from brickwork.diffing import diff
from brickwork.drawing import draw_pair
from brickwork.drawing.comparison.pair import mark_drawing, merge_sheets, shift_sheet
from brickwork.drawing.layout.sheet import Sheet
from brickwork.drawing.parts import boxes
from brickwork.drawing.picture import place_stages
from brickwork.drawing.reading.stage import Drawing, read_network
from brickwork.errors import BrickworkError
from geometry import complaints

SVG = "{http://www.w3.org/2000/svg}"
PAIRS = (
    ("lenet5", "alexnet"), ("alexnet", "vgg16"), ("resnet18", "resnet34"), ("resnet50", "seresnet50"),
    ("googlenet", "googlenet_bn"), ("inception_v3", "inception_v4"), ("resnet20", "resnet20[flavor=pre]"),
)  # fmt: skip


def drawings(one: str, two: str) -> list[Drawing]:
    networks = zoo.network(one), zoo.network(two)
    marks = diff(*networks).marks()
    return [mark_drawing(read_network(each, marks=own), own) for each, own in zip(networks, marks, strict=True)]


def sheet(one: str, two: str, height: float = 900) -> Sheet:
    left, right = (
        place_stages(zoo.network(name), drawing, height)
        for name, drawing in zip((one, two), drawings(one, two), strict=True)
    )
    return merge_sheets(left, shift_sheet(right, left.width + 30))


@pytest.mark.parametrize(("one", "two"), PAIRS, ids="-".join)
def test_nothing_overlaps(one: str, two: str) -> None:
    found = sheet(one, two)
    found.height += 50  # of the legend
    assert complaints(found) == []


def marked(drawing: Drawing) -> list[tuple[str, str]]:
    return [(box.mark, box.label) for stack in drawing.stacks() for box in boxes(stack) if box.mark]


def test_what_is_added_removed_and_changed_has_its_mark() -> None:
    old, new = drawings("alexnet", "vgg16")
    assert marked(old)[:3] == [("~", "11x11 conv, 96, /4"), ("-", "response norm"), ("~", "3x3 max pool, /2")]
    assert marked(new)[:3] == [("~", "3x3 conv, 64"), ("+", "3x3 conv, 64"), ("~", "2x2 max pool, /2")]
    assert [mark for mark, label in marked(new) if label.startswith("dense")] == []


def test_every_marked_layer_is_in_a_marked_box_and_no_other() -> None:
    networks = zoo.network("resnet18"), zoo.network("resnet34")
    marks = diff(*networks).marks()
    for drawing, own in zip(drawings("resnet18", "resnet34"), marks, strict=True):
        seen = {row.path: box.mark for stack in drawing.stacks() for box in boxes(stack) for row in box.rows}
        nodes = {row.path for s in drawing.stacks() for box in boxes(s) if box.look == "light" for row in box.rows}
        shown = {path: mark for path, mark in own.items() if path in seen and path not in nodes}  # run at all
        assert shown == {path: mark for path, mark in seen.items() if mark and path not in nodes}


def test_new_blocks_are_folded_apart_from_old_ones() -> None:
    svg = draw_pair(zoo.network("resnet18"), zoo.network("resnet34"), theme="light").svg
    texts = [element.text for element in ElementTree.fromstring(svg).iter(f"{SVG}text")]
    assert [text for text in texts if text and text.startswith("x ")] == ["x 2", "x 2", "x 2", "x 4"]
    assert texts.count("+ 3x3 conv, 256") == 2
    assert "4 edits from resnet18: +10.1 M parameters, +1.85 G MACs" in texts


def test_marks_are_told_without_colours_too() -> None:
    svg = draw_pair(zoo.network("alexnet"), zoo.network("vgg16"), theme="print").svg
    root = ElementTree.fromstring(svg)
    for kind, sign in (("added", "+"), ("removed", "\N{MINUS SIGN}"), ("changed", "~")):
        groups = [group for group in root.iter(f"{SVG}g") if kind in group.attrib["class"].split()]
        assert groups
        assert all((group.find(f"{SVG}text").text or "").startswith(f"{sign} ") for group in groups)  # type: ignore[union-attr]


def test_equal_networks_have_no_mark_and_say_so() -> None:
    svg = draw_pair(zoo.network("lenet5"), zoo.network("lenet5")).svg
    assert 'added"' not in svg
    assert "the same network as lenet5" in svg


def test_a_wrong_word_is_told() -> None:
    with pytest.raises(BrickworkError, match="unknown theme 'drak': did you mean 'dark'"):
        draw_pair(zoo.network("lenet5"), zoo.network("alexnet"), theme="drak")
