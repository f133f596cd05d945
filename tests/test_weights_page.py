"""docs/weights.md says what is so."""

import re
from pathlib import Path
from typing import Any

import pytest
import torch

from brickwork import build, weights, zoo

TEXT = (Path(__file__).parents[1] / "docs" / "weights.md").read_text()
FILE = "resnet50-0676ba61.pth"  # torchvision's first weights of ResNet-50


def test_the_examples_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With weights of our own under the published name, whose sum is not looked at."""
    monkeypatch.chdir(tmp_path)
    weights.save_weights(build(zoo.network("resnet50")), "torchvision", FILE)
    monkeypatch.setattr("brickwork.weights.create.fetch", lambda tag: tmp_path / FILE)
    monkeypatch.setattr("brickwork.weights.load.verify", lambda path, tag: None)
    names: dict[str, Any] = {}
    for example in re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL):
        exec(example, names)
    assert len(torch.load(tmp_path / "mine.pth", weights_only=True)) == 320
    assert weights.find_tag("resnet50.tv_in1k").view.size == 224  # as the comment beside it says


def test_every_name_of_the_room_that_the_page_says_is_there() -> None:
    words = set(re.findall(r"weights\.(\w+)", TEXT)) - {"md"}
    assert words >= {"load_weights", "save_weights", "tags", "find_tag", "fetch", "fingerprint"}
    assert words <= set(weights.__all__)
