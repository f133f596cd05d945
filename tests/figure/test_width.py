"""Widths of text, against a real font."""

import pytest
from PIL import ImageFont

from brickwork.figure import fit_text, text_width


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
