"""What `export` prints."""

import shlex
from pathlib import Path

import pytest
from PIL import Image

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


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("--max-drop", "1"), "--max-drop is the budget of --int8: add it, or leave --max-drop out."),
        (("--int8", "--max-drop", "much"), "'much' is not a valid float"),
        (("--int8", "--max-drop", "nan"), "the largest drop is a number of points of accuracy above 0 and up to 100"),
        (("--int8", "--to", "pt2"), "int8 is for onnx and openvino, not for pt2."),
        (("--choose", "--to", "pt2"), "--choose is for onnx and openvino: pt2 is run by torch alone."),
        (("--allow", "int8", "--to", "pt2"), "int8 is no precision of an engine here: export --int8 writes a file in"),
    ],
)
def test_what_int8_and_choose_cannot_is_one_line(
    ask: Ask, model: Path, tmp_path: Path, words: tuple[str, ...], line: str
) -> None:
    pytest.importorskip("onnxscript")
    ending = "pt2" if "pt2" in words else "onnx"
    answer = ask("export", model, *words, "--out", tmp_path / f"judge.{ending}")
    assert answer.code == 2
    assert line in answer.err
    assert len(answer.err.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_the_engines_times_are_stored_and_predict_says_which_it_follows(
    ask: Ask, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("onnxscript")
    from brickwork.exporting import choose

    monkeypatch.setattr(choose, "SECONDS", 0.0)
    out = tmp_path / "judge.onnx"
    document = ask("export", model, "--out", out, "--choose", "--json").document
    assert str(tmp_path / "judge.onnx.engines.json") in document["files"]
    assert [row["batch"] for row in document["choices"]["batches"]] == [1, 8, 32]
    names = {(time["engine"], time["precision"]) for row in document["choices"]["batches"] for time in row["times"]}
    assert names <= {("onnxruntime", "fp32"), ("openvino", "fp32")}  # no bf16 that nobody allowed
    Image.new("L", (9, 7), 250).save(tmp_path / "white.png")
    followed = ask("predict", out, tmp_path / "white.png")
    assert "fp32: the fastest for 16 images here (judge.onnx.engines.json)." in followed.err
    stored = tmp_path / "judge.onnx.engines.json"
    stored.write_text(stored.read_text().replace('"threads": ', '"threads": 9'))
    changed = ask("predict", out, tmp_path / "white.png")
    assert "threads compute, not 9" in changed.err
    assert "'brickwork export --choose' measures anew." in changed.err
    assert changed.out == followed.out
