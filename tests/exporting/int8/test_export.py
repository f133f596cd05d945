"""Exports in int8: by both quantisers, a layer that must stay in float, planted faults, and what is refused at once."""

import json
import logging
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import brickwork as bw
from brickwork.errors import BrickworkError
from brickwork.exporting import exporter
from brickwork.exporting.int8 import quantization, quantizers
from brickwork.exporting.int8.quantizers import Plan
from brickwork.runtime import load

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxscript")


def files_beside(model: Path) -> set[str]:
    return {path.name for path in model.parent.iterdir() if path.is_file()} - {"model.safetensors"}


@pytest.mark.parametrize("to", ["onnx", "openvino"])
def test_a_layer_that_costs_accuracy_stays_in_float_and_is_named(loud_file: Path, photos: Path, to: str) -> None:
    if to == "openvino":
        pytest.importorskip("nncf")
    loggers = logging.getLoggerClass()
    done = bw.export(loud_file, to, data=photos, int8=True, max_drop=5)
    found = done.sheet.int8
    assert found
    assert [trial.in_float[:1] for trial in found.trials] == [("two.conv",), ("two.conv",), ()]
    assert [trial.within for trial in found.trials] == [True, True, False]
    assert found.accepted.in_float == ("two.conv",)
    assert found.layers == 3
    assert found.calibration == 180
    check_file(done.path)
    check_sheet(done.path, found.accepted.worst.lost.n)
    assert logging.getLoggerClass() is loggers
    assert "openvino_telemetry" not in sys.modules or sys.modules["openvino_telemetry"] is not None


def check_file(path: Path) -> None:
    """A plain session computes it and says that it is in int8; its shades are right, but not to the last digit."""
    session, exact = load(path), bw.load(path.with_suffix(".safetensors"))
    assert session.document.precision == "int8"
    assert session.document.classes == exact.classes
    pixels = np.repeat(np.array([20, 128, 235], np.uint8), 64).reshape(3, 1, 8, 8)
    logits = session.logits(pixels)
    assert logits.argmax(1).tolist() == [0, 1, 2]
    shade = pixels[:, 0, 0, :1] / 255  # 2 c x - c^2 for c = 0, 1/2, 1
    apart = np.abs(logits - (2 * shade * [0, 0.5, 1] - np.array([0, 0.5, 1]) ** 2)).max()
    assert 1e-5 < apart < 0.05
    if path.suffix == ".onnx":
        kinds = [node.op_type for node in onnx.load(path).graph.node]
        assert kinds.count("QuantizeLinear") >= 2


def check_sheet(path: Path, images: int) -> None:
    """What every class lost, and the times beside those of float32."""
    sheet = json.loads(path.with_name(f"{path.name}.parity.json").read_text())
    text = path.with_name(f"{path.name}.parity.txt").read_text()
    assert images == 180
    assert "In float: two.conv." in text
    for row in sheet["engines"]:
        assert row["precision"] == "int8"
        assert [(each["name"], each["before"]["n"]) for each in row["accuracy"]] == [
            ("all", 180), ("black", 60), ("grey", 60), ("white", 60),
        ]  # fmt: skip
        assert row["from_files"]["probability"] == pytest.approx(row["same_pixels"]["probability"], abs=1e-6)
    assert {speed["precision"] for speed in sheet["int8"]["speeds"]} >= {"fp32", "int8"}
    assert {speed["batch"] for speed in sheet["int8"]["speeds"]} == {1, 32}


def test_without_vnni_weights_have_seven_bits_and_the_sheet_says_so(
    judge_file: Path, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (quantizers, quantization):
        monkeypatch.setattr(module, "saturates_int8", lambda: True)
    done = bw.export(judge_file, "onnx", data=photos, int8=True, max_drop=5)
    graph = onnx.load(done.path).graph
    weights = [
        onnx.numpy_helper.to_array(each) for each in graph.initializer if each.data_type == onnx.TensorProto.INT8
    ]
    assert max(np.abs(each.astype(int)).max() for each in weights) in (63, 64)
    assert (
        "weights of 7 bits, as this processor has no VNNI" in done.path.with_name("model.onnx.parity.txt").read_text()
    )


def other_weights(source: Path, target: Path, plan: Plan) -> None:
    """A quantiser that loses the head's weights."""
    model = onnx.load(source)
    for each in model.graph.initializer:
        if each.name == "model.head.linear.weight":
            each.CopyFrom(onnx.numpy_helper.from_array(np.zeros((3, 2), np.float32), each.name))
    quantizers.write_model(model, plan.document, target)


def other_classes(source: Path, target: Path, plan: Plan) -> None:
    """A quantiser whose file has the classes in another order."""
    document = replace(plan.document, classes=plan.document.classes[::-1])
    quantizers.write_model(onnx.load(source), document, target)


def no_numbers(source: Path, target: Path, plan: Plan) -> None:
    """A quantiser whose scales are not numbers."""
    model = onnx.load(source)
    for each in model.graph.initializer:
        if each.name == "model.head.linear.bias":
            each.CopyFrom(onnx.numpy_helper.from_array(np.full(3, np.nan, np.float32), each.name))
    quantizers.write_model(model, plan.document, target)


def stumbling(source: Path, target: Path, plan: Plan) -> None:
    """A quantiser that fails after it has begun to write."""
    target.write_bytes(b"half")
    raise RuntimeError("it knows no such\noperator")


FAULTS: dict[str, tuple[Callable[..., None], str]] = {
    "weights": (
        other_weights,
        r"int8 costs accuracy by .*: 66\.67 points .* allow a larger --max-drop, or stay in flo",
    ),
    "classes": (other_classes, r"its classes are in another order: class 0 is 'white', the model's is 'black'"),
    "numbers": (no_numbers, r"in int8 by .*, some logits are infinite or not numbers \(NaN\)\. No file"),
    "stumbling": (stumbling, r"model\.onnx cannot be made in int8: RuntimeError: it knows no such operator"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_refused_and_no_file_stays(
    judge_file: Path, photos: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    work, words = FAULTS[fault]
    monkeypatch.setattr(quantizers, "quantize_onnx", work)
    with pytest.raises(BrickworkError, match=words):
        bw.export(judge_file, "onnx", data=photos, int8=True, max_drop=5)
    assert files_beside(judge_file) == set()


def test_too_few_images_are_said_and_no_file_stays(judge_file: Path, photos: Path) -> None:
    with pytest.raises(BrickworkError, match=r"0\.00 points .* the images are too few to tell .*; some \d,?\d00 valid"):
        bw.export(judge_file, "onnx", data=photos, int8=True, max_drop=0.5)
    assert files_beside(judge_file) == set()


@pytest.mark.parametrize(
    ("to", "named", "words"),
    [
        ("pt2", {}, "int8 is for onnx and openvino, not for pt2"),
        ("onnx", {"with_preprocessing": True}, "export --with-preprocessing without --int8"),
        ("onnx", {"max_drop": float("nan")}, "the largest drop is a number of points"),
        ("onnx", {"max_drop": "0.5"}, "the largest drop is a number of points"),
        ("onnx", {}, "int8 needs real images, and the model's record names no data"),
    ],
)
def test_what_cannot_be_in_int8_is_said_before_anything_is_computed(
    judge_file: Path, monkeypatch: pytest.MonkeyPatch, to: str, named: dict[str, Any], words: str
) -> None:
    monkeypatch.setattr(exporter, "write_candidate", None)
    with pytest.raises(BrickworkError, match=words):
        bw.export(judge_file, to, int8=True, **named)
    assert files_beside(judge_file) == set()


def test_without_nncf_there_is_the_line_that_installs_it(judge_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    find = exporter.require

    def require(package: str, extra: str, user: str) -> None:
        find("no_such_package_here" if package == "nncf" else package, extra, user)

    monkeypatch.setattr(exporter, "require", require)
    with pytest.raises(BrickworkError, match=r"export --int8 to openvino needs .* pip install 'brickwork\[int8\]'"):
        bw.export(judge_file, "openvino", int8=True)
