"""The page: whole in one file, safe whatever things are called, and readable in light and dark."""

import base64
import io
import re
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

import bars
from brickwork.data.dataset import ArraySplit, Dataset, FileSplit
from brickwork.evaluation import Confusion, Report, evaluate
from brickwork.evaluation.report.diagrams import classes_to_draw, matrix, name_lines
from brickwork.evaluation.report.html import evaluation_html
from brickwork.evaluation.report.thumbnails import SIDE, thumbnail
from brickwork.figure import text_width


class Reader(HTMLParser):
    """Follows the tags of a page; fails where one is closed that is not open."""

    LONE = frozenset({"meta", "img", "br"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("src", "href", "xlink:href", "srcset")]
        if tag not in self.LONE:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def read(text: str) -> Reader:
    reader = Reader()
    reader.feed(text)
    assert reader.open == ["html"] or not reader.open
    return reader


@pytest.fixture
def report(tmp_path: Path) -> Report:
    """Twenty-four images in files, six of them white and called grey, and one that is no image."""
    files = []
    for number in range(25):
        Image.new("L", (8, 6), (0, 128, 255, 255)[number % 4]).save(tmp_path / f"{number}.png")
        files.append(f"{number}.png")
    (tmp_path / "3.png").write_text("<script>")
    split = FileSplit(np.array([(0, 1, 2, 1)[n % 4] for n in range(25)]), tmp_path, tuple(files))
    return evaluate(bars.judge_of_brightness(), Dataset("<b>data</b>", bars.SHADES, {"test": split}))


def test_the_page_is_well_formed_and_loads_nothing(report: Report) -> None:
    text = evaluation_html(report)
    found = read(text)
    assert {"html", "body", "style", "svg", "figure", "img", "table"} <= set(found.seen)
    assert not {"script", "link", "iframe", "object", "b>data<"} & set(found.seen)
    assert found.links
    assert all(link.startswith("data:image/") for link in found.links)
    assert "url(" not in text
    assert "@import" not in text
    assert "prefers-color-scheme: dark" in text


def test_names_from_the_data_are_text_and_never_tags(report: Report) -> None:
    text = evaluation_html(report)
    assert "<b>data</b>" not in text
    assert "&lt;b&gt;data&lt;/b&gt;" in text


def test_control_and_direction_characters_in_names_are_escapes_on_the_page(report: Report) -> None:
    nasty = replace(report, data="a\x1b[2J\u202egnp\x00.exe", network="n\u2066\x85", split="\ud800")
    text = evaluation_html(nasty)
    assert "a\\x1b[2J\\u202egnp\\x00.exe" in text
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", text)
    assert re.sub("<h1>.*|<title>.*", "", evaluation_html(report)).count("\\") == 0


def test_every_class_of_the_style_is_used_and_every_used_one_is_styled(report: Report) -> None:
    text = evaluation_html(report)
    style, body = text.split("</style>")
    used = {name for names in re.findall(r'class="([^"]+)"', body) for name in names.split()}
    styled = set(re.findall(r"\.([a-z]+)\b(?=[^}]*\{)", style))
    assert used <= styled
    assert styled - used <= {"none"}


def test_the_worst_mistakes_have_their_pictures_and_the_skipped_file_its_reason(report: Report) -> None:
    text = evaluation_html(report)
    assert text.count("<figure") == 5
    assert "24 images, 1 skipped" in text
    assert "3.png" in text
    assert evaluation_html(report, worst=2).count("<figure") == 2


def test_pictures_are_seen_in_the_range_by_which_the_model_sees_them(tmp_path: Path) -> None:
    values = np.full((8, 8), 3000, np.uint16)
    Image.fromarray(values).save(tmp_path / "a.tif")
    split = FileSplit(np.zeros(1, np.int64), tmp_path, ("a.tif",))
    shown = [np.unique(np.asarray(pixels(thumbnail(split, 0, range)))).tolist() for range in ("file", (0.0, 4095.0))]
    assert shown == [[12], [187]]


def test_the_report_has_the_range_of_the_models_preprocessing(tmp_path: Path) -> None:
    file = bars.judge_of_brightness()
    assert file.preprocessing
    dim = replace(file, preprocessing={**file.preprocessing, "range": [0.0, 4095.0]})
    for number, value in enumerate((0, 2048, 4095)):
        Image.fromarray(np.full((6, 8), value, np.uint16)).save(tmp_path / f"{number}.tif")
    split = FileSplit(np.array([1, 2, 0]), tmp_path, ("0.tif", "1.tif", "2.tif"))
    report = evaluate(dim, Dataset("dim", bars.SHADES, {"test": split}))
    assert report.range == (0.0, 4095.0)
    seen = re.findall(r"data:image/png;base64,([^\"]+)", evaluation_html(report))
    assert sorted(int(np.asarray(pixels(f",{each}")).max()) for each in seen) == [0, 128, 255]


def test_a_picture_that_is_gone_is_said_on_the_page(report: Report, tmp_path: Path) -> None:
    Path(report.worst[0].name).unlink()
    text = evaluation_html(report)
    read(text)
    assert text.count("no longer readable") == 1


def pixels(uri: str | None) -> Image.Image:
    assert uri
    return Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2])))


def test_small_images_keep_every_pixel_and_large_ones_their_shape() -> None:
    chance = np.random.default_rng(0)
    small = chance.integers(0, 256, (1, 1, 28, 28), np.uint8)
    split = ArraySplit(np.zeros(1, np.int64), small, "small", (0,))
    assert np.array_equal(np.asarray(pixels(thumbnail(split, 0))), small[0, 0])
    large = ArraySplit(np.zeros(1, np.int64), np.zeros((1, 3, 300, 600), np.uint8), "large", (0,))
    assert pixels(thumbnail(large, 0)).size == (SIDE, SIDE // 2)


def confusion(classes: int) -> Confusion:
    names = tuple(f"a class of a long name, number {number}" for number in range(classes))
    counts = 5 * np.eye(classes, dtype=np.int64)
    counts[classes - 1, 0] = 7
    return Confusion(names, names, counts)


def test_of_many_classes_those_with_most_mistakes_are_drawn() -> None:
    assert classes_to_draw(confusion(24)) == (list(range(24)), list(range(24)))
    rows, columns = classes_to_draw(confusion(1000))
    assert rows == columns
    assert (rows[0], rows[-1], len(rows)) == (0, 999, 24)
    assert "7 of 12 images of a class of a long name, number 999 predicted as a class of" in matrix(confusion(1000))


def test_long_names_have_the_room_that_they_need() -> None:
    name = "a class of a name that is about fifty letters long"
    assert name_lines("Ankle boot") == [(0.0, "Ankle boot")]
    assert name_lines(name) == [(-7.0, "a class of a name that is"), (7.0, "about fifty letters long")]
    assert name_lines("Donaudampfschifffahrtsgesellschaft") == [(0.0, "Donaudampfschifffahrtsgesellschaft")]
    assert name_lines("very " * 40)[1][1].endswith("…")
    root = ElementTree.fromstring(matrix(Confusion((name, "b"), (name, "b"), np.eye(2, dtype=np.int64))))
    room = min(float(cell.attrib["x"]) for cell in root.iter("{http://www.w3.org/2000/svg}rect"))
    texts = [text.text for text in root.iter("{http://www.w3.org/2000/svg}text")]
    assert texts.count("a class of a name that is") == texts.count("about fifty letters long") == 2
    assert text_width("a class of a name that is") + 8 <= room <= 300
    assert 'width="140"' in matrix(Confusion(("a", "b"), ("a", "b"), np.eye(2, dtype=np.int64)))  # 72 + 2 * 30 + 8


def test_every_picture_has_words_and_is_there_when_the_page_is_printed(report: Report) -> None:
    text = evaluation_html(report)
    assert 'alt=""' not in text
    assert re.search(r'alt="[^"]+: grey, predicted as white"', text)
    assert 'loading="lazy"' not in text


def test_what_may_be_wider_than_a_phone_is_reached_by_keyboard(report: Report) -> None:
    text = evaluation_html(report)
    assert text.count('class="wide"') == text.count('class="wide" tabindex="0" role="region" aria-label="') > 2


def test_the_most_frequent_class_stands_beside_the_accuracy(report: Report) -> None:
    counts = {row.name: row.n for row in report.classes}
    assert (report.majority.name, report.majority.share) == ("grey", 11 / 24)
    assert max(counts.values()) == counts["grey"] == 11
    assert "most frequent class: 45.8%" in evaluation_html(report)
    assert report.document()["majority"] == {"class": "grey", "share": 11 / 24}
    assert report._repr_html_().count("The most frequent class, grey, has 45.8% of them.") == 1


def test_jinja_is_imported_for_a_page_alone() -> None:
    script = "import brickwork.evaluation.report.html, sys; sys.exit('jinja2' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
