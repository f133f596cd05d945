"""docs/scaling.md says what is so, and the predictions are as good as it says."""

import re
import shlex
import subprocess
import sys
from pathlib import Path
from statistics import median

import pytest

import brickwork as bw
from brickwork.cli.commands.train import train_command
from brickwork.cli.shell import run
from brickwork.network.memory.rules import FLOAT
from brickwork.scaling import cluster, link, rule, step, work
from shell import parse

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "docs" / "scaling.md").read_text()
WORDS = " ".join(TEXT.split())

sys.path.insert(0, str(ROOT / "benchmarks"))
import scale as benchmark  # noqa: E402
from scaling_figures import FIGURES, SOURCES, SPEEDS, TRAININGS  # noqa: E402


def test_the_tables_are_those_of_the_benchmark() -> None:
    assert benchmark.fill(TEXT) == TEXT, "run python benchmarks/scale.py --write"


def test_the_median_error_of_at_least_ten_figures_is_at_most_ten_points() -> None:
    errors = [benchmark.predict(figure, bw.Cluster.share, bw.Cluster.jitter) - figure.published for figure in FIGURES]
    assert len({(figure.source, figure.network, figure.devices) for figure in FIGURES}) >= 10
    assert median(map(abs, errors)) <= 0.10
    assert median(abs(benchmark.blind(figure) - figure.published) for figure in FIGURES) <= 0.10


def test_every_figure_has_a_source_and_is_a_share() -> None:
    assert {entry.source for entry in (*FIGURES, *SPEEDS, *TRAININGS)} == set(SOURCES)
    assert all(0.5 < figure.published <= 1 for figure in FIGURES)


def test_the_two_constants_are_those_with_the_smallest_error() -> None:
    assert benchmark.choose(FIGURES) == (bw.Cluster.share, bw.Cluster.jitter)
    assert f"{len(benchmark.SHARES)} x {len(benchmark.JITTERS)} values" in WORDS


def test_the_images_of_a_start_are_those_of_tensorflows_table() -> None:
    """One P100 with batches of 64 and of 32: seconds = (images + start) x seconds an image."""
    starts = []
    for at_64, at_32 in ((219, 195), (142, 128), (91.8, 82.7), (154, 144)):
        image = (64 / at_64 - 32 / at_32) / 32
        starts.append(64 / at_64 / image - 64)
    assert round(median(starts)) == cluster.START == 8


def test_the_constants_of_the_text_are_those_of_the_code() -> None:
    assert f"{cluster.REACHED} x peak" in WORDS
    assert f"{work.TRAFFIC} x bytes of all activations" in WORDS
    assert f"{cluster.JITTER} x sqrt(2 ln n)" in WORDS
    assert f"{link.SHARE} of the link's" in WORDS
    assert f"{link.LATENCY * 1e6:.0f} µs" in WORDS
    assert f"buckets of {step.BUCKET >> 20} MiB" in WORDS
    assert f"{FLOAT} bytes a weight for buckets" in WORDS
    assert f"Past {rule.LARGEST:,} images" in WORDS
    assert f"Below {rule.FEWEST} images" in WORDS
    assert f"{work.WINOGRAD} times fewer" in WORDS


def test_the_example_prints_what_stands_there(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    ((command, shown),) = re.findall(r"```text\n\$ brickwork (.*)\n((?:.*\n)*?)```", TEXT)
    assert run(shlex.split(command)) == 0
    assert capsys.readouterr().out == shown


def test_the_numbers_on_batch_norm_are_those_of_the_model() -> None:
    (row,) = bw.scale("resnet50", [512]).rows
    assert f"on 512 devices {1000 * row.norm_sync:.1f} ms a step" in WORDS
    assert f"takes {1000 * row.step.compute:.1f} ms on an A100" in WORDS


def test_the_misses_that_are_explained_are_the_largest() -> None:
    missed = sorted(
        ((benchmark.predict(figure, bw.Cluster.share, bw.Cluster.jitter), figure.published) for figure in FIGURES),
        key=lambda pair: abs(pair[0] - pair[1]),
    )
    for said, published in missed[-4:]:
        assert re.search(rf"{published:.0%}".replace("%", " %") + r"(?: against|, and the model says)", WORDS), (
            published
        )
        assert f"{said:.0%}".replace("%", " %") in WORDS


def test_the_options_that_are_named_are_there() -> None:
    training, scaling = TEXT.split("## What a training on many devices would take")
    known = {word for option in train_command.params for word in option.opts}
    assert {f"--{option}" for option in re.findall(r"`--([a-z-]+)", training)} <= known
    for option in re.findall(r"`--([a-z]+)", scaling):
        parse("scale", "vgg16", f"--{option}", {"link": "1Gb", "device": "T4", "precision": "mixed"}.get(option, "2"))


def test_the_benchmark_prints_its_tables() -> None:
    script = ROOT / "benchmarks" / "scale.py"
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=True)
    assert f"{len(FIGURES)} efficiencies: median error" in done.stdout


def test_the_lines_fit_a_page() -> None:
    assert [line for line in TEXT.splitlines() if not line.startswith("|") and len(line) > 120] == []
