"""The drawings of a report: where names stand, and how full cells are."""

import re

import numpy as np
import pytest

from brickwork.evaluation.report.diagrams import CELL, matrix
from brickwork.evaluation.report.report import Confusion

LONG = "a name of many words that certainly needs two lines"
TEXT = re.compile(r'<text x="[\d.]+" y="([\d.]+)"((?:(?!rotate)[^>])*)>([^<]*)</text>')  # that are not turned


def drawing(counts: list[list[int]], names: tuple[str, ...]) -> str:
    return matrix(Confusion(names, names, np.array(counts)))


def baselines(svg: str) -> dict[str, float]:
    """How far down each text of a row stands."""
    return {text: float(y) for y, _, text in TEXT.findall(svg)}


def test_the_lines_of_a_long_name_stand_in_its_row_in_their_order() -> None:
    svg = drawing([[1, 0], [0, 1]], ("short", LONG))
    first, second = LONG[: LONG.index(" certainly")], LONG[LONG.index("certainly") :]
    place = baselines(svg)
    ys = sorted({float(y) for y in re.findall(r'<rect x="[\d.]+" y="([\d.]+)"', svg)})
    assert ys[0] < place["short"] < ys[0] + CELL
    assert ys[1] < place[first] < place[second] < ys[1] + CELL


@pytest.mark.parametrize(
    ("counts", "opacity"),
    [
        ([[4, 0], [0, 4]], {"hit": [0.8, 0.8], "miss": [0.05, 0.05]}),
        ([[3, 1], [2, 2]], {"hit": [0.6125, 0.425], "miss": [0.05 + 0.75 / 2, 0.05 + 0.75 * 0.5**0.5]}),
    ],
    ids=["all right", "some wrong"],
)
def test_a_cell_is_as_full_as_its_share_and_never_more_than_four_fifths(
    counts: list[list[int]], opacity: dict[str, list[float]]
) -> None:
    svg = drawing(counts, ("a", "b"))
    for kind, expected in opacity.items():
        found = [float(o) for rect in re.findall(rf'<rect[^>]*class="{kind}"[^>]*>', svg)
                 for o in re.findall(r'opacity="([\d.]+)"', rect)]  # fmt: skip
        assert sorted(found) == pytest.approx(sorted(expected), abs=0.01)
