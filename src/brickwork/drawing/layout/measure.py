"""The pass up: how far each part reaches to the left and right of its port, and how high it is.

A part is entered at its port above and left at the same x below: what stands in a row needs no bends.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

from brickwork.drawing.parts import Around, Box, Fork, Frame, Part, Stack, boxes, inner_parts
from brickwork.drawing.reading.label import names_text, rates_text
from brickwork.figure import helvetica_width

FONT, SMALL = 12, 10.5  # pixels of labels, and of what stands beside them
ROOM = 1.15  # other fonts are up to so much wider than Helvetica
LINE, HEIGHT = 15, 26  # of a line of text, and of a box with one line
THIN = 18  # the height of joins and of boxes of norms and activations alone
PAD = 9  # left and right of a label
GAP, LABELLED = 16, 27  # between two parts, and where a shape stands on the edge
SPLIT, BUS = 16, 20  # above the body of a residual, and above and below the paths of a concat
PATHS, WAY = 16, 16  # between two paths, and between a body and the way around it
NODE = 16  # the side of a plus
INSET, ASIDE = 14, 9  # a frame's border around its part: above and below, left and right
MARGIN = 8  # between a frame and the words beside it
SIGNS = {"+": "+", "-": "\N{MINUS SIGN}", "~": "~"}  # marks as they are drawn


class Extent(NamedTuple):
    """How far a part reaches from its port."""

    left: float
    right: float
    height: float


def words_width(words: str, size: float = FONT, bold: bool = False) -> float:
    """Room that words take at most, whichever common font they are set in."""
    return helvetica_width(words, size) * ROOM * (1.07 if bold else 1)


def label_of(box: Box) -> str:
    """A box's label with its mark, its chances to be dropped, and its share where it is painted."""
    label = f"{box.label} {rates_text(box.rates)}" if box.rates else box.label
    label = f"{SIGNS[box.mark]} {label}" if box.mark else label
    return f"{label} ({box.share})" if box.share else label


def box_size(box: Box) -> tuple[float, float]:
    """The least width of a box, and its height: on its stripes stands no text."""
    if box.look == "join":
        return words_width(box.label, SMALL) + 2 * PAD, THIN
    longest = max([words_width(label_of(box)), *(words_width(line, SMALL) for line in box.lines)])
    stripes = 3 * (len(box.before) + len(box.after))
    height = (THIN + 2 if box.look in ("light", "other") and not box.lines else HEIGHT) + stripes
    return round(longest + 2 * PAD), height + LINE * len(box.lines)


def margin_lines(frame: Frame) -> list[str]:
    """What stands beside a frame: its name or names, and how many parts it stands for."""
    names = [names_text(frame.names)] if frame.names else []
    return [*names, *([f"x {frame.times}"] if frame.times > 1 else [])]


@dataclass(repr=False, eq=False)
class Ruler:
    """Measures parts; boxes in the trunk are equally wide, and boxes in forks are; those on a way around are not."""

    widths: dict[str, float] = field(default_factory=lambda: {"trunk": 0.0, "fork": 0.0})
    known: dict[tuple[int, str], Extent] = field(default_factory=dict)

    def fit(self, part: Part, where: str = "trunk") -> None:
        """Widens the common widths to what the boxes of a part need."""
        match part:
            case Box() if part.look not in ("join", "node", "misfit"):
                self.widths[where] = max(self.widths[where], box_size(part)[0])
            case Around(body):
                self.fit(body, where)
            case Fork(paths):
                for path in paths:
                    self.fit(path, "fork")
            case Stack() | Frame():
                for each in inner_parts(part):
                    self.fit(each, where)

    def width(self, box: Box, where: str) -> float:
        return self.widths[where] if where in self.widths and box.look not in ("join", "misfit") else box_size(box)[0]

    def extent(self, part: Part, where: str = "trunk", trunk: bool = False) -> Extent:
        """The extent of a part; `where` it stands: in the trunk, a fork or a way around; `trunk` for a stage's own
        chain, which has shapes on its edges."""
        key = (id(part), where)
        if key not in self.known:
            self.known[key] = self.measure(part, where, trunk)
        return self.known[key]

    def measure(self, part: Part, where: str, trunk: bool) -> Extent:
        match part:
            case Box():
                half = self.width(part, where) / 2
                return Extent(half, half, box_size(part)[1])
            case Stack():
                return self.stack(part, where, trunk)
            case Fork():
                return self.side_by_side(part)
            case Around():
                return self.around(part, where)
            case Frame():
                return self.frame(part, where)

    def stack(self, stack: Stack, where: str, trunk: bool) -> Extent:
        extents = [self.extent(part, where) for part in stack.parts]
        labels = [label for label in stack.labels if label and trunk]
        gaps = sum(gap_after(stack, place, trunk) for place in range(len(extents) - 1))
        right = max([extent.right for extent in extents] + [label_right(label) for label in labels], default=0)
        left = max((extent.left for extent in extents), default=0)
        return Extent(left, right, sum(extent.height for extent in extents) + gaps)

    def path_starts(self, fork: Fork) -> tuple[list[float], float]:
        """The port of each path, counted from the left, and the width of all."""
        ports: list[float] = []
        x = 0.0
        for path in fork.paths:
            extent = self.extent(path, "fork")
            ports.append(x + extent.left)
            x += extent.left + extent.right + PATHS
        return ports, x - PATHS

    def side_by_side(self, fork: Fork) -> Extent:
        ports, width = self.path_starts(fork)
        height = BUS + self.paths_height(fork)
        middle = (ports[0] + ports[-1]) / 2
        join = self.extent(fork.join, "fork") if fork.join else Extent(0, 0, 0)
        height += BUS + join.height if fork.join else 0
        return Extent(max(middle, join.left), max(width - middle, join.right), height)

    def paths_height(self, fork: Fork) -> float:
        return max(self.extent(path, "fork").height for path in fork.paths)

    def around(self, part: Around, where: str) -> Extent:
        body, way = self.extent(part.body, where), self.extent(part.way, "way")
        height = SPLIT + max(body.height, way.height + 8 if is_filled(part.way) else 0)
        if part.node is None:
            return Extent(body.left, body.right, height)
        beside = words_width(part.node.label, SMALL) + NODE if part.node.look == "light" else 0
        node = box_size(part.node) if part.node.look == "misfit" else (NODE, NODE)
        right = body.right + WAY + way.left + way.right
        return Extent(max(body.left, beside, node[0] / 2), max(right, node[0] / 2 + WAY), height + GAP + node[1])

    def frame(self, frame: Frame, where: str) -> Extent:
        body = self.extent(frame.body, where)
        words = max(words_width(line, SMALL, bold=True) for line in margin_lines(frame)) + MARGIN
        if not frame.drawn:
            return Extent(body.left + words, body.right, body.height)
        inset = inset_of(frame)
        return Extent(body.left + ASIDE + words, body.right + ASIDE, body.height + 2 * inset)


def inset_of(frame: Frame) -> float:
    """The room above and below what is in a frame."""
    return INSET / 2 if isinstance(frame.body, Box) else INSET


def is_filled(part: Part) -> bool:
    """Whether there is anything on a way."""
    return any(True for _ in boxes(part))


def gap_after(stack: Stack, place: int, trunk: bool) -> float:
    return LABELLED if trunk and place < len(stack.labels) and stack.labels[place] else GAP


def label_right(label: str) -> float:
    """How far to the right of an edge the words on it reach."""
    return 8 + words_width(label, SMALL)
