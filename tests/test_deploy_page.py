"""docs/deploy.md says what is so: engines, the document's fields, the Python example, the line that installs."""

import re
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import exports
from brickwork.evaluation.prediction import BATCH
from brickwork.exporting import choose
from brickwork.exporting.int8 import speed
from brickwork.exporting.int8.images import CALIBRATION, MOST
from brickwork.exporting.int8.judge import KEPT, accuracy_loss
from brickwork.runtime.choice import ENDING
from brickwork.runtime.document import FORMAT, ExportDocument
from brickwork.runtime.engines import ENGINES, READS
from shell import parse

TEXT = (Path(__file__).parents[1] / "docs" / "deploy.md").read_text()


def test_the_table_of_the_document_has_its_fields() -> None:
    section = TEXT[TEXT.index("## The format") :]
    named = [
        word for row in re.findall(r"^\| (`.*?) \|", section, re.MULTILINE) for word in re.findall(r"`(\w+)`", row)
    ]
    assert named == ["format", *(field.name for field in fields(ExportDocument))]
    assert f"| `format` | {FORMAT} |" in section


def test_the_table_of_engines_is_the_programs() -> None:
    rows = dict(re.findall(r"^\| `model(\.\w+)`.* \| (`.*`) \|$", TEXT, re.MULTILINE))
    assert rows.pop(".safetensors") == "`torch`"
    assert {ending: tuple(re.findall(r"`(\w+)`", row)) for ending, row in rows.items()} == READS
    for extra in ENGINES.values():
        assert f"pip install 'brickwork[{extra}]'" in TEXT


@pytest.mark.parametrize("line", re.findall(r"^brickwork (\w+ .*)$", TEXT, re.MULTILINE))
def test_the_commands_are_understood(line: str) -> None:
    verb, *words = line.split()
    parse(verb, *words)


def test_the_example_in_python_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    exports.export_onnx(exports.calibrated_judge(), tmp_path / "model.onnx")
    (tmp_path / "new-photos").mkdir()
    for name in ("leaf.jpg", "new-photos/1.jpg"):
        Image.new("L", (9, 7), 250).save(name)
    (block,) = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    names: dict[str, object] = {"pixels": np.zeros((2, 1, 4, 4), np.uint8)}
    exec(block, names)
    assert names["session"].engine.split()[0] == "openvino"  # type: ignore[attr-defined]


def test_the_intervals_of_int8_are_those_of_so_many_images() -> None:
    section = TEXT[TEXT.index("### int8 with a budget") :].partition("\n### ")[0]
    stated = re.search(r"reaches (0\.\d+) points with 1,000 images\s+and (0\.\d+) with 5,000", section)
    assert stated
    for words, images in zip(stated.groups(), (1000, 5000), strict=True):
        before = np.arange(images) < 0.9 * images
        after = before.copy()
        after[: images // 200] = False
        after[-images // 200 :] = True
        assert f"{100 * accuracy_loss(before, after).high:.2f}" == words


def test_what_int8_and_choose_are_said_to_do_is_what_they_do() -> None:
    section = TEXT[TEXT.index("### int8 with a budget") :].partition("\n### Resizing")[0]
    assert f"{CALIBRATION} training images" in section
    assert f"{MOST:,} images of it at most" in section
    *some, last = KEPT
    assert f"candidates with {', '.join(map(str, some))} and no layers in float" in " ".join(section.split())
    assert last == 0
    assert f"at batch {', '.join(map(str, choose.BATCHES[:-1]))} and {choose.BATCHES[-1]}" in section
    assert f"at batch {' and '.join(map(str, speed.BATCHES))}" in " ".join(section.split())
    assert f"computes {BATCH} at a time" in section
    assert f"`model.onnx{ENDING}`" in section
