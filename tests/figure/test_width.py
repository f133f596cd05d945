"""Widths of text, against a real font."""

import pytest
from PIL import ImageFont

from brickwork.figure import fit_text, helvetica_width, text_width

LIBERATION = "LiberationSans-Regular.ttf"  # it has Helvetica's widths
DEJAVU = "DejaVuSans.ttf"  # the widest of common fonts
LABELS = ("3x3 conv, 128, /2", "global avg pool", "1x1 conv, 2048, /2", "batch norm, ReLU", "25.6 M parameters")


@pytest.mark.parametrize(
    "words",
    [
        "Ankle boot",
        "T-shirt/top",
        "WWWWWW",
        "illicit",
        "golden retriever",
        "MAMMOTH",
        "n02099601",
        "a, b & c",
        "<script>x=1",
    ],
)
def test_the_estimate_has_room_for_the_words_and_little_more(words: str) -> None:
    real = ImageFont.load_default(120).getlength(words) / 10
    assert 0.9 * real <= text_width(words, 12) <= 1.5 * real


def test_wide_scripts_take_an_em_a_character_and_accents_none() -> None:
    assert text_width("漢字", 10) == 20
    assert text_width("e\u0301", 12) == text_width("e", 12)


@pytest.mark.parametrize("words", ["a class of a long name, number 12", "W" * 40, "漢字" * 30, "x"])
def test_words_are_cut_to_their_room(words: str) -> None:
    found = fit_text(words, 100)
    assert text_width(found) <= 100
    assert found == words or found.endswith("…")
    assert found.removesuffix("…") == words[: len(found.removesuffix("…"))]


def test_words_that_fit_are_whole() -> None:
    assert fit_text("Ankle boot", 100) == "Ankle boot"


def font(name: str) -> ImageFont.FreeTypeFont:
    try:
        return ImageFont.truetype(name, 1000)
    except OSError:
        pytest.skip(f"the font {name} is not installed")


@pytest.mark.parametrize("words", ["".join(map(chr, range(32, 80))), "".join(map(chr, range(80, 127))), *LABELS])
def test_helveticas_widths_are_those_of_a_font_that_has_them(words: str) -> None:
    face = font(LIBERATION)
    real = sum(face.getlength(character) for character in words) / 1000  # without kerning
    assert helvetica_width(words, 1) == pytest.approx(real, abs=0.001 * len(words))


@pytest.mark.parametrize("words", LABELS)
def test_fifteen_per_cent_hold_a_wide_font(words: str) -> None:
    assert font(DEJAVU).getlength(words) / 1000 <= 1.15 * helvetica_width(words, 1) + 0.2  # and a fifth of an em


def test_characters_that_helvetica_has_not_are_as_wide_as_elsewhere() -> None:
    assert helvetica_width("漢字", 10) == 20
    assert helvetica_width("e\u0301", 12) == helvetica_width("e", 12)
