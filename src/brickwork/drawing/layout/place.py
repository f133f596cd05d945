"""The pass down: where each box, frame, node, edge and word stands."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from brickwork.drawing.layout.measure import (
    ASIDE,
    BUS,
    GAP,
    MARGIN,
    NODE,
    SMALL,
    SPLIT,
    WAY,
    Ruler,
    box_size,
    gap_after,
    inset_of,
    is_filled,
    margin_lines,
    words_width,
)
from brickwork.drawing.parts import Around, Box, Fork, Frame, Part, Stack

Point = tuple[float, float]


class Area(NamedTuple):
    """A rectangle: its left upper corner and its size."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.y + self.height


class Words(NamedTuple):
    """Words whose baseline is at y, and which end of them stands at x."""

    x: float
    y: float
    text: str
    kind: str = "soft"  # soft, name or title
    anchor: str = "start"
    size: float = SMALL

    @property
    def area(self) -> Area:
        """The room that is kept free for them."""
        width = words_width(self.text, self.size, self.kind in ("name", "title"))
        start = {"start": 0.0, "middle": width / 2, "end": width}[self.anchor]
        return Area(self.x - start, self.y - 0.8 * self.size, width, self.size)


class Edge(NamedTuple):
    """A line with right angles; `kind` is edge, skip or aside, and `tip` says that it ends in an arrow."""

    points: tuple[Point, ...]
    kind: str = "edge"
    tip: bool = False


class PlacedBox(NamedTuple):
    box: Box
    area: Area


class Node(NamedTuple):
    """A sum or a product, with the layers right behind it."""

    x: float
    y: float  # of its centre
    sign: str
    box: Box


@dataclass(repr=False, eq=False)
class Canvas:
    """What is drawn, each thing in its place."""

    boxes: list[PlacedBox] = field(default_factory=list)
    nodes: list[Node] = field(default_factory=list)
    frames: list[Area] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)
    words: list[Words] = field(default_factory=list)


def has_border(part: Part) -> bool:
    """Whether an edge that enters a part ends there, and so has an arrow's tip."""
    if isinstance(part, Stack):
        return bool(part.parts) and has_border(part.parts[0])
    return isinstance(part, Box) or (isinstance(part, Frame) and not part.drawn)


def straighten(points: Sequence[Point]) -> tuple[Point, ...]:
    """The points without those at which a line does not turn."""
    inner = zip(points, points[1:], points[2:], strict=False)
    turns = [here for a, here, b in inner if not (a[0] == here[0] == b[0] or a[1] == here[1] == b[1])]
    return (points[0], *turns, points[-1])


@dataclass(repr=False, eq=False)
class Placer:
    """Puts parts onto a canvas, each from its port (x, y) downwards."""

    ruler: Ruler
    canvas: Canvas

    def part(self, part: Part, x: float, y: float, where: str = "trunk") -> None:
        match part:
            case Box():
                self.box(part, x, y, self.ruler.width(part, where))
            case Stack():
                self.stack(part, x, y, where)
            case Fork():
                self.fork(part, x, y)
            case Around():
                self.around(part, x, y, where)
            case Frame():
                self.frame(part, x, y, where)

    def box(self, box: Box, x: float, y: float, width: float) -> None:
        self.canvas.boxes.append(PlacedBox(box, Area(x - width / 2, y, width, box_size(box)[1])))

    def edge(self, *points: Point, kind: str = "edge", into: Part | None = None) -> None:
        """A line, with an arrow's tip where it ends at a border."""
        self.canvas.edges.append(Edge(straighten(points), kind, into is not None and has_border(into)))

    def stack(self, stack: Stack, x: float, y: float, where: str = "trunk", trunk: bool = False) -> list[float]:
        """Places the parts of a stack; gives the y at which each ends."""
        ends: list[float] = []
        for place, part in enumerate(stack.parts):
            self.part(part, x, y, where)
            y += self.ruler.extent(part, where).height
            ends.append(y)
            if place + 1 < len(stack.parts):
                gap = gap_after(stack, place, trunk)
                self.edge((x, y), (x, y + gap), into=stack.parts[place + 1])
                if gap > GAP:
                    self.canvas.words.append(Words(x + 8, y + gap - 8, stack.labels[place]))
                y += gap
        return ends

    def fork(self, fork: Fork, x: float, y: float) -> None:
        ports, _ = self.ruler.path_starts(fork)
        shift = x - (ports[0] + ports[-1]) / 2
        high = self.ruler.paths_height(fork)
        for path, port in zip(fork.paths, ports, strict=True):
            left, height = port + shift, self.ruler.extent(path, "fork").height
            top = y + BUS + (high - height) / 2 if fork.join else y + BUS
            self.edge((x, y), (x, y + BUS / 2 - 2), (left, y + BUS / 2 - 2), (left, top), into=path)
            self.part(path, left, top, "fork")
            if fork.join:
                bus, end = y + BUS + high + BUS / 2 - 2, y + BUS + high + BUS
                self.edge((left, top + height), (left, bus), (x, bus), (x, end), into=fork.join)
        if fork.join:
            self.box(fork.join, x, y + BUS + high + BUS, self.ruler.width(fork.join, "fork"))

    def around(self, part: Around, x: float, y: float, where: str) -> None:
        body, way = self.ruler.extent(part.body, where), self.ruler.extent(part.way, "way")
        start = y + SPLIT
        self.edge((x, y), (x, start), into=part.body)
        self.part(part.body, x, start, where)
        if part.node is None:
            return
        filled = is_filled(part.way)
        high = max(body.height, way.height + 8 if filled else 0)
        end = start + high + GAP
        self.edge((x, start + body.height), (x, end), into=part.node)
        middle = end + NODE / 2 if part.node.look != "misfit" else end + box_size(part.node)[1] / 2
        side, reach = x + body.right + WAY + way.left, NODE / 2
        if part.node.look == "misfit":
            reach = box_size(part.node)[0] / 2
            side = max(side, x + reach + WAY)
        split = y + 4
        if filled:
            top = start + (high - way.height) / 2
            self.edge((x, split), (side, split), (side, top), kind="skip", into=part.way)
            self.part(part.way, side, top, "way")
            self.edge((side, top + way.height), (side, middle), (x + reach, middle), kind="skip", into=part.node)
        else:
            self.edge((x, split), (side, split), (side, middle), (x + reach, middle), kind="skip", into=part.node)
        self.node(part, part.node, x, end)

    def node(self, part: Around, node: Box, x: float, y: float) -> None:
        if node.look == "misfit":
            self.box(node, x, y, box_size(node)[0])
            return
        self.canvas.nodes.append(Node(x, y + NODE / 2, part.sign, node))
        if node.look == "light":
            self.canvas.words.append(Words(x - NODE / 2 - 5, y + NODE / 2 + 4, node.label, anchor="end"))

    def frame(self, frame: Frame, x: float, y: float, where: str) -> None:
        body = self.ruler.extent(frame.body, where)
        inset = inset_of(frame) if frame.drawn else 0
        left = x - body.left - (ASIDE if frame.drawn else 0)
        height = body.height + 2 * inset
        if frame.drawn:
            self.canvas.frames.append(Area(left, y, body.left + body.right + 2 * ASIDE, height))
            self.edge((x, y), (x, y + inset), into=None if isinstance(frame.body, Box) else frame.body)
            self.edge((x, y + inset + body.height), (x, y + height))
        self.part(frame.body, x, y + inset, where)
        lines = margin_lines(frame)
        for place, line in enumerate(lines):
            middle = y + height / 2 + (place - (len(lines) - 1) / 2) * 14
            self.canvas.words.append(Words(left - MARGIN + 2, middle + 4, line, "name", "end"))
