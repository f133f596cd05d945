"""docs/evaluation.md says what is so."""

import re
import shlex
from math import sqrt
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import bars
from brickwork.evaluation.images import WINDOW
from brickwork.evaluation.metrics.intervals import DRAWS, FEW, wilson
from brickwork.evaluation.metrics.reliability import BINS, IN_A_BIN, bins_of, gaps
from brickwork.evaluation.metrics.slices import GROUPS, LEAST
from brickwork.evaluation.outcomes import TOP
from brickwork.evaluation.report.diagrams import CLASSES
from brickwork.model import save
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
        ("more than 24 classes", CLASSES),
    ],
)
def test_its_constants_are_those_of_the_code(words: str, value: int) -> None:
    assert words in " ".join(TEXT.split())
    assert f"{value:,}" in words


def test_its_number_words_are_those_of_the_code() -> None:
    text = " ".join(TEXT.split())
    assert ("fewer than five images are correct" in text, FEW) == (True, 5)
    assert ("five most probable" in text, TOP) == (True, 5)
    assert ("in quarters" in text, GROUPS) == (True, 4)
    assert f"{NOISE:.0%} of the labels".replace("%", " %") in text
    assert f"{DARK:.0%} of the images destroyed".replace("%", " %") in text


def test_its_python_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every block of Python, one after another, with a model and photographs under the names that it uses."""
    file, place = bars.judge_of_brightness(), tmp_path / "runs" / "resnet18-photos-1" / "model.safetensors"
    save(place, file.model, classes=file.classes, preprocessing=file.preprocessing, record={})
    for name, value in zip(bars.SHADES, (0, 128, 255), strict=True):
        for path in (tmp_path / "photos" / "test" / name / "a.png", tmp_path / "new-photos" / f"{name}.png"):
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.new("L", (6, 6), value).save(path)
    Image.new("L", (6, 6)).save(tmp_path / "leaf.jpg")
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {
        "model": file,
        "pil_image": Image.new("L", (6, 6), 255),
        "array": np.zeros((6, 6), np.uint8),
    }
    blocks = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    for block in blocks:
        exec(block, names)
    assert len(blocks) == 2
    assert names["report"].n == 3
    assert [each.label for each in names["bw"].predict("runs/resnet18-photos-1/model.safetensors", "new-photos")] == [
        "black", "grey", "white",
    ]  # fmt: skip


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
    assert "1,000 images of which 90 % are correct show about 2 %" in " ".join(TEXT.split())
    assert np.mean(seen) == pytest.approx(0.02, abs=0.003)
