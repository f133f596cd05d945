"""The sheet: stages in bands, bands in columns, side heads beside the stage that they read."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from brickwork.drawing.layout.measure import FONT, LABELLED, Extent, Ruler, label_right, words_width
from brickwork.drawing.layout.place import Area, Canvas, Edge, Placer, Point, Words, straighten
from brickwork.drawing.parts import Side, Stack, Stage, boxes, is_complete
from brickwork.network.layer import shape_text

EDGE = 18  # around everything
BAND = 14  # between a band's border and what is in it
COLUMN = 44  # between two columns
SIDE = 18  # between a band and its side head
LINE = 15  # of the words beside a stage
APART = 16  # between two side heads


@dataclass(repr=False, eq=False)
class StageColumn:
    """Stages one above another, with the room that they take together."""

    stages: list[Stage]
    extents: list[Extent]

    @property
    def left(self) -> float:
        gutter = max(words_width(words, bold=True) for stage in self.stages for words in (stage.name, *stage.words))
        return BAND + gutter + BAND + max(extent.left for extent in self.extents)

    @property
    def right(self) -> float:
        shapes = max(label_right(shape_text(stage.stack.output)) for stage in self.stages)
        return max(shapes, *(extent.right + BAND for extent in self.extents))

    @property
    def height(self) -> float:
        bands = (band_height(stage, extent) for stage, extent in zip(self.stages, self.extents, strict=True))
        return sum(bands) + LABELLED * (len(self.stages) - 1)


def band_height(stage: Stage, extent: Extent) -> float:
    """The height of a band: what is in it, or the words beside it."""
    return max(extent.height, LINE * (1 + len(stage.words)) - 4) + 2 * BAND


@dataclass(repr=False, eq=False)
class Sheet:
    """Everything in its place."""

    canvas: Canvas = field(default_factory=Canvas)
    bands: list[Area] = field(default_factory=list)  # behind stages
    sides: list[Area] = field(default_factory=list)  # around side heads
    width: float = 0
    height: float = 0


def divide(stages: Sequence[Stage], ruler: Ruler, height: float) -> list[StageColumn]:
    """Stages in as few columns of at most a height as possible, and these as equal as possible; 0 is one column."""
    extents = [ruler.extent(stage.stack, trunk=True) for stage in stages]
    if not height:
        return [StageColumn(list(stages), extents)]
    count = len(fill(stages, extents, height))
    low, high = 0.0, height
    for _ in range(16):  # the least height that does with as many columns
        middle = (low + high) / 2
        low, high = (low, middle) if len(fill(stages, extents, middle)) <= count else (middle, high)
    return fill(stages, extents, high)


def fill(stages: Sequence[Stage], extents: Sequence[Extent], height: float) -> list[StageColumn]:
    """Columns, each filled up to a height; a stage that is higher has one of its own."""
    columns: list[StageColumn] = []
    for stage, extent in zip(stages, extents, strict=True):
        if columns and columns[-1].height + LABELLED + band_height(stage, extent) <= height:
            columns[-1].stages.append(stage)
            columns[-1].extents.append(extent)
        else:
            columns.append(StageColumn([stage], [extent]))
    return columns


@dataclass(repr=False, eq=False)
class SheetLayout:
    """Places columns from the left to the right."""

    ruler: Ruler
    sides: Sequence[Side]
    sheet: Sheet = field(default_factory=Sheet)

    @property
    def canvas(self) -> Canvas:
        return self.sheet.canvas

    def columns(self, columns: Sequence[StageColumn], top: float, entry: str, exit: bool) -> None:
        """`entry` is the shape at the network's input; `exit` says whether anything leaves it."""
        x = float(EDGE)
        for number, column in enumerate(columns):
            port = x + column.left
            if not number:
                self.canvas.words.append(Words(port + 8, top + 13, entry))
                self.edge(port, top, top + LABELLED)
            right, bottom, end = self.column(column, x, top + LABELLED)
            last = number + 1 == len(columns)
            if exit or not last:
                self.canvas.words.append(Words(port + 8, end + 15, shape_text(column.stages[-1].stack.output)))
            if last and exit:
                self.edge(port, end, end + LABELLED, tip=True)
            elif not last:
                below, following = max(end + LABELLED, bottom + 12), right + COLUMN
                self.join(
                    (port, end), below, right + COLUMN / 2, (following + columns[number + 1].left, top + LABELLED)
                )
                bottom = max(bottom, below)
            self.sheet.height = max(self.sheet.height, bottom, end + LABELLED)
            x = right + COLUMN
        self.sheet.width = max(self.sheet.width, x - COLUMN + EDGE)

    def edge(self, x: float, start: float, end: float, tip: bool = False) -> None:
        self.canvas.edges.append(Edge(((x, start), (x, end)), tip=tip))

    def join(self, leaves: Point, below: float, channel: float, enters: Point) -> None:
        """The edge from the bottom of a column to the top of the next."""
        above = enters[1] - LABELLED + 6
        self.canvas.edges.append(
            Edge((leaves, (leaves[0], below), (channel, below), (channel, above), (enters[0], above), enters))
        )

    def column(self, column: StageColumn, x: float, y: float) -> tuple[float, float, float]:
        """Places a column; gives its right edge, its bottom with its side heads, and the end of its last stage."""
        port, top, width = x + column.left, y, column.left + column.right
        taps: list[tuple[Side, float]] = []
        for place, (stage, extent) in enumerate(zip(column.stages, column.extents, strict=True)):
            if place:
                before = column.stages[place - 1].stack
                self.edge(port, y, y + LABELLED)
                self.canvas.words.append(Words(port + 8, y + LABELLED / 2 + 4, shape_text(before.output)))
                y += LABELLED
            band = Area(x, y, width, band_height(stage, extent))
            self.sheet.bands.append(band)
            taps += self.stage(stage, band, port, (band.height - extent.height) / 2)
            y = band.bottom
        right, bottom = self.beside(taps, port, Area(x, top, width, y - top))
        return right, max(bottom, y), y

    def stage(self, stage: Stage, band: Area, port: float, inset: float) -> list[tuple[Side, float]]:
        """Places what is in a band; gives the side heads that read something here, and at which y."""
        self.beside_words(stage, band.x + BAND - 2, band.y)
        placer = Placer(self.ruler, self.canvas)
        ends = placer.stack(stage.stack, port, band.y + inset, trunk=True)
        placer.edge((port, band.y), (port, band.y + inset), into=stage.stack)
        if is_complete(stage.stack):
            placer.edge((port, ends[-1] if ends else band.y + inset), (port, band.bottom))
        found = ((side, tapped_part(stage.stack, side.reads)) for side in self.sides)
        return [(side, ends[place]) for side, place in found if place is not None]

    def beside_words(self, stage: Stage, x: float, y: float) -> None:
        """A stage's name and numbers."""
        self.canvas.words.append(Words(x, y + BAND + 9, stage.name, "name", size=FONT))
        for place, words in enumerate(stage.words, 1):
            self.canvas.words.append(Words(x, y + BAND + 9 + LINE * place, words))

    def beside(self, taps: Sequence[tuple[Side, float]], port: float, span: Area) -> tuple[float, float]:
        """Side heads to the right of a column with this span: as high as what they read, where there is room.

        Gives the right edge and the bottom of them all.
        """
        floor, edge, right = span.y, span.right, span.right
        left = right + SIDE + 6 * len(taps)
        heights = [self.side_height(side) for side, _ in taps]
        for number, (side, y) in enumerate(taps):
            below = sum(heights[number:]) + APART * (len(taps) - number - 1)
            top = max(min(y - 4, span.bottom - below), floor)
            area = Area(left, top, self.side_width(side), heights[number])
            rises = top + 10 < y + 6
            lane = left - SIDE / 2 - 6 * (len(taps) - 1 - number if rises else number)  # so that no two cross
            steps = (port, y + 6), (lane, y + 6), (lane, top + 10), (left, top + 10)
            self.canvas.edges.append(Edge(straighten(steps), "aside", tip=True))
            self.side(side, area)
            floor, edge = area.bottom + APART, max(edge, area.right)
        return edge, floor - APART

    def side_height(self, side: Side) -> float:
        words = LINE * (1 + len(side.stage.words)) + 6
        return words + self.ruler.extent(side.stage.stack, trunk=True).height + 2 * BAND

    def side_width(self, side: Side) -> float:
        extent = self.ruler.extent(side.stage.stack, trunk=True)
        words = max(words_width(words, bold=True) for words in (side.stage.name, *side.stage.words))
        return max(extent.left + extent.right, words) + 2 * BAND

    def side(self, side: Side, area: Area) -> None:
        """Places a side head in its frame."""
        self.sheet.sides.append(area)
        self.beside_words(side.stage, area.x + BAND, area.y)
        extent = self.ruler.extent(side.stage.stack, trunk=True)
        port, top = area.x + BAND + extent.left, area.bottom - BAND - extent.height
        Placer(self.ruler, self.canvas).stack(side.stage.stack, port, top, trunk=True)


def tapped_part(stack: Stack, path: str) -> int | None:
    """The place of the last part of a stack that holds layers of a path."""
    places = [
        place
        for place, part in enumerate(stack.parts)
        if any(f"{row.path}.".startswith(f"{path}.") for box in boxes(part) for row in box.rows)
    ]
    return places[-1] if places else None
