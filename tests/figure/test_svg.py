"""SVG elements: well formed whatever the words are."""

from xml.etree import ElementTree

from brickwork.figure import (
    svg_circle,
    svg_document,
    svg_group,
    svg_line,
    svg_number,
    svg_path,
    svg_polyline,
    svg_rect,
    svg_text,
)

NAME = "{http://www.w3.org/2000/svg}"
WORDS = "</text><script>alert('\"&\"')</script>"


def test_words_stay_words_in_texts_titles_and_labels() -> None:
    parts = [svg_text(1, 2, WORDS, "soft"), svg_circle(1, 2, 3, "dot", WORDS), svg_rect(0, 0, 1, 1, "hit", title=WORDS)]
    root = ElementTree.fromstring(svg_document(10, 20, WORDS, parts))
    assert [element.tag for element in root.iter()] == [
        f"{NAME}{tag}" for tag in ("svg", "text", "circle", "title", "rect", "title")
    ]
    assert {element.text for element in root.iter() if element.tag in (f"{NAME}text", f"{NAME}title")} == {WORDS}
    assert root.attrib["aria-label"] == WORDS


def test_a_document_has_its_size_and_its_style() -> None:
    root = ElementTree.fromstring(svg_document(10, 20.5, "x", [svg_line(0, 1, 2, 3, "grid")], ".grid { stroke: red }"))
    assert (root.attrib["viewBox"], root.attrib["width"], root.attrib["height"]) == ("0 0 10 20.5", "10", "20.5")
    style, line = root
    assert style.text == ".grid { stroke: red }"
    assert [line.attrib[name] for name in ("x1", "y1", "x2", "y2", "class")] == ["0.0", "1.0", "2.0", "3.0", "grid"]


def test_a_text_turns_around_its_own_place() -> None:
    assert 'transform="rotate(-90 3.0 4.0)"' in svg_text(3, 4, "x", "soft", turn=-90)
    assert "transform" not in svg_text(3, 4, "x", "soft")


def test_a_polyline_has_every_point() -> None:
    assert svg_polyline([(0, 1), (2.04, 3.06)], "line") == '<polyline points="0.0,1.0 2.0,3.1" class="line"/>'


def test_control_and_direction_characters_are_escapes_that_one_can_see() -> None:
    words = "a\x00\x1b[31m\x85\u202egnp\u2066\ud800\uffff\tb\nc"
    parts = [svg_text(1, 2, words, "soft"), svg_circle(1, 2, 3, "dot", words)]
    root = ElementTree.fromstring(svg_document(10, 20, words, parts))  # XML has no place for most of them
    seen = "a\\x00\\x1b[31m\\x85\\u202egnp\\u2066\\ud800\\uffff\tb\nc"
    assert {element.text for element in root.iter() if element.tag in (f"{NAME}text", f"{NAME}title")} == {seen}


def test_a_group_has_its_title_first_and_a_document_its_class() -> None:
    root = ElementTree.fromstring(
        svg_document(1, 2, "x", [svg_group("box", [svg_path("M0 0H9", "line")], WORDS)], kind="a b")
    )
    (group,) = root
    title, path = group
    assert (root.attrib["class"], group.attrib["class"], title.text) == ("a b", "box", WORDS)
    assert path.attrib == {"d": "M0 0H9", "class": "line"}
    assert svg_group("box", []) == '<g class="box"></g>'
    assert "class" not in svg_document(1, 2, "x", [])


def test_lengths_are_written_short() -> None:
    assert [svg_number(value) for value in (3.0, 3.04, 0.25, -0.04, 12345.67, 1e5)] == [
        "3", "3", "0.2", "0", "12345.7", "100000",
    ]  # fmt: skip
