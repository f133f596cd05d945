"""The stored choice of an engine: followed where nothing has changed, told where it is not, bf16 only where allowed."""

import json
import shutil
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from brickwork.machine import cores, processor_name
from brickwork.runtime import load
from brickwork.runtime.choice import BatchTimes, EngineChoices, EngineTime, choices_path, engine_version
from brickwork.runtime.engines import choice_for


def seconds(engine: str, precision: str, median: float) -> EngineTime:
    return EngineTime(engine, precision, median, median, median)


TIMES = (
    BatchTimes(1, (seconds("onnxruntime", "fp32", 1), seconds("openvino", "fp32", 2), seconds("openvino", "bf16", 3))),
    BatchTimes(8, (seconds("onnxruntime", "fp32", 3), seconds("openvino", "fp32", 2), seconds("openvino", "bf16", 1))),
)


@pytest.fixture
def exported(judge_folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(judge_folder / "judge.onnx", tmp_path / "judge.onnx"))


def store(path: Path, **changes: object) -> EngineChoices:
    versions = {engine: engine_version(engine) for engine in ("onnxruntime", "openvino")}
    digest = sha256(path.read_bytes()).hexdigest()
    choices = EngineChoices(digest, processor_name(), cores(), versions, TIMES)
    choices = replace(choices, **changes)  # type: ignore[arg-type]
    choices_path(path).write_text(choices.text())
    return choices


def test_what_is_written_is_read_back(exported: Path) -> None:
    choices = store(exported)
    assert EngineChoices.read(choices_path(exported).read_text()) == choices


@pytest.mark.parametrize(
    ("batch", "engine"), [(1, "onnxruntime"), (2, "onnxruntime"), (3, "openvino"), (99, "openvino")]
)
def test_the_fastest_for_the_nearest_batch_is_taken(exported: Path, batch: int, engine: str) -> None:
    store(exported)
    assert load(exported, batch=batch).engine.startswith(engine)
    stored = choice_for(exported, batch)
    assert stored
    assert stored.note.startswith(f"{engine} in fp32: the fastest for {batch} images here (judge.onnx.engines.json)")


def test_an_engine_that_is_named_wins(exported: Path) -> None:
    store(exported)
    assert load(exported, batch=8, engine="onnxruntime").engine.startswith("onnxruntime")


def test_bfloat16_is_taken_only_where_it_is_allowed_and_then_only_where_it_is_faster(exported: Path) -> None:
    choices = store(exported)
    for batch, allow, precision in ((8, (), "fp32"), (8, ("bf16",), "bf16"), (1, ("bf16",), "fp32")):
        best = choices.best(batch, allow)
        assert best
        assert best.precision == precision


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"processor": "another"}, f"the processor is {processor_name()}, not another"),
        ({"threads": 512}, f"{cores()} threads compute, not 512"),
        ({"versions": {"openvino": "1.0"}}, f"openvino is {engine_version('openvino')}, not 1.0"),
        ({"versions": {"gone": "1.0"}}, "gone is not installed, not 1.0"),
        ({"sha256": "0" * 64}, "the file is another"),
        ({"batches": ()}, "it names no engine that can be chosen"),
    ],
)
def test_what_has_changed_is_told_and_the_default_computes(
    exported: Path, changes: dict[str, object], words: str
) -> None:
    store(exported, **changes)
    stored = choice_for(exported, 8)
    assert stored
    assert stored.best is None
    assert words in stored.note
    assert stored.note.endswith("'brickwork export --choose' measures anew.")
    assert load(exported, batch=8).engine.startswith("onnxruntime")


@pytest.mark.parametrize(
    "text", ["", "{}", '{"choice": 2}', "[1]", '{"choice": 1, "batches": [{"batch": 0}]}', "\udcff"]
)
def test_a_damaged_one_is_told_and_the_default_computes(exported: Path, text: str) -> None:
    choices_path(exported).write_text(text, errors="surrogateescape")
    stored = choice_for(exported, 8)
    assert stored
    assert stored.best is None
    assert "is not followed: it cannot be read: " in stored.note
    assert "\n" not in stored.note
    assert load(exported).engine.startswith("onnxruntime")


def test_a_batch_that_is_no_number_is_damage(exported: Path) -> None:
    store(exported)
    document = json.loads(choices_path(exported).read_text())
    document["batches"][0]["batch"] = "1"
    choices_path(exported).write_text(json.dumps(document))
    stored = choice_for(exported, 8)
    assert stored
    assert stored.best is None


def test_without_a_measurement_nothing_is_said(exported: Path) -> None:
    assert choice_for(exported, 8) is None
