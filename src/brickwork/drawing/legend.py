"""What stands above and below a picture: the network's name and numbers, and what its marks mean."""

from collections.abc import Sequence

from brickwork.drawing.layout.measure import SMALL, words_width
from brickwork.drawing.layout.place import Area, Words
from brickwork.drawing.paint import PAINTS, Painter
from brickwork.drawing.parts import boxes
from brickwork.drawing.reading.stage import Drawing
from brickwork.drawing.render import rectangle, stripe_kind
from brickwork.figure import svg_number, svg_path, svg_text
from brickwork.network import Network
from brickwork.network.layer import shape_text
from brickwork.network.text import count

TITLE = 15  # pixels of the network's name
ROW = 16  # from one line to the next
BEFORE = "on the upper edge: before the layer"
SWATCH, STEPS = 18, 6  # the width of a colour in the legend, and how many there are


def picture_heading(network: Network, drawing: Drawing, x: float, y: float, note: str = "") -> list[Words]:
    """The network's name, its numbers or its misfit, its paper, and a note."""
    kind = "soft" if drawing.total else "fault"
    words = [Words(x, y + TITLE, f"{network.name} on {shape_text(network.input)}", "title", size=TITLE)]
    if drawing.total:
        line = f"{count(drawing.total.params)} parameters, {count(drawing.total.macs)} MACs"
    else:
        line = f"does not fit: it ends at {drawing.misfit.path}" if drawing.misfit else ""
    words.append(Words(x, y + TITLE + ROW, line, kind))
    facts = [text for text in (network.facts.paper, network.facts.note, note) if text]
    return words + [Words(x, y + TITLE + ROW * place, line) for place, line in enumerate(facts, 2)]


def heading_height(lines: int) -> float:
    """From the top of a heading to the baseline of its last line."""
    return TITLE + ROW * (lines - 1)


def picture_legend(drawing: Drawing, painter: Painter | None, x: float, y: float) -> tuple[list[str], float]:
    """The elements of the legend, and the x where it ends; none where there is nothing to explain."""
    elements: list[str] = []
    if painter:
        elements, x = ramp(painter, x, y)
    stripes, x = stripe_legend([drawing], x, y)
    return [*elements, *stripes], x


def stripe_legend(drawings: Sequence[Drawing], x: float, y: float) -> tuple[list[str], float]:
    """What the stripes on boxes mean, and the x where that ends."""
    elements: list[str] = []
    for stripe in dict.fromkeys(stripe for drawing in drawings for stripe in stripes_in(drawing)):
        elements.append(svg_path(f"M{svg_number(x)} {svg_number(y - 3.5)}h{SWATCH}", stripe_kind(stripe)))
        elements.append(svg_text(x + SWATCH + 6, y, stripe, "soft"))
        x += SWATCH + 6 + words_width(stripe, SMALL) + 14
    if any(box.before for drawing in drawings for stack in drawing.stacks() for box in boxes(stack)):
        elements.append(svg_text(x, y, BEFORE, "soft"))
        x += words_width(BEFORE, SMALL) + 14
    return elements, x


def stripes_in(drawing: Drawing) -> list[str]:
    """The norms and activations that are drawn as stripes, in the order in which they are met."""
    found = [stripe for stack in drawing.stacks() for box in boxes(stack) for stripe in (*box.before, *box.after)]
    return list(dict.fromkeys(found))


def ramp(painter: Painter, x: float, y: float) -> tuple[list[str], float]:
    """The colours from the least to the largest share, with what they mean."""
    elements = [f'<g class="painted">{"".join(swatches(painter, x, y))}</g>']
    x += SWATCH * STEPS + 6
    words = f"up to {painter.amount_text(painter.largest)}: {PAINTS[painter.paint]}"
    elements.append(svg_text(x, y, words, "soft"))
    return elements, x + words_width(words, SMALL) + 18


def swatches(painter: Painter, x: float, y: float) -> Sequence[str]:
    areas = [Area(x + SWATCH * place, y - 9, SWATCH, 11) for place in range(STEPS)]
    return [rectangle(area, "", 0, painter.shade(place / (STEPS - 1))) for place, area in enumerate(areas)]
