"""The palette: both themes, and enough contrast in each."""

import re

import pytest

from brickwork.figure import PALETTE, VARIABLES_CSS, adaptive_css


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.1 defines it."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("name", ["ink", "soft", "blue", "orange", "green", "violet", "red"])
@pytest.mark.parametrize("ground", ["paper", "card"])
def test_what_is_read_stands_out_from_its_ground(name: str, ground: str, dark: bool) -> None:
    assert contrast(PALETTE[name][dark], PALETTE[ground][dark]) >= 4.5


def test_rules_have_the_light_colours_first_and_the_dark_ones_for_dark_pages() -> None:
    light, dark = adaptive_css(".ink { fill: $ink }").split("@media (prefers-color-scheme: dark)")
    assert PALETTE["ink"][0] in light
    assert PALETTE["ink"][1] in dark
    assert "$" not in light + dark


def test_a_page_has_every_colour_as_a_variable() -> None:
    assert set(re.findall(r"--(\w+):", adaptive_css(VARIABLES_CSS))) == set(PALETTE)


def test_a_colour_that_is_not_in_the_palette_is_an_error() -> None:
    with pytest.raises(KeyError, match="pink"):
        adaptive_css(".x { fill: $pink }")
