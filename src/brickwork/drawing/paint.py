"""Paint: how much of the network's parameters, MACs or memory a box holds, or how far its field reaches."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from math import sqrt

from brickwork.drawing.parts import Box, Part, boxes, map_boxes
from brickwork.network import Row
from brickwork.network.text import count, span

PAINTS = {  # word: what the legend says of a full colour
    "params": "share of the parameters",
    "macs": "share of the MACs",
    "memory": "share of the activations' bytes",
    "field": "side of the receptive field, in pixels of the input",
}
PLAIN = ("join", "node", "light", "misfit")  # boxes with no words of their own for a share
FAINT, FULL = 0.03, 0.62  # opacity of the least and of the largest share


def amount_of(rows: Iterable[Row], paint: str) -> int:
    """What is painted of some layers: a sum, or the largest side of a field."""
    match paint:
        case "params":
            return sum(row.params for row in rows)
        case "macs":
            return sum(row.macs for row in rows)
        case "memory":
            return sum(row.bytes for row in rows)
    return max((max(row.field) for row in rows), default=0)


@dataclass(frozen=True, repr=False, eq=False)
class Painter:
    """How full the colour of a box is."""

    paint: str
    total: int
    largest: int

    def opacity(self, box: Box) -> float:
        return self.shade(amount_of(box.rows, self.paint) / max(self.largest, 1))

    def shade(self, share: float) -> float:
        """The opacity for a share of the largest amount: its root, so that small shares are seen, too."""
        return FAINT + (FULL - FAINT) * sqrt(share)

    def amount_text(self, amount: int) -> str:
        """An amount as its share of all in whole percents, or a field in pixels; nothing where there is hardly any."""
        if self.paint == "field":
            return str(amount)
        percent = 100 * amount / max(self.total, 1)
        return f"{percent:.0f} %" if percent >= 0.5 else ""

    def words(self, box: Box) -> str:
        """What stands behind the label of a box."""
        return self.amount_text(amount_of(box.rows, self.paint)) if box.rows and box.label else ""


def painter_of(paint: str, parts: Iterable[Part]) -> Painter:
    """The painter for the boxes of all parts; `total` is what all of them hold together."""
    amounts = [amount_of(box.rows, paint) for part in parts for box in boxes(part) if box.rows]
    return Painter(paint, sum(amounts), max(amounts, default=0))


def with_shares(part: Part, painter: Painter) -> Part:
    """The part with each box's share behind its label."""
    return map_boxes(part, lambda box: replace(box, share="" if box.look in PLAIN else painter.words(box)))


def numbers_text(rows: Iterable[Row]) -> str:
    """Parameters, MACs and bytes of some layers, as a tooltip has them."""
    rows = list(rows)
    params, macs, size = (amount_of(rows, paint) for paint in ("params", "macs", "memory"))
    return f"{params:,} parameters, {macs:,} MACs, {count(size)}B of activations, field {span(rows[-1].field)}"
