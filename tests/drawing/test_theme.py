"""Themes: colours of the one palette, enough contrast, and rules that stay within a picture."""

import re

import pytest

from brickwork import draw, zoo
from brickwork.drawing.paint import FULL
from brickwork.drawing.theme import PRINT, THEMES, theme_css
from brickwork.figure import PALETTE

COLOUR = re.compile(r"#[0-9a-f]{6}")
OPACITY = 0.15  # of a box that is not painted


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.1 defines it."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def mix(colour: str, ground: str, opacity: float) -> str:
    """What is seen of a colour over a ground."""
    parts = [
        round(opacity * int(colour[i : i + 2], 16) + (1 - opacity) * int(ground[i : i + 2], 16)) for i in (1, 3, 5)
    ]
    return "#" + "".join(f"{part:02x}" for part in parts)


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("name", ["blue", "violet", "green", "axis"])
def test_labels_stand_out_from_their_boxes(name: str, dark: bool) -> None:
    ground = mix(PALETTE[name][dark], PALETTE["paper"][dark], OPACITY)
    assert contrast(PALETTE["ink"][dark], ground) >= 7


@pytest.mark.parametrize("dark", [False, True])
def test_labels_stand_out_from_the_fullest_paint_and_red_from_a_misfit(dark: bool) -> None:
    paper = PALETTE["paper"][dark]
    assert contrast(PALETTE["ink"][dark], mix(PALETTE["orange"][dark], paper, FULL)) >= 4.5
    assert contrast(PALETTE["red"][dark], mix(PALETTE["red"][dark], paper, OPACITY)) >= 4


def test_labels_stand_out_from_the_fullest_paint_in_print() -> None:
    assert contrast("#000000", mix(PRINT["shade"], "#ffffff", FULL)) >= 7


@pytest.mark.parametrize(("theme", "dark"), [("light", (False,)), ("dark", (True,)), ("auto", (False, True))])
def test_a_theme_has_the_palettes_colours_alone(theme: str, dark: tuple[bool, ...]) -> None:
    assert set(COLOUR.findall(theme_css(theme))) <= {pair[each] for pair in PALETTE.values() for each in dark}
    assert "$" not in theme_css(theme)


def test_print_is_black_white_and_grey() -> None:
    assert all(colour[1:3] == colour[3:5] == colour[5:7] for colour in COLOUR.findall(theme_css("print")))


def test_auto_has_the_dark_colours_for_dark_pages() -> None:
    light, dark = theme_css("auto").split("@media (prefers-color-scheme:dark)")
    assert PALETTE["ink"][0] in light
    assert PALETTE["ink"][1] in dark


@pytest.mark.parametrize("theme", THEMES)
def test_every_rule_holds_within_pictures_alone(theme: str) -> None:
    rules = re.sub(r"@media[^{]*\{", "", theme_css(theme))
    selectors = [part.strip() for rule in re.findall(r"([^{}]+)\{[^}]*\}", rules) for part in rule.split(",")]
    assert len(selectors) > 20
    assert [selector for selector in selectors if not selector.startswith(".brickwork")] == []


def test_every_class_that_is_drawn_has_a_rule() -> None:
    pictures = [
        draw(zoo.network(name)).svg for name in ("googlenet", "seresnet50", "lenet5_1998", "inception_resnet_v2")
    ]
    drawn = {word for svg in pictures for words in re.findall(r'class="([^"]+)"', svg) for word in words.split()}
    ruled = set(re.findall(r"\.([a-z]+)", theme_css("light")))
    assert drawn - ruled == {"auto", "label"}
