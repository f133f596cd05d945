"""Marks: what is added, removed and changed, told apart by sign and border, and on screens by colour."""

from collections.abc import Mapping
from dataclasses import replace

from brickwork.drawing.layout.measure import SIGNS, SMALL, words_width
from brickwork.drawing.parts import Box, Stack, map_boxes
from brickwork.drawing.render import MARKS
from brickwork.drawing.theme import PRINT, scope_rules, screen_colours, substitute
from brickwork.figure import svg_text

SHAPES = ".added rect,.removed rect,.changed rect{stroke-width:2.4} .removed rect{stroke-dasharray:7 3} "
SHAPES += ".changed rect{stroke-dasharray:2 2} .gain,.loss,.other{font-size:10.5px} "
SHAPES += ".edge text{font-size:12px} .toll{font-weight:bold} .bar{stroke:none;fill-opacity:.75}"

COLOURS = """
 .conv rect,.dense rect,.pool rect,.block rect{fill:$axis;stroke:$axis}
 .added rect{fill:$green;stroke:$green;fill-opacity:.2;stroke-opacity:1} .added .label,.gain{fill:$green}
 .removed rect{fill:$red;stroke:$red;fill-opacity:.12;stroke-opacity:1} .removed .label,.loss{fill:$red}
 .changed rect{fill:$orange;stroke:$orange;fill-opacity:.2;stroke-opacity:1} .changed .label,.other{fill:$orange}
 .edge text,.toll{fill:$ink} .edge .gain{fill:$green} .edge .loss{fill:$red} .edge .other{fill:$orange}
 .body{fill:$blue} .head{fill:$violet}
"""
UNMARKED = ("join", "node", "misfit")
NAMES = {"+": "gain", "-": "loss", "~": "other"}  # classes of words


def marks_css(theme: str) -> str:
    """The rules of marks, to stand behind those of a theme."""
    scope = f".brickwork.{theme}"
    shapes = scope_rules(SHAPES, ".brickwork")
    if theme == "print":
        return shapes + scope_rules(substitute(COLOURS, PRINT), scope)
    light, dark = (scope_rules(substitute(COLOURS, screen_colours(dark)), scope) for dark in (False, True))
    if theme != "auto":
        return shapes + (dark if theme == "dark" else light)
    return f"{shapes}{light}@media (prefers-color-scheme:dark){{{dark}}}"


def mark_stack(stack: Stack, marks: Mapping[str, str]) -> Stack:
    """The stack with a mark on each box of which a layer has one."""

    def change(box: Box) -> Box:
        return replace(box, mark=mark_of(box, marks))

    return replace(stack, parts=tuple(map_boxes(part, change) for part in stack.parts))


def mark_of(box: Box, marks: Mapping[str, str]) -> str:
    """The mark that all layers of a box have; where only some have it, the box is changed."""
    found = {marks.get(row.path, "") for row in box.rows}
    if box.look in UNMARKED or found <= {""}:
        return ""
    return found.pop() if len(found) == 1 else "~"


def marks_legend(x: float, y: float) -> tuple[list[str], float]:
    """The signs and what they mean, and the x where that ends."""
    elements: list[str] = []
    for mark, meaning in MARKS.items():
        words = f"{SIGNS[mark]} {meaning}"
        elements.append(svg_text(x, y, words, NAMES[mark]))
        x += words_width(words, SMALL) + 14
    return elements, x
