"""Model files of the judge of brightness, and shades that it judges."""

from pathlib import Path

import pytest

import shades
from shades import draw_shades, save_judge


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    return draw_shades(tmp_path / "shades")


@pytest.fixture
def judge_file(tmp_path: Path) -> Path:
    return save_judge(tmp_path / "model.safetensors")


@pytest.fixture
def loud_file(tmp_path: Path) -> Path:
    return save_judge(tmp_path / "model.safetensors", shades.LOUD)
