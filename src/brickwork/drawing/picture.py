"""Picture: a network drawn as its paper draws it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from math import ceil
from pathlib import Path

from brickwork.drawing.layout.measure import Ruler
from brickwork.drawing.layout.sheet import EDGE, Sheet, SheetLayout, divide
from brickwork.drawing.legend import heading_height, picture_heading, picture_legend
from brickwork.drawing.paint import PAINTS, Painter, painter_of, with_shares
from brickwork.drawing.parts import Stack
from brickwork.drawing.reading.stage import Drawing, read_network
from brickwork.drawing.render import render
from brickwork.drawing.theme import THEMES, theme_css
from brickwork.errors import BrickworkError, nearest
from brickwork.figure import svg_document, svg_number
from brickwork.figure.svg import escape
from brickwork.network import Network
from brickwork.network.layer import shape_text

DEPTHS = ("stage", "block", "layer")


@dataclass(frozen=True, repr=False, eq=False)
class Picture:
    """A network as SVG; notebooks show it."""

    name: str
    svg: str
    width: float  # CSS pixels
    height: float

    def save(self, path: str | Path) -> None:
        """Writes a file that is whole or absent."""
        from brickwork.files import write_whole  # notebooks do without

        write_whole(Path(path), self.svg.encode())

    def _repr_svg_(self) -> str:
        return self.svg

    def __repr__(self) -> str:
        return f"Picture({self.name}, {self.width:g} x {self.height:g} pixels)"


def draw(
    network: Network,
    *,
    depth: str | None = None,
    unfold: Sequence[str] = (),
    paint: str = "",
    theme: str = "auto",
    height: float = 0,
) -> Picture:
    """A network drawn as its paper draws it, in milliseconds: a picture that notebooks show, with its SVG.

    `depth` is what has a box of its own: "stage", "block" or "layer", which is the default; parts whose paths are in
    `unfold` are drawn layer by layer, and the others then by blocks. `paint` colours boxes by their share of "params",
    "macs" or "memory", or by their "field". `theme` is "auto" (the reader's), "light", "dark" or "print". With a
    `height` in pixels, stages that no longer fit begin a new column. A network that does not fit its input is drawn
    up to the layer where it ends, which is red.
    """
    if isinstance(unfold, str):
        raise BrickworkError(f"unfold is a sequence of paths, not one: write [{unfold!r}].")
    depth = depth or ("block" if unfold else "layer")
    check_words(depth, paint, theme, height)
    drawing = read_network(network, depth, unfold)
    painter = painter_of(paint, drawing.stacks()) if paint else None
    if painter:
        drawing = drawing.map_stacks(partial(share_stack, painter=painter))
    sheet, marks = lay_out(network, drawing, painter, height)
    size = sheet.width, sheet.height
    svg = picture_svg(size, f"{network}, drawn by {depth}s", theme, [*render(sheet, painter), *marks])
    return Picture(network.name, svg, *size)


def picture_svg(size: tuple[float, float], label: str, theme: str, elements: Iterable[str], rules: str = "") -> str:
    """The whole document: what it shows in words, its style with further rules, the paper, and what stands on it."""
    paper = f'<rect class="paper" width="{svg_number(size[0])}" height="{svg_number(size[1])}"/>'
    head = [f"<title>{escape(label)}</title>", f"<style>{theme_css(theme)}{rules}</style>", paper]
    return svg_document(*size, label, [*head, *elements], kind=f"brickwork {theme}")


def check_words(depth: str, paint: str, theme: str, height: float) -> None:
    """Raises BrickworkError where a word is none of those that can be asked for."""
    for what, word, known in (("depth", depth, DEPTHS), ("paint", paint, ("", *PAINTS)), ("theme", theme, THEMES)):
        if word not in known:
            raise BrickworkError(f"unknown {what} {word!r}: {nearest(word, list(filter(None, known)))}")
    if not height >= 0:
        raise BrickworkError(f"a column's height is a number of pixels, or 0 for one column, not {height:g}.")


def share_stack(stack: Stack, painter: Painter) -> Stack:
    return replace(stack, parts=tuple(with_shares(part, painter) for part in stack.parts))


def lay_out(network: Network, drawing: Drawing, painter: Painter | None, height: float) -> tuple[Sheet, list[str]]:
    """The sheet with its heading, and the elements of the legend below it."""
    sheet = place_stages(network, drawing, height)
    marks, right = picture_legend(drawing, painter, EDGE, sheet.height + EDGE)
    sheet.width = ceil(max(sheet.width, right if marks else 0))
    sheet.height = ceil(sheet.height + (2 * EDGE - 4 if marks else EDGE))
    return sheet, marks


def place_stages(network: Network, drawing: Drawing, height: float, note: str = "", lines: int = 0) -> Sheet:
    """The sheet with its heading, and a note below this, without what stands below the stages.

    There is room for so many lines of a heading at least.
    """
    ruler = Ruler()
    for stack in drawing.stacks():
        ruler.fit(stack)
    layout = SheetLayout(ruler, drawing.sides)
    above = picture_heading(network, drawing, EDGE, EDGE, note)
    layout.canvas.words += above
    top = max(above[-1].y, EDGE + heading_height(lines)) + 12
    columns = divide(drawing.stages, ruler, max(height - top, 1) if height else 0)
    layout.columns(columns, top, shape_text(network.input), exit=drawing.is_complete)
    sheet = layout.sheet
    widest = max(words.area.right for words in sheet.canvas.words)
    sheet.width = max(sheet.width, widest + EDGE)
    return sheet
