"""What `export` prints."""

import shlex
from pathlib import Path

import pytest

from shell import Ask


def test_export_prints_the_sheet_and_what_is_typed_next(ask: Ask, model: Path, tmp_path: Path) -> None:
    pytest.importorskip("onnxscript")
    out = tmp_path / "my judge.onnx"
    answer = ask("export", model, "--out", out)
    assert answer.code == 0, answer.err
    assert "onnxruntime" in answer.out
    assert "generated images alone" in answer.out
    words = shlex.split(answer.out.splitlines()[-1])
    assert words == ["brickwork", "predict", str(out), "IMAGE..."]


def test_export_as_json_names_its_files_and_a_second_one_is_refused(ask: Ask, model: Path, tmp_path: Path) -> None:
    out = tmp_path / "judge.pt2"
    document = ask("export", model, "--to", "pt2", "--out", out, "--json").document
    assert {Path(name).name for name in document["files"]} == {
        "judge.pt2", "judge.pt2.parity.json", "judge.pt2.parity.txt",
    }  # fmt: skip
    assert document["sheet"]["engines"][0]["same_pixels"]["probability"] < 1e-4
    again = ask("export", model, "--to", "pt2", "--out", out)
    assert again.code == 2
    assert again.err.endswith("is there already: name another file, or write over it with --force.\n")
