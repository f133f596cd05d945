"""A sheet as SVG."""

from collections.abc import Iterable, Sequence

from brickwork.drawing.layout.measure import label_of
from brickwork.drawing.layout.place import Area, Edge, Node, PlacedBox, Point
from brickwork.drawing.layout.sheet import Sheet
from brickwork.drawing.paint import Painter, numbers_text
from brickwork.drawing.parts import Box
from brickwork.figure import svg_group, svg_path, svg_text
from brickwork.figure import svg_number as n
from brickwork.network.layer import shape_text

RADIUS = 7  # of an edge's elbow
TIP = 5  # length of an arrow's tip
LAYERS = 3  # layers that a tooltip names
MARKS = {"+": "added", "-": "removed", "~": "changed"}  # what a mark means; also the class of its boxes


def render(sheet: Sheet, painter: Painter | None) -> list[str]:
    """The elements of a sheet: bands below, then frames, edges, boxes and words."""
    canvas = sheet.canvas
    return [
        *(rectangle(area, "band", 8) for area in sheet.bands),
        *(rectangle(area, "side", 8) for area in sheet.sides),
        *(rectangle(area, "frame", 6) for area in canvas.frames),
        *edge_paths(canvas.edges),
        *(box_group(placed, painter) for placed in canvas.boxes),
        *(node_group(node) for node in canvas.nodes),
        *(svg_text(words.x, words.y, words.text, words.kind, words.anchor) for words in canvas.words),
    ]


def rectangle(area: Area, kind: str, radius: float, opacity: float | None = None) -> str:
    words = f' class="{kind}"' if kind else ""
    filled = f' style="fill-opacity:{opacity:.2f}"' if opacity is not None else ""
    return (
        f'<rect x="{n(area.x)}" y="{n(area.y)}" width="{n(area.width)}" height="{n(area.height)}" '
        f'rx="{n(radius)}"{words}{filled}/>'
    )


def edge_paths(edges: Sequence[Edge]) -> Iterable[str]:
    """One path for all edges of a kind, and one for all tips."""
    for kind, name in (("edge", "line"), ("skip", "way"), ("aside", "aside")):
        if lines := "".join(line_path(edge) for edge in edges if edge.kind == kind):
            yield svg_path(lines, name)
    if tips := "".join(tip_path(edge) for edge in edges if edge.tip):
        yield svg_path(tips, "tip")


def line_path(edge: Edge) -> str:
    """An edge with rounded elbows."""
    points = edge.points
    words = [f"M{n(points[0][0])} {n(points[0][1])}"]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        radius = min(RADIUS, length(before, corner) / 2, length(corner, after) / 2)
        start, end = toward(corner, before, radius), toward(corner, after, radius)
        words.append(f"L{n(start[0])} {n(start[1])}Q{n(corner[0])} {n(corner[1])} {n(end[0])} {n(end[1])}")
    last = toward(points[-1], points[-2], TIP - 1) if edge.tip else points[-1]
    words.append(f"L{n(last[0])} {n(last[1])}")
    return "".join(words)


def tip_path(edge: Edge) -> str:
    (x, y), before = edge.points[-1], edge.points[-2]
    back_x, back_y = toward((x, y), before, TIP)
    wide_x, wide_y = 0.6 * (back_y - y), 0.6 * (back_x - x)
    return f"M{n(x)} {n(y)}L{n(back_x + wide_x)} {n(back_y + wide_y)}L{n(back_x - wide_x)} {n(back_y - wide_y)}Z"


def length(one: Point, other: Point) -> float:
    return abs(one[0] - other[0]) + abs(one[1] - other[1])


def toward(point: Point, other: Point, distance: float) -> Point:
    """The point at a distance from one on the way to another; lines are horizontal or vertical."""
    whole = length(point, other) or 1
    return point[0] + (other[0] - point[0]) * distance / whole, point[1] + (other[1] - point[1]) * distance / whole


def box_group(placed: PlacedBox, painter: Painter | None) -> str:
    """A box with its label, its stripes and its tooltip."""
    box, area = placed
    painted = painter is not None and box.look not in ("join", "misfit")
    small = " small" if box.look in ("light", "other") else ""
    mark = f" {MARKS[box.mark]}" if box.mark else ""
    kind = f"box {'painted' if painted else box.look}{small}{mark}"
    opacity = painter.opacity(box) if painted and painter else None
    back = f'<path class="back" d="{area_path(area)}"/>'
    inside = [back, rectangle(area, "", 4, opacity), *stripe_paths(box, area), *label_lines(box, area)]
    return svg_group(kind, inside, tooltip(box))


def area_path(area: Area) -> str:
    return f"M{n(area.x + 1)} {n(area.y + 1)}h{n(area.width - 2)}v{n(area.height - 2)}h{n(2 - area.width)}z"


def stripe_paths(box: Box, area: Area) -> Iterable[str]:
    """Norms and activations on the upper edge where they come before, on the lower one where they come after."""
    for place, stripe in enumerate(box.before):
        yield stripe_path(stripe, area, area.y + 3 + 3 * place)
    for place, stripe in enumerate(reversed(box.after)):
        yield stripe_path(stripe, area, area.bottom - 3 - 3 * place)


def stripe_path(stripe: str, area: Area, y: float) -> str:
    return svg_path(f"M{n(area.x + 6)} {n(y)}H{n(area.right - 6)}", stripe_kind(stripe))


def stripe_kind(stripe: str) -> str:
    return {"batch norm": "n", "ReLU": "a", "sigmoid": "s"}.get(stripe, "t")


def label_lines(box: Box, area: Area) -> Iterable[str]:
    """The label in the middle of the free height, and further lines below it."""
    small = box.look in ("light", "other", "join")
    free = area.height - 3 * (len(box.before) + len(box.after)) - 15 * len(box.lines)
    y = area.y + 3 * len(box.before) + free / 2 + (3.7 if small else 4.2)
    x = area.x + area.width / 2
    yield svg_text(x, y, label_of(box), "label", "middle")
    for place, line in enumerate(box.lines, 1):
        yield svg_text(x, y + 15 * place, line, "soft", "middle")


def node_group(node: Node) -> str:
    """A sum or product with what follows it."""
    circle = f'<circle cx="{n(node.x)}" cy="{n(node.y)}" r="8"/>'
    return svg_group("sum", [circle, svg_text(node.x, node.y + 4.5, node.sign, "label", "middle")], tooltip(node.box))


def tooltip(box: Box) -> str:
    """What a mouse, or a screen reader, finds at a box: its layers, its output and its numbers."""
    if not box.rows:
        return ""
    paths = [row.path for row in box.rows]
    more = f" and {len(paths) - LAYERS} more" if len(paths) > LAYERS else ""
    return f"{', '.join(paths[:LAYERS])}{more}\n{shape_text(box.output)}; {numbers_text(box.rows)}"
