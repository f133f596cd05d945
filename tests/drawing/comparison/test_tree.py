"""A family as a picture: nothing overlaps, no edge crosses a box or a word, and the words are those of the tree."""

from itertools import combinations
from xml.etree import ElementTree

import pytest

from brickwork import zoo
from brickwork.diffing import Family, family
from brickwork.drawing import draw_family
from brickwork.drawing.comparison.tree import TreeLayout
from brickwork.drawing.layout.place import Area
from geometry import crossings, holds, touch

SVG = "{http://www.w3.org/2000/svg}"
LECTURE = ("lenet5", "alexnet", "vgg16", "nin", "googlenet", "resnet34")
FAMILIES = {
    "lecture": LECTURE,
    "two": ("lenet5", "lenet5_1998"),
    "star": ("resnet50", "resnet101", "preact_resnet50", "resnext50_32x4d", "seresnet50", "wide_resnet50_2"),
    "large": (*LECTURE, "inception_bn", "inception_v3", "inception_v4", "resnet110", "wrn_28_10", "lenet5_1998"),
}


def made(names: tuple[str, ...]) -> Family:
    return family([zoo.network(name) for name in names])


@pytest.mark.parametrize("names", FAMILIES.values(), ids=FAMILIES)
def test_nothing_overlaps_and_nothing_leaves_the_paper(names: tuple[str, ...]) -> None:
    found = made(names)
    layout = TreeLayout(found)
    solid = [(member.name, layout.area(place)) for place, member in enumerate(found.members)]
    words = [(text.text, text.area) for branch in found.branches for text in layout.words(branch)]
    paper = Area(0, 0, layout.width, layout.height)
    assert [(one, two) for (one, a), (two, b) in combinations([*solid, *words], 2) if touch(a, b)] == []
    assert [name for name, area in [*solid, *words] if not holds(paper, area)] == []
    assert list(crossings([layout.edge(branch) for branch in found.branches], [*solid, *words])) == []
    bars = [(f"{member.name}'s text", layout.area(place)) for place, member in enumerate(found.members)]
    assert all(area.height == layout.box[1] for _, area in bars)


def test_the_words_of_the_lectures_picture() -> None:
    picture = draw_family(made(LECTURE))
    texts = [element.text for element in ElementTree.fromstring(picture.svg).iter(f"{SVG}text")]
    for words in ("From lenet5 to resnet34", "alexnet", "2012, 8 layers", "61.0 M parameters", "+60.9 M parameters",
                  "\N{MINUS SIGN}53.4 M parameters", "~ 5 \N{RIGHTWARDS ARROW} 8 layers"):  # fmt: skip
        assert words in texts, words
    assert len(picture.svg.encode()) < 20_000


def test_a_picture_is_the_same_each_time_and_names_are_escaped() -> None:
    found = made(LECTURE)
    assert draw_family(found).svg == draw_family(found).svg
    assert ElementTree.fromstring(draw_family(made(("lenet5", "resnet20[width=0.5]"))).svg) is not None


def test_bars_show_the_share_of_each_stage() -> None:
    svg = draw_family(made(("lenet5", "vgg16"))).svg
    groups = [group for group in ElementTree.fromstring(svg).iter(f"{SVG}g") if group.attrib["class"] == "box block"]
    assert [len(group.findall(f"{SVG}path")) for group in groups] == [3, 6]
