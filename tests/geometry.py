"""What is wrong with a laid-out picture: boxes and words that overlap, edges that cross them, what leaves the paper."""

from collections.abc import Iterator, Sequence
from itertools import combinations, pairwise

from brickwork.drawing.layout.measure import SMALL, label_of, words_width
from brickwork.drawing.layout.place import Area, Canvas, Edge
from brickwork.drawing.layout.sheet import Sheet

SLACK = 0.5  # pixels


def complaints(sheet: Sheet) -> list[str]:
    canvas, paper = sheet.canvas, Area(0, 0, sheet.width, sheet.height)
    solid = [*((placed.box.label, placed.area) for placed in canvas.boxes), *nodes(canvas)]
    words = [(each.text, each.area) for each in canvas.words]
    return [
        *(f"{one} overlaps {two}" for one, two in overlaps([*solid, *words])),
        *(f"{name} leaves the paper" for name, area in [*solid, *words] if not holds(paper, area)),
        *("a band or a side head leaves the paper" for area in (*sheet.bands, *sheet.sides) if not holds(paper, area)),
        *("side heads lie on a band" for side in sheet.sides for band in sheet.bands if touch(side, band)),
        *("a side head is above the stages" for side in sheet.sides if side.y < sheet.bands[0].y),
        *(f"an edge crosses {name}" for name in crossings(canvas.edges, [*solid, *words])),
        *(f"a side head lies on {name}" for side in sheet.sides for name, area in solid if cuts(side, area)),
        *(f"a band lies on {name}" for band in sheet.bands for name, area in solid if cuts(band, area)),
        *(f"a frame lies on {name}" for frame in canvas.frames for name, area in solid if cuts(frame, area)),
        *(
            f"{placed.box.label} is wider than its box"
            for placed in canvas.boxes
            if label_width(placed.box) > placed.area.width
        ),
        *(f"two dotted edges cross at {point}" for point in meetings([e for e in canvas.edges if e.kind == "aside"])),
    ]


def nodes(canvas: Canvas) -> Iterator[tuple[str, Area]]:
    return ((node.sign, Area(node.x - 8, node.y - 8, 16, 16)) for node in canvas.nodes)


def label_width(box: object) -> float:
    lines = [words_width(line, SMALL) for line in box.lines]  # type: ignore[attr-defined]
    return max([words_width(label_of(box), SMALL if box.look == "join" else 12), *lines])  # type: ignore[attr-defined,arg-type]


def touch(one: Area, other: Area) -> bool:
    """Whether two areas have more than a border in common."""
    wide = min(one.right, other.right) - max(one.x, other.x)
    high = min(one.bottom, other.bottom) - max(one.y, other.y)
    return wide > SLACK and high > SLACK


def holds(outer: Area, inner: Area) -> bool:
    return outer.x <= inner.x and outer.y <= inner.y and inner.right <= outer.right and inner.bottom <= outer.bottom


def cuts(border: Area, area: Area) -> bool:
    """Whether a border goes through an area."""
    return touch(border, area) and not holds(border, area)


def overlaps(areas: Sequence[tuple[str, Area]]) -> Iterator[tuple[str, str]]:
    ordered = sorted(areas, key=lambda each: each[1].y)
    for place, (name, area) in enumerate(ordered):
        for other, beside in ordered[place + 1 :]:
            if beside.y >= area.bottom:
                break
            if touch(area, beside):
                yield name, other


def segments(edge: Edge) -> Iterator[Area]:
    for (x1, y1), (x2, y2) in pairwise(edge.points):
        yield Area(min(x1, x2), min(y1, y2), abs(x1 - x2), abs(y1 - y2))


def crossings(edges: Sequence[Edge], areas: Sequence[tuple[str, Area]]) -> Iterator[str]:
    """The areas whose inside an edge enters: it may end at a border."""
    for edge in edges:
        for line in segments(edge):
            for name, area in areas:
                if (
                    line.x < area.right - SLACK
                    and line.right > area.x + SLACK
                    and line.y < area.bottom - SLACK
                    and line.bottom > area.y + SLACK
                ):
                    yield name


def meetings(edges: Sequence[Edge]) -> Iterator[tuple[float, float]]:
    """Where two edges cross at right angles, beside the ends that they share."""
    for one, two in combinations(edges, 2):
        for a in segments(one):
            for b in segments(two):
                flat, steep = (a, b) if a.height == 0 else (b, a)
                if (
                    flat.height == 0
                    and steep.width == 0
                    and flat.x < steep.x < flat.right
                    and steep.y < flat.y < steep.bottom
                ):
                    yield steep.x, flat.y
