"""Themes: a picture's CSS for light and dark pages, for pages that are either, and for black-and-white print."""

from brickwork.figure import theme_colours

THEMES = ("auto", "light", "dark", "print")

SHAPES = """
 text{font:12px Helvetica,Arial,"Liberation Sans",sans-serif;pointer-events:none}
 .soft,.fault{font-size:10.5px} .name,.title{font-weight:bold} .title{font-size:15px}
 .small text,.join text{font-size:10.5px}
 .line,.way,.aside,.frame,.n,.a,.s,.t{fill:none} .line,.way,.aside{stroke-width:1.3} .aside{stroke-dasharray:2 3}
 .n,.a,.s,.t{stroke-width:2.2;stroke-linecap:round} .frame{stroke-dasharray:5 3} .misfit rect{stroke-width:2}
 .sum text{font-size:13px}
"""

COLOURS = """
 .paper{fill:$paper} .band{fill:$card;stroke:$rule} .side{fill:none;stroke:$axis;stroke-dasharray:2 3}
 .name,.title,.box text,.sum text{fill:$ink} .soft,.join text{fill:$soft} .frame{stroke:$axis}
 .line,.way,.aside{stroke:$axis} .tip{fill:$axis}
 .box rect{fill-opacity:.15;stroke-opacity:.75} .box .back{fill:$paper;fill-opacity:1;stroke:none}
 .conv rect{fill:$blue;stroke:$blue} .dense rect{fill:$violet;stroke:$violet} .pool rect{fill:$green;stroke:$green}
 .block rect{fill:$blue;stroke:$blue} .light rect,.other rect,.join rect{fill:$axis;stroke:$axis}
 .misfit rect{fill:$red;stroke:$red} .misfit text,.fault{fill:$red} .sum circle{fill:$paper;stroke:$axis}
 .painted rect{fill:$shade;stroke:$axis} .n{stroke:$axis} .a{stroke:$orange} .s{stroke:$violet} .t{stroke:$green}
"""

PRINT = {  # black on white: kinds are told apart by their words
    **dict.fromkeys(("ink", "soft", "axis", "blue", "violet", "red", "orange", "green"), "#000000"),
    **dict.fromkeys(("paper", "card"), "#ffffff"),
    "rule": "#999999",
    "shade": "#666666",
}
PRINT_SHAPES = """
 .conv rect,.dense rect,.block rect{fill-opacity:0} .pool rect{fill-opacity:.1} .n{stroke:#999999}
 .s{stroke-dasharray:1 4} .t{stroke-dasharray:6 3}
"""


def theme_css(theme: str) -> str:
    """The rules of a theme, which hold for pictures of this theme alone: a page may have several."""
    scope = f".brickwork.{theme}"
    shapes = scope_rules(SHAPES, ".brickwork")
    if theme == "print":
        return shapes + scope_rules(substitute(COLOURS, PRINT) + PRINT_SHAPES, scope)
    light, dark = (scope_rules(substitute(COLOURS, screen_colours(dark)), scope) for dark in (False, True))
    if theme != "auto":
        return shapes + (dark if theme == "dark" else light)
    return f"{shapes}{light}@media (prefers-color-scheme:dark){{{dark}}}"


def screen_colours(dark: bool) -> dict[str, str]:
    colours = theme_colours(dark)
    return {**colours, "shade": colours["orange"]}


def substitute(rules: str, colours: dict[str, str]) -> str:
    for name, colour in colours.items():
        rules = rules.replace(f"${name}", colour)
    return rules


def scope_rules(rules: str, scope: str) -> str:
    """Rules that hold below an element of a class alone."""
    scoped: list[str] = []
    for rule in rules.replace("\n", " ").split("}")[:-1]:
        selectors, _, body = rule.strip().partition("{")
        scoped.append(f"{','.join(f'{scope} {selector}' for selector in selectors.split(','))}{{{body}}}\n")
    return "".join(scoped)
