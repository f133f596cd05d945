"""Exported models that tests of the runtime share."""

from pathlib import Path

import pytest

import exports


@pytest.fixture(scope="session")
def judge_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """judge.onnx, and judge.xml with judge.bin: the calibrated judge of brightness."""
    folder = tmp_path_factory.mktemp("judge")
    exports.export_onnx(exports.calibrated_judge(), folder / "judge.onnx")
    exports.export_ir(folder / "judge.onnx", folder / "judge.xml")
    return folder


@pytest.fixture(params=["judge.onnx", "judge.xml"])
def judge_path(judge_folder: Path, request: pytest.FixtureRequest) -> Path:
    return judge_folder / str(request.param)
