"""Reliability diagram and confusion matrix as SVG, to stand in a page that has their colours."""

from collections.abc import Iterator, Sequence
from math import sqrt

import numpy as np

from brickwork.evaluation.metrics.reliability import Bin
from brickwork.evaluation.report.report import Confusion
from brickwork.figure import (
    AxisScale,
    fit_text,
    grid_lines,
    svg_circle,
    svg_document,
    svg_line,
    svg_rect,
    svg_text,
    text_width,
)

SIDE, LEFT, TOP = 280, 60, 12  # of the diagram's square, and what is left free beside and above it
CELL = 30  # the side of the matrix's cells
NAMES = 72  # the least room for names on its left and above it
ONE_LINE, LONGEST = 130, 280  # pixels of a name, from which on it has two lines, and of a line at most
CLASSES = 24  # that a matrix shows: of more, those that are confused most
TICKS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
X, Y = AxisScale(0, 1, LEFT, LEFT + SIDE), AxisScale(0, 1, TOP + SIDE, TOP)  # of confidence, and of accuracy
COLOURS = """
.ideal { stroke: $soft } .whisker, .dot { stroke: $blue } .hit { fill: $blue } .miss { fill: $orange }
"""
SHAPES = ".ideal { stroke-dasharray: 4 4 } .whisker, .dot { stroke-width: 2 } svg .count { font-size: 11px }"


def reliability(bins: Sequence[Bin]) -> str:
    """Accuracy over confidence, a point a bin with its interval; on the diagonal both are equal."""
    points = [element for point in bins for element in bin_marks(point)]
    parts = [*axes(), svg_line(X(0), Y(0), X(1), Y(1), "ideal"), *points]
    return svg_document(LEFT + SIDE + 24, TOP + SIDE + 44, "accuracy over confidence", parts)


def bin_marks(point: Bin) -> Iterator[str]:
    x, accuracy = X(point.confidence), point.accuracy
    title = f"{accuracy.n:,} images: confidence {point.confidence:.1%}, accuracy {accuracy.value:.1%}"
    yield svg_line(x, Y(accuracy.low), x, Y(accuracy.high), "whisker")
    yield svg_circle(x, Y(accuracy.value), 4, "dot", title)


def axes() -> Iterator[str]:
    yield from grid_lines(Y, TICKS, X(0), X(1), "%")
    for share in TICKS:
        yield svg_line(X(share), Y(0), X(share), Y(1), "grid")
        yield svg_text(X(share), Y(0) + 18, f"{share:.0%}", "soft", "middle")
    yield svg_text(X(0.5), Y(0) + 38, "confidence", "soft", "middle")
    yield svg_text(12, Y(0.5), "accuracy", "soft", "middle", turn=-90)


def matrix(confusion: Confusion) -> str:
    """Rows are targets, columns predictions; the fuller a cell's colour, the more of its row it has."""
    rows, columns = classes_to_draw(confusion)
    targets, predictions = [confusion.target[row] for row in rows], [confusion.prediction[column] for column in columns]
    left, top = name_room(targets), name_room(predictions)
    names = [
        svg_text(left - 8, top + CELL * (y + 0.5) + 4 + shift, line, "soft", "end")
        for y, name in enumerate(targets)
        for shift, line in name_lines(name)
    ]
    heads = [
        svg_text(left + CELL * (x + 0.5) + 4 + shift, top - 8, line, "soft", turn=-90)
        for x, name in enumerate(predictions)
        for shift, line in name_lines(name)
    ]
    cells = [
        cell(confusion, row, column, left + CELL * x, top + CELL * y)
        for x, column in enumerate(columns)
        for y, row in enumerate(rows)
    ]
    size = left + CELL * len(columns) + 8, top + CELL * len(rows) + 8
    return svg_document(*size, "confusion matrix", [*names, *heads, *cells])


def name_room(names: Sequence[str]) -> float:
    """The room that the longest line of the names needs beside a matrix."""
    return max(NAMES, *(text_width(line) + 18 for name in names for _, line in name_lines(name)))


def name_lines(name: str) -> list[tuple[float, str]]:
    """A name in one line, or a long one in two, each with its distance from the middle.

    Beyond some eighty letters only the beginning: the tooltips have it whole.
    """
    if text_width(name) <= ONE_LINE or " " not in name:
        return [(0.0, fit_text(name, LONGEST))]
    middle = min((i for i, letter in enumerate(name) if letter == " "), key=lambda i: abs(i - len(name) / 2))
    halves = name[:middle], name[middle + 1 :]
    return [(shift, fit_text(half, LONGEST)) for shift, half in zip((-7.0, 7.0), halves, strict=True)]


def classes_to_draw(confusion: Confusion) -> tuple[list[int], list[int]]:
    """The rows and columns to draw: all, or of many classes those with most mistakes."""
    rows, columns = confusion.counts.shape
    if columns <= CLASSES:
        return list(range(rows)), list(range(columns))
    square = confusion.counts[:, :rows]  # the data's classes are the first of the columns, in the same order
    wrong = confusion.counts.sum(1) + square.sum(0) - 2 * np.diagonal(square)
    most = sorted(np.argsort(-wrong, kind="stable")[:CLASSES].tolist())
    return most, most


def cell(confusion: Confusion, row: int, column: int, left: float, top: float) -> str:
    """A cell of the matrix: its count on a colour, blue on the diagonal and orange off it."""
    target, prediction = confusion.target[row], confusion.prediction[column]
    count, total = int(confusion.counts[row, column]), int(confusion.counts[row].sum())
    correct = target == prediction
    share = count / total if total else 0.0
    full = share if correct else sqrt(share)  # so that few mistakes are seen, too
    title = f"{count:,} of {total:,} images of {target} predicted as {prediction}"
    square = svg_rect(
        left, top, CELL - 2, CELL - 2, "hit" if correct else "miss",
        radius=3, opacity=0.05 + 0.75 * full, title=title,
    )  # fmt: skip
    middle = left + CELL / 2 - 1, top + CELL / 2 + 3
    return square + (svg_text(*middle, str(count), "count ink", "middle") if 0 < count < 10_000 else "")
