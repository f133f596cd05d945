"""A reliability diagram and a confusion matrix as SVG, to stand in a page that has their colours."""

from collections.abc import Iterator, Sequence
from html import escape
from math import sqrt

import numpy as np

from brickwork.evaluation.metrics.reliability import Bin
from brickwork.evaluation.report.report import Confusion

SIDE, LEFT, TOP = 280, 52, 12  # of the diagram's square, and what is left free beside and above it
CELL, NAMES = 30, 112  # of the matrix: a cell's side, and the room for names on its left and above it
CLASSES = 24  # that a matrix shows: of more, those that are confused most
LONG = 16  # characters of a name in a matrix


def text(x: float, y: float, words: str, kind: str, anchor: str = "middle", turn: int = 0) -> str:
    turned = f' transform="rotate({turn} {x:.1f} {y:.1f})"' if turn else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}" text-anchor="{anchor}"{turned}>{escape(words)}</text>'


def line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{kind}"/>'


def svg(width: float, height: float, label: str, parts: Sequence[str]) -> str:
    body = "\n".join(parts)
    return (
        f'<svg viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}" role="img" '
        f'aria-label="{escape(label)}">\n{body}\n</svg>'
    )


def reliability(bins: Sequence[Bin]) -> str:
    """Accuracy over confidence, a point a bin with its interval; on the diagonal, confidence is what it says."""
    parts = [*axes(), line(LEFT, TOP + SIDE, LEFT + SIDE, TOP, "ideal")]
    for each in bins:
        x = LEFT + SIDE * each.confidence
        low, middle, high = (TOP + SIDE * (1 - v) for v in (each.accuracy.low, each.accuracy.value, each.accuracy.high))
        said = f"{each.accuracy.n:,} images: confidence {each.confidence:.1%}, right {each.accuracy.value:.1%}"
        dot = f'<circle cx="{x:.1f}" cy="{middle:.1f}" r="4" class="dot"><title>{said}</title></circle>'
        parts += [line(x, low, x, high, "whisker"), dot]
    return svg(LEFT + SIDE + 24, TOP + SIDE + 44, "accuracy over confidence", parts)


def axes() -> Iterator[str]:
    for step in range(6):
        share, away = f"{20 * step}%", SIDE * step / 5
        yield line(LEFT, TOP + SIDE - away, LEFT + SIDE, TOP + SIDE - away, "grid")
        yield line(LEFT + away, TOP, LEFT + away, TOP + SIDE, "grid")
        yield text(LEFT - 8, TOP + SIDE - away + 4, share, "soft", "end")
        yield text(LEFT + away, TOP + SIDE + 18, share, "soft")
    yield text(LEFT + SIDE / 2, TOP + SIDE + 38, "confidence", "soft")
    yield text(14, TOP + SIDE / 2, "right", "soft", turn=-90)


def matrix(confusion: Confusion) -> str:
    """Rows are the given classes, columns the answers; the fuller a cell's colour, the more of its row it has."""
    rows, columns = classes_to_draw(confusion)
    parts = [
        text(NAMES - 8, NAMES + CELL * (y + 0.5) + 4, short(confusion.given[row]), "soft", "end")
        for y, row in enumerate(rows)
    ]
    for x, column in enumerate(columns):
        parts.append(
            text(NAMES + CELL * (x + 0.5) + 4, NAMES - 8, short(confusion.answered[column]), "soft", "start", -90)
        )
        parts += [cell(confusion, row, column, x, y) for y, row in enumerate(rows)]
    return svg(NAMES + CELL * len(columns) + 8, NAMES + CELL * len(rows) + 8, "confusion matrix", parts)


def classes_to_draw(confusion: Confusion) -> tuple[list[int], list[int]]:
    """The rows and columns to draw: all, or of many classes those with most mistakes."""
    rows, columns = confusion.counts.shape
    if columns <= CLASSES:
        return list(range(rows)), list(range(columns))
    square = confusion.counts[:, :rows]  # the data's classes are the first of the columns, in the same order
    wrong = confusion.counts.sum(1) + square.sum(0) - 2 * np.diagonal(square)
    most = sorted(np.argsort(-wrong, kind="stable")[:CLASSES].tolist())
    return most, most


def cell(confusion: Confusion, row: int, column: int, x: int, y: int) -> str:
    given, answered = confusion.given[row], confusion.answered[column]
    count, total = int(confusion.counts[row, column]), int(confusion.counts[row].sum())
    left, top, kind = NAMES + CELL * x, NAMES + CELL * y, "hit" if given == answered else "miss"
    share = count / total if total else 0.0
    full = share if given == answered else sqrt(share)  # so that few mistakes are seen, too
    said = f"{count:,} of {total:,} images of {given} taken for {answered}"
    square = (
        f'<rect x="{left}" y="{top}" width="{CELL - 2}" height="{CELL - 2}" rx="3" class="{kind}" '
        f'fill-opacity="{0.05 + 0.75 * full:.3f}"><title>{escape(said)}</title></rect>'
    )
    number = text(left + CELL / 2 - 1, top + CELL / 2 + 3, str(count), "count") if 0 < count < 10_000 else ""
    return square + number


def short(name: str) -> str:
    return name if len(name) <= LONG else f"{name[: LONG - 1]}…"
