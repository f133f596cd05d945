"""Two networks side by side, as their papers draw them, with what changed between them."""

from functools import partial
from math import ceil

from brickwork.diffing import Diff, diff
from brickwork.diffing.family_text import cost_text
from brickwork.diffing.text import edit_count
from brickwork.drawing.comparison.marking import mark_stack, marks_css, marks_legend
from brickwork.drawing.layout.place import Area, Canvas, Edge, Node, PlacedBox
from brickwork.drawing.layout.sheet import EDGE, Sheet
from brickwork.drawing.legend import picture_heading, stripe_legend
from brickwork.drawing.picture import Picture, check_words, picture_svg, place_stages
from brickwork.drawing.reading.stage import Drawing, read_network
from brickwork.drawing.render import render
from brickwork.network import Network

BETWEEN = 30  # pixels between the two


def draw_pair(
    one: Network, two: Network, *, depth: str | None = None, theme: str = "auto", height: float = 0
) -> Picture:
    """Two networks side by side: in the first what is removed, in the second what is added, in both what is changed.

    `depth`, `theme` and `height` are those of `draw`. Raises BrickworkError where one does not fit its input.
    """
    depth = depth or "layer"
    check_words(depth, "", theme, height)
    made = diff(one, two)
    drawings = [
        mark_drawing(read_network(network, depth, marks=marks), marks)
        for network, marks in zip((one, two), made.marks(), strict=True)
    ]
    lines = max(len(picture_heading(one, drawings[0], 0, 0)), len(picture_heading(two, drawings[1], 0, 0, " ")))
    left = place_stages(one, drawings[0], height, lines=lines)
    right = place_stages(two, drawings[1], height, note_of(made), lines)
    sheet = merge_sheets(left, shift_sheet(right, left.width + BETWEEN))
    legend, end = marks_legend(EDGE, sheet.height + EDGE)
    stripes, end = stripe_legend(drawings, end + 14, sheet.height + EDGE)
    size = ceil(max(sheet.width, end)), ceil(sheet.height + 2 * EDGE - 4)
    label = f"{one} beside {two}, drawn by {depth}s"
    svg = picture_svg(size, label, theme, [*render(sheet, None), *legend, *stripes], marks_css(theme))
    return Picture(f"{one.name} beside {two.name}", svg, *size)


def mark_drawing(drawing: Drawing, marks: dict[str, str]) -> Drawing:
    return drawing.map_stacks(partial(mark_stack, marks=marks))


def note_of(made: Diff) -> str:
    """What stands above the second network."""
    if not made.changes:
        return f"the same network as {made.names[0]}"
    return f"{edit_count(made)} from {made.names[0]}: {cost_text(made.effect)}"


def shift_sheet(sheet: Sheet, x: float) -> Sheet:
    """The sheet so many pixels further to the right."""
    canvas = sheet.canvas
    moved = Canvas(
        [PlacedBox(box, shift_area(area, x)) for box, area in canvas.boxes],
        [Node(node.x + x, node.y, node.sign, node.box) for node in canvas.nodes],
        [shift_area(area, x) for area in canvas.frames],
        [Edge(tuple((a + x, b) for a, b in edge.points), edge.kind, edge.tip) for edge in canvas.edges],
        [words._replace(x=words.x + x) for words in canvas.words],
    )
    bands, sides = ([shift_area(area, x) for area in areas] for areas in (sheet.bands, sheet.sides))
    return Sheet(moved, bands, sides, sheet.width + x, sheet.height)


def shift_area(area: Area, x: float) -> Area:
    return area._replace(x=area.x + x)


def merge_sheets(left: Sheet, right: Sheet) -> Sheet:
    one, two = left.canvas, right.canvas
    canvas = Canvas(
        [*one.boxes, *two.boxes],
        [*one.nodes, *two.nodes],
        [*one.frames, *two.frames],
        [*one.edges, *two.edges],
        [*one.words, *two.words],
    )
    bands, sides = [*left.bands, *right.bands], [*left.sides, *right.sides]
    return Sheet(canvas, bands, sides, max(left.width, right.width), max(left.height, right.height))
