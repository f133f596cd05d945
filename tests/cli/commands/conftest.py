"""A model that tells black, grey and white apart, and images of these shades."""

from pathlib import Path

import pytest
from PIL import Image

import bars
from brickwork.model import save

SHADES = {"black": 0, "grey": 128, "white": 255}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model") / "model.safetensors"
    file = bars.judge_of_brightness()
    save(path, file.model, classes=file.classes, preprocessing=file.preprocessing, record={"seed": 5})
    return path


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """A test split in which one of four white images is grey, and one is no image."""
    for split in ("train", "test"):
        for name, value in SHADES.items():
            (tmp_path / split / name).mkdir(parents=True)
            for number in range(4):
                Image.new("L", (6, 6), value).save(tmp_path / split / name / f"{number}.png")
    Image.new("L", (6, 6), 128).save(tmp_path / "test" / "white" / "3.png")
    (tmp_path / "test" / "black" / "note.jpg").write_text("this is a text")
    return tmp_path
