"""docs/evaluation.md says what is so."""

import re
import shlex
from math import sqrt
from pathlib import Path

import numpy as np
import pytest

from brickwork.evaluation.images import WINDOW
from brickwork.evaluation.metrics.intervals import DRAWS, FEW, wilson
from brickwork.evaluation.metrics.reliability import BINS, IN_A_BIN, bins_of, gaps
from brickwork.evaluation.metrics.slices import GROUPS, LEAST
from brickwork.evaluation.outcomes import TOP
from planted import DARK, NOISE
from shell import parse

TEXT = (Path(__file__).parents[1] / "docs" / "evaluation.md").read_text()


@pytest.mark.parametrize("command", re.findall(r"^brickwork .*", TEXT, re.MULTILINE))
def test_the_commands_parse(command: str) -> None:
    parse(*shlex.split(command)[1:])


def test_the_lines_fit_a_page() -> None:
    assert [line for line in TEXT.splitlines() if len(line) > 120] == []


def test_the_benchmarks_that_are_named_are_there() -> None:
    named = re.findall(r"python (benchmarks/\w+\.py)", TEXT)
    assert set(named) == {"benchmarks/intervals.py", "benchmarks/mistakes.py", "benchmarks/calibration.py"}
    assert all((Path(__file__).parents[1] / path).is_file() for path in named)


@pytest.mark.parametrize(
    ("words", "value"),
    [
        ("with 15 bins", BINS),
        ("below 150 images", BINS * IN_A_BIN),
        ("1,000 times", DRAWS),
        ("window of 256 images", WINDOW),
        ("fewer than 20 images", LEAST),
    ],
)
def test_its_constants_are_those_of_the_code(words: str, value: int) -> None:
    assert words in " ".join(TEXT.split())
    assert f"{value:,}" in words


def test_its_number_words_are_those_of_the_code() -> None:
    text = " ".join(TEXT.split())
    assert ("fewer than five images are right" in text, FEW) == (True, 5)
    assert ("five most probable" in text, TOP) == (True, 5)
    assert ("in quarters" in text, GROUPS) == (True, 4)
    assert f"{NOISE:.0%} of the labels".replace("%", " %") in text
    assert f"{DARK:.0%} of the images destroyed".replace("%", " %") in text


def test_its_examples_are_computed() -> None:
    low, high = wilson(5, 5)
    assert f"5 of 5 is {100 * low:.0f} % to {100 * high:.0f} %" in TEXT
    assert f"±{100 * sqrt(0.95 * 0.05 / 1000):.1f} points" in TEXT


def test_chance_makes_the_error_that_it_says() -> None:
    """1,000 images of which 90 % are right, where the true error is 0."""
    chance = np.random.default_rng(0)
    seen = []
    for _ in range(200):
        confidence = 1 - chance.beta(0.5, 4.5, 1000)
        tally = gaps(confidence, chance.random(1000) < confidence, bins_of(confidence))
        seen.append(np.abs(tally.sums(np.ones(1000, np.intp))).sum() / 1000)
        assert confidence.mean() == pytest.approx(0.9, abs=0.02)
    assert "1,000 images of which 90 % are right show about 2 %" in " ".join(TEXT.split())
    assert np.mean(seen) == pytest.approx(0.02, abs=0.003)
