"""ruff and a strict mypy are part of the tests, so that one command checks everything."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import is_dataclass
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

import pytest

import brickwork
from brickwork.errors import BrickworkError

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("words", [["ruff", "check", "."], ["ruff", "format", "--check", "."], ["mypy"]], ids=" ".join)
def test_the_source_passes(words: list[str]) -> None:
    done = subprocess.run([sys.executable, "-m", *words], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def dataclasses_of_ours() -> Iterator[type]:
    """Every dataclass of the modules that import here: some need an engine that is not installed."""
    for module in walk_packages(brickwork.__path__, "brickwork."):
        if module.name.endswith("__main__"):
            continue
        try:
            names = vars(import_module(module.name))
        except (ImportError, BrickworkError):
            continue
        yield from (value for value in names.values() if isinstance(value, type) and is_dataclass(value))


def test_what_is_compared_by_its_value_cannot_be_changed() -> None:
    classes = [each for each in dataclasses_of_ours() if each.__module__.startswith("brickwork.")]
    assert len(classes) > 100
    changeable = {each for each in classes if each.__dataclass_params__.eq and not each.__dataclass_params__.frozen}  # type: ignore[attr-defined]
    assert not changeable
