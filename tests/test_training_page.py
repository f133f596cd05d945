"""docs/training.md says what is so."""

import re
import shlex
from dataclasses import fields
from pathlib import Path

import pytest

from brickwork.recipe.option import options_of
from brickwork.recipe.recipe import Recipe
from brickwork.training.run.folder import Run
from shell import parse

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "docs" / "training.md").read_text()


@pytest.mark.parametrize("command", re.findall(r"^brickwork .*", TEXT, re.MULTILINE))
def test_the_commands_parse(command: str) -> None:
    parse(*shlex.split(command)[1:])


def test_the_options_that_are_named_are_there() -> None:
    others = {"data", "out", "recipe", "find", "resume", "track", "check", "pretrained", "nproc"}
    known = {field.name.replace("_", "-") for field in options_of(Recipe)} | others
    named = set(re.findall(r"--([a-z]+(?:-[a-z]+)*)", TEXT))
    assert len(named) >= 20
    assert named <= known


def test_its_defaults_are_those_of_the_recipe() -> None:
    defaults = {field.name: field.default for field in fields(Recipe)}
    text = " ".join(TEXT.split())
    assert f"every `--checkpoint` steps ({defaults['checkpoint']} unless given)" in text
    assert f"what is free ({defaults['memory']})" in text


def test_the_files_of_a_run_are_those_of_the_folder() -> None:
    run = Run(Path("runs/x"), "x")
    for name in (run.model.name, "recipe.toml", "run.json", "metrics.jsonl", "curve.svg", "notes.txt", "report.html"):
        assert f"    {name} " in TEXT


def test_the_sections_are_what_a_person_would_search_for() -> None:
    sections = re.findall(r"^## (.*)", TEXT, re.MULTILINE)
    assert sections[:4] == ["Recipes", "Transfer learning", "Threads", "Run folder"]
    assert {"Data loading and cache", "Checkpoints and resuming", "Exit codes", "Trackers"} <= set(sections)


def test_the_benchmarks_that_are_named_are_there() -> None:
    named = re.findall(r"`(\w+\.py)`", TEXT)
    assert len(named) >= 5
    assert all((ROOT / "benchmarks" / "reliability" / name).is_file() for name in named)


def test_the_lines_fit_a_page() -> None:
    prose = [line for line in TEXT.splitlines() if not line.startswith("|")]
    assert [line for line in prose if len(line) > 120] == []
