"""The palette: every colour of a figure and of a page, for light and for dark, and CSS made of it."""

from string import Template

PALETTE = {  # name: on a light page, on a dark one
    "paper": ("#ffffff", "#0d1117"),
    "card": ("#f6f8fa", "#161b22"),
    "ink": ("#1f2328", "#e6edf3"),
    "soft": ("#656d76", "#9198a1"),  # text of second rank; 5:1 against the paper at least
    "rule": ("#d8dee4", "#30363d"),
    "axis": ("#8c959f", "#5b636d"),
    "blue": ("#0a69da", "#58a6ff"),  # what is right, and accuracy
    "orange": ("#b35900", "#f0883e"),  # what is wrong, and loss; told from blue also by the colour-blind
    "green": ("#1a7f37", "#56d364"),
    "violet": ("#8250df", "#bc8cff"),
    "red": ("#cf222e", "#ff7b72"),  # what does not fit
}

FIGURE_CSS = ".soft { fill: $soft } .ink { fill: $ink } .grid { stroke: $rule } .dot { fill: $paper }"
VARIABLES_CSS = f":root {{ {'; '.join(f'--{name}: ${name}' for name in PALETTE)} }}"  # for a page's own rules
FONT_CSS = 'svg text { font: 12px system-ui, -apple-system, "Segoe UI", sans-serif }'


def adaptive_css(rules: str) -> str:
    """CSS rules in which $NAME is a colour of the palette, for light pages and again for dark ones.

    The colours themselves stand in it: many viewers of SVG files know no CSS variables. What does not depend on the
    colours is better kept out of the rules, as these stand twice.
    """
    light, dark = (Template(rules).substitute(theme_colours(dark)) for dark in (False, True))
    return f":root {{ color-scheme: light dark }}\n{light}\n@media (prefers-color-scheme: dark) {{\n{dark}\n}}\n"


def theme_colours(dark: bool) -> dict[str, str]:
    return {name: pair[dark] for name, pair in PALETTE.items()}
