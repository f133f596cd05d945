"""Text, HTML and JSON of one evaluation say the same numbers, and names are never tags."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from math import inf
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import bars
from brickwork.data.dataset import ArraySplit, Dataset, FileSplit
from brickwork.data.preprocessing import Preprocessing
from brickwork.evaluation import Estimate, Report, calibrate, evaluate
from brickwork.evaluation.report.html import evaluation_html
from brickwork.evaluation.report.tables import cell_text
from brickwork.evaluation.report.text import evaluation_text
from brickwork.model import ModelFile, build

NUMBER = re.compile(r"[-+]?\d[\d,]*(?:\.\d+)?")
EVIL = ('<script>alert("x")</script>', "'quoted' \"twice\" & more", "<img src=x onerror=alert(1)>")


@pytest.fixture(scope="module")
def report() -> Report:
    """Eight classes, so that there is a top-5 accuracy, of an untrained network, so that there are mistakes."""
    names = tuple(f"class{letter}" for letter in "abcdefgh")
    model = build(bars.network(classes=8)).eval()
    file = ModelFile(model, names, Preprocessing(1, 8, 8, (0.3,), (0.2,)).document(), {})
    images = bars.split(1100, 0, 8)
    shades = (images.images // np.arange(1, 5).repeat(275).reshape(-1, 1, 1, 1)).astype(np.uint8)
    return evaluate(file, Dataset("bars", names, {"test": replace(images, images=shades)}))


def near(printed: str, value: float, scale: float = 1) -> bool:
    """Whether a printed number is this value, rounded to the digits that are printed."""
    digits = len(printed.partition(".")[2])
    return abs(float(printed.replace(",", "")) - scale * value) <= 0.5001 * 10**-digits


def numbers(document: dict[str, Any], *keys: str) -> list[tuple[float, float]]:
    """The values of these keys with their intervals, and by what they are printed: shares as percent."""
    found: list[tuple[float, float]] = []
    for key in keys:
        scale = 1.0 if key in ("n", "skipped", "loss", "nll") else 100.0
        values = [document[key], *(document.get(f"{key}_95") or ())]
        found += [(value, scale) for value in values if value is not None]
    return found


def expected_rows(document: dict[str, Any]) -> dict[str, list[tuple[list[str], list[tuple[float, float]]]]]:
    """Of each table of the text, the names and the numbers of every row as the JSON has them."""
    whole = [("accuracy", "accuracy"), ("top-5 accuracy", "top5"), ("calibration error", "ece"), ("log-loss", "nll")]
    return {
        "Classes": [
            ([row["name"]], numbers(row, "n", "skipped", "precision", "recall")) for row in document["classes"]
        ],
        "Most confused classes": [
            ([row["target"], row["prediction"]], numbers(row, "n", "share")) for row in document["confused"][:10]
        ],
        "Slices": [
            ([row["kind"], row["name"]], numbers(row, "n", "accuracy", "difference"))
            for row in document["slices"][:10]
            if row["difference"] < 0
        ],
        "Worst mistakes": [
            (
                [row["target"], row["prediction"], row["name"]],
                numbers(row, "loss", "target_probability", "prediction_probability"),
            )
            for row in document["worst"]
            if row["target"] != row["prediction"]
        ],
        "Metrics": [([name], [*numbers(document, key), *numbers(document, "n", "skipped")]) for name, key in whole],
    }


def test_every_number_of_the_text_is_in_the_json(report: Report) -> None:
    document = json.loads(json.dumps(report.document(20)))
    text = evaluation_text(report, 20, 200)
    *tables, accuracy = text.split("\n\n")
    wanted = expected_rows(document)
    assert [re.split("[:,]", table)[0] for table in tables] == list(wanted)
    count = 0
    for table, rows in zip(tables, wanted.values(), strict=True):
        lines = table.splitlines()[3:]
        assert len(lines) == len(rows) > 0
        for line, (names, values) in zip(lines, rows, strict=True):
            rest = line.replace("top-5", "").replace(" to ", "  ")
            for name in names:
                assert name in line
                rest = rest.replace(name if name in rest else name.replace(" to ", "  "), "", 1)
            printed = NUMBER.findall(rest)
            assert len(printed) == len(values), line
            assert all(near(number, *value) for number, value in zip(printed, values, strict=True)), line
            count += len(printed)
    assert count > 150
    majority, share, images = NUMBER.findall(accuracy)
    assert near(majority, document["majority"]["share"], 100)
    assert near(share, document["accuracy"], 100)
    assert near(images, document["n"])
    head = re.findall(r"of ([\d,]+) images, (\d+) skipped", text)
    assert head == [(f"{document['n']:,}", str(document["skipped"]))] * 3


def test_a_number_that_differs_in_its_last_digit_would_be_seen() -> None:
    assert near("91.7", 11 / 12, 100)
    assert not near("91.6", 11 / 12, 100)
    assert not near("1,101", 1100)


class Cells(HTMLParser):
    """The words of every td of a page, and every tag."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.cells: list[str] = []
        self.tags: list[str] = []
        self.inside = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag in ("td", "th"):
            self.inside = True
            self.cells.append("")

    def handle_endtag(self, tag: str) -> None:
        self.inside = self.inside and tag not in ("td", "th")

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.cells[-1] += data


def test_the_page_has_the_numbers_of_the_text(report: Report) -> None:
    page, text = evaluation_html(report), evaluation_text(report, 20, 200)
    cells = Cells(page).cells
    for row in report.classes:
        place = len(cells) - 1 - cells[::-1].index(row.name)  # the classes stand last
        (line,) = [line for line in text.split("\n\n")[0].splitlines() if line.startswith(row.name)]
        assert NUMBER.findall(" ".join(cells[place : place + 5]).replace(" to ", " ")) == NUMBER.findall(
            line.replace(" to ", " ")
        )
    for number in NUMBER.findall(text.split("Metrics, with 95% intervals:")[1].replace("top-5", "")):
        assert number in page


def evil_report(folder: Path) -> Report:
    """Classes, files and data with names that would be tags; each class has a mistake, one file is unreadable."""
    files = []
    for number in range(9):
        name = f"{number}{EVIL[number % 3]}".replace("/", "_") + ".png"
        Image.new("L", (6, 6), (0, 128, 255)[(number + number // 3) % 3]).save(folder / name)
        files.append(name)
    (folder / files[0]).write_text("no image")
    split = FileSplit(np.arange(9) % 3, folder, tuple(files))
    file = replace(bars.judge_of_brightness(), classes=EVIL)
    return evaluate(file, Dataset(f"data {EVIL[0]}", EVIL, {"test": split}))


@pytest.mark.parametrize("part", ["page", "summary"])
def test_names_of_classes_files_and_data_are_escaped_wherever_they_stand(tmp_path: Path, part: str) -> None:
    found = evil_report(tmp_path)
    page = evaluation_html(found) if part == "page" else found._repr_html_()
    body = page.split("</style>")[-1]
    assert not {"script", "iframe"} & set(Cells(page).tags)
    assert "<img src=x" not in page
    assert 'onerror=alert(1)>"' not in body
    assert "alert(&#34;x&#34;)" in body or "alert(&quot;x&quot;)" in body
    assert {EVIL[0], EVIL[1], EVIL[2]} <= set(Cells(page).cells)
    for evil in EVIL:
        assert evil not in body


def test_an_attribute_is_closed_by_no_name(tmp_path: Path) -> None:
    class Titles(HTMLParser):
        titles: list[str]

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            assert not {name for name, _ in attrs if name.startswith("on")}
            if tag == "figure":
                self.titles.append(dict(attrs)["title"] or "")

    reader = Titles()
    reader.titles = []
    found = evil_report(tmp_path)
    reader.feed(evaluation_html(found))
    assert reader.titles == [image.name for image in found.mistakes(36)]
    assert len(reader.titles) >= 4


def test_a_notebook_shows_metrics_and_classes_without_pictures(report: Report) -> None:
    text = report._repr_html_()
    cells = Cells(text).cells
    assert {"accuracy", "top-5 accuracy", "log-loss (NLL)", *(row.name for row in report.classes)} <= set(cells)
    assert not {"img", "svg", "style", "html"} & set(Cells(text).tags)


def test_a_report_is_short_in_an_interpreter(report: Report) -> None:
    assert repr(report).startswith("Report(network='tiny', data='bars', split='test', n=1100, skipped=0, accuracy=")
    assert re.search(r"accuracy=\d+\.\d\d% \(\d+\.\d\d% to \d+\.\d\d%\)\)$", repr(report))
    assert len(repr(replace(report, network="n" * 500, data="d" * 500, split="s" * 500))) < 400


def test_a_number_without_a_bound_is_a_question_mark_and_null() -> None:
    assert cell_text(Estimate(1.5, 0.0, inf, 1), "mean").interval == "0.000 to ?"
    split = ArraySplit(np.zeros(1, np.int64), np.zeros((1, 1, 4, 4), np.uint8), "one", (0,))
    alone = evaluate(bars.judge_of_brightness(), Dataset("one", bars.SHADES, {"test": split}))
    assert alone.document()["nll_95"][1] is None
    assert (alone.document()["top5"], alone.document()["top5_95"]) == (None, None)


def test_a_calibrated_report_names_its_temperature(report: Report) -> None:
    import torch

    record = {"calibration": {**calibrate(torch.eye(3), torch.arange(3)).document(), "temperature": 0.5}}
    file = replace(bars.judge_of_brightness(), record=record)
    split = ArraySplit(np.zeros(2, np.int64), np.zeros((2, 1, 4, 4), np.uint8), "two", (0, 1))
    page = evaluation_html(evaluate(file, Dataset("two", bars.SHADES, {"test": split})))
    assert "Probabilities are after a temperature of 0.5." in page
    assert "its file has no calibration" in evaluation_html(report)
