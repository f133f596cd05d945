"""A family as a tree from the left to the right: networks in boxes, on each edge what changed and what it cost."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from math import ceil
from textwrap import wrap
from typing import NamedTuple

from brickwork.diffing.family import Branch, Family, FamilyMember
from brickwork.diffing.family_text import cost_texts
from brickwork.drawing.comparison.marking import NAMES, marks_css
from brickwork.drawing.layout.measure import FONT, SIGNS, SMALL, words_width
from brickwork.drawing.layout.place import Area, Edge, Words
from brickwork.drawing.layout.sheet import EDGE
from brickwork.drawing.legend import TITLE
from brickwork.drawing.picture import Picture, check_words, picture_svg
from brickwork.drawing.render import edge_paths, rectangle
from brickwork.figure import svg_group, svg_path, svg_text
from brickwork.figure import svg_number as n
from brickwork.network.text import count

LINE = 15  # of text
WIDE = 24  # characters of a line on an edge
PAD = 10  # inside a box
BARS = 20  # the height of a box's bars
FORK, START, TIP = 14, 8, 12  # from a box to the fork, from there to the words, and behind these to the next box
ROWS = 26  # between two rows
ABOVE, BELOW = 7, 16  # from an edge to the last line above it, and to the first below it
ARROW = "\N{RIGHTWARDS ARROW}"
MEANING = (
    "Each network comes from the one before it in time that takes the cheapest edits.",
    f"+ comes, {SIGNS['-']} goes, ~ changes; bars: parameters of each stage, the head last.",
)


class Label(NamedTuple):
    """What stands above and below an edge: texts with the class of each."""

    above: tuple[tuple[str, str], ...]
    below: tuple[tuple[str, str], ...]

    @property
    def width(self) -> float:
        return max(words_width(text, FONT, kind == "toll") for text, kind in (*self.above, *self.below))


@dataclass(repr=False, eq=False)
class TreePlaces:
    """Where each member stands: its column and its row."""

    family: Family
    columns: dict[int, int] = field(default_factory=dict)
    rows: dict[int, int] = field(default_factory=dict)

    def place(self, member: int = 0, column: int = 0, row: int = 0) -> int:
        """Places a member and all that come from it; gives the last row that they take."""
        self.columns[member], self.rows[member] = column, row
        last = row
        for number, branch in enumerate(self.children(member)):
            last = self.place(branch.child, column + 1, last + 1 if number else row)
        return last

    def children(self, member: int) -> list[Branch]:
        """The branches of a member, the one with the longest way behind it first, which goes straight on."""
        return sorted(self.family.children(member), key=lambda branch: -self.reach(branch.child))

    def reach(self, member: int) -> int:
        return 1 + max((self.reach(branch.child) for branch in self.family.children(member)), default=0)


def draw_family(family: Family, *, theme: str = "auto") -> Picture:
    """The tree of a family as a picture; `theme` is that of `draw`."""
    check_words("layer", "", theme, 0)
    layout = TreeLayout(family)
    size = ceil(layout.width), ceil(layout.height)
    label = f"the family of {', '.join(member.name for member in family.members)}"
    return Picture(label, picture_svg(size, label, theme, layout.elements(), marks_css(theme)), *size)


class TreeLayout:
    """The places of boxes, edges and words."""

    def __init__(self, family: Family) -> None:
        self.family, self.tree = family, TreePlaces(family)
        self.tree.place()
        self.labels = {branch.child: label_of_branch(branch) for branch in family.branches}
        texts = {place: member_lines(member) for place, member in enumerate(family.members)}
        self.texts = texts
        self.box = (
            max(words_width(text, FONT, True) for lines in texts.values() for text in lines) + 2 * PAD,
            LINE * 4 + BARS + 2 * PAD,
        )
        self.lefts = list(self._lefts())
        self.middles = list(self._middles())
        last = max(self.tree.rows.values())
        self.height = self.middles[last] + self.reach(last)[1] + ROWS + LINE + EDGE
        words = max(words_width(text, SMALL) for text in MEANING)
        self.width = max(self.lefts[-1] + self.box[0], EDGE + words) + EDGE

    def _lefts(self) -> Iterator[float]:
        """The left side of each column's boxes."""
        x = float(EDGE)
        yield x
        for column in range(1, max(self.tree.columns.values()) + 1):
            widest = max(self.labels[member].width for member, c in self.tree.columns.items() if c == column)
            x += self.box[0] + FORK + START + widest + TIP
            yield x

    def _middles(self) -> Iterator[float]:
        """The y of each row's edges."""
        y = EDGE + TITLE + ROWS / 2
        for row in range(max(self.tree.rows.values()) + 1):
            above, below = self.reach(row)
            yield y + above
            y += above + below + ROWS

    def reach(self, row: int) -> tuple[float, float]:
        """How far a row reaches above and below its edges."""
        labels = [self.labels[member] for member, r in self.tree.rows.items() if r == row and member in self.labels]
        half = self.box[1] / 2
        above = max([half, *(ABOVE + LINE * len(label.above) for label in labels)])
        below = max([half, *(BELOW + LINE * (len(label.below) - 1) + 4 for label in labels)])
        return above, below

    def area(self, member: int) -> Area:
        middle = self.middles[self.tree.rows[member]]
        return Area(self.lefts[self.tree.columns[member]], middle - self.box[1] / 2, *self.box)

    def elements(self) -> Iterator[str]:
        title = f"From {self.family.members[0].name} to {self.family.members[-1].name}"
        yield svg_text(EDGE, EDGE + TITLE - 2, title, "title")
        yield from edge_paths([self.edge(branch) for branch in self.family.branches])
        yield from (self.member(place) for place in range(len(self.family.members)))
        for branch in self.family.branches:
            yield svg_group("edge", [svg_text(w.x, w.y, w.text, w.kind) for w in self.words(branch)])
        for place, text in enumerate(reversed(MEANING)):
            yield svg_text(EDGE, self.height - EDGE - LINE * place, text, "soft")

    def edge(self, branch: Branch) -> Edge:
        start, end = self.area(branch.parent), self.area(branch.child)
        here, there = self.middles[self.tree.rows[branch.parent]], self.middles[self.tree.rows[branch.child]]
        fork = start.right + FORK
        if here == there:
            return Edge(((start.right, here), (end.x, there)), tip=True)
        return Edge(((start.right, here), (fork, here), (fork, there), (end.x, there)), tip=True)

    def words(self, branch: Branch) -> Iterator[Words]:
        label = self.labels[branch.child]
        x, y = self.area(branch.parent).right + FORK + START, self.middles[self.tree.rows[branch.child]]
        for place, (text, kind) in enumerate(reversed(label.above)):
            yield Words(x, y - ABOVE - LINE * place, text, kind)
        for place, (text, kind) in enumerate(label.below):
            yield Words(x, y + BELOW + LINE * place, text, kind)

    def member(self, place: int) -> str:
        area = self.area(place)
        x, y = area.x + area.width / 2, area.y + PAD / 2
        lines = [
            svg_text(x, y + LINE * (number + 1) - 3, text, "label" if number else "name", "middle")
            for number, text in enumerate(self.texts[place])
        ]
        bars = stage_bars(self.family.members[place], area._replace(y=area.bottom - PAD - BARS, height=BARS))
        return svg_group("box block", [rectangle(area, "", 6), *lines, *bars])


def stage_bars(member: FamilyMember, area: Area) -> Iterator[str]:
    """A bar for each stage and for the head, as high as its share of the parameters."""
    step = min(14, (area.width - 2 * PAD) / len(member.stages))
    left = area.x + area.width / 2 - step * len(member.stages) / 2
    for place, params in enumerate(member.stages):
        high = max(1.0, BARS * params / max(*member.stages, 1))
        kind = "bar head" if place + 1 == len(member.stages) else "bar body"
        yield svg_path(f"M{n(left + step * place + 1)} {n(area.bottom)}h{n(step - 2)}v{n(-high)}h{n(2 - step)}z", kind)


def member_lines(member: FamilyMember) -> list[str]:
    year = f"{member.year}, " if member.year else ""
    numbers = f"{count(member.params)} parameters", f"{count(member.macs)} MACs"
    return [member.name, f"{year}{member.layers} layers", *numbers]


def label_of_branch(branch: Branch) -> Label:
    """What came, went and changed above the edge, and what it cost below it."""
    change, effect = branch.change, branch.diff.effect
    above = [
        *sign_lines("+", change.gains),
        *sign_lines("-", change.losses),
        *(line for text in change.others for line in sign_lines("~", (text.replace("->", ARROW),))),
    ]
    texts = zip(cost_texts(effect), ("toll", "cost"), strict=True)
    below = [(text.replace("-", SIGNS["-"], 1), kind) for text, kind in texts]
    return Label(tuple(above), tuple(below))


def sign_lines(mark: str, words: tuple[str, ...]) -> list[tuple[str, str]]:
    """Words behind a sign, folded to a few lines."""
    if not words:
        return []
    lines = wrap(f"{SIGNS[mark]} {', '.join(words)}", WIDE, subsequent_indent="  ", break_on_hyphens=False)
    return [(line.replace("  ", "\N{NO-BREAK SPACE}" * 3, 1) if place else line, NAMES[mark])
            for place, line in enumerate(lines)]  # fmt: skip
