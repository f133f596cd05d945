"""Export: what is written, what it says of itself, and what is refused before anything is computed."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import brickwork as bw
from brickwork.errors import BrickworkError
from brickwork.evaluation.logits import compute_logits, preprocessing_of
from brickwork.exporting import exporter
from brickwork.exporting.engines import open_engine, read_document
from brickwork.runtime.prediction import softmax

onnx = pytest.importorskip("onnx")


def torch_probabilities(model: Path, pixels: np.ndarray) -> np.ndarray:
    """By torch and softmax alone, at the calibration's temperature of 0.5."""
    file = bw.load(model)
    return softmax(compute_logits(file.model, torch.from_numpy(pixels), preprocessing_of(file)).numpy(), 0.5)


def test_an_onnx_export_is_one_file_with_all_inside_and_a_sheet_beside_it(model: Path, photos: Path) -> None:
    done = bw.export(model, "onnx", data=photos, with_preprocessing=True, allow=["bf16"])
    beside = {path.name for path in model.parent.iterdir()} - {"photos", "model.safetensors"}
    assert beside == {"model.onnx", "model.image.onnx", "model.onnx.parity.json", "model.onnx.parity.txt"}
    assert beside == {path.name for path in done.files}
    assert len(repr(done)) < 300
    check_graphs(model)
    check_sheet(json.loads((model.parent / "model.onnx.parity.json").read_text()))
    predicted = bw.predict(done.path, photos / "val")
    expected = bw.predict(model, photos / "val")
    assert [row.label for row in predicted] == [row.label for row in expected]
    assert [row.probability for row in predicted] == pytest.approx([row.probability for row in expected], abs=1e-4)
    with pytest.raises(BrickworkError, match=r"model\.onnx.* is there already: name another file, or write over it"):
        bw.export(model, "onnx", data=photos)


def check_graphs(model: Path) -> None:
    """The files hold their weights, state their opset, and answer as torch does for any number of images."""
    for name in ("model.onnx", "model.image.onnx"):
        graph = onnx.load(model.parent / name, load_external_data=False)
        assert [each.version for each in graph.opset_import if not each.domain] == [18]
        assert not any(each.external_data for each in graph.graph.initializer)
        assert "Resize" not in {node.op_type for node in graph.graph.node}
        assert read_document(model.parent / name).resizing == (name == "model.image.onnx")
    engine = open_engine(model.parent / "model.onnx", "onnxruntime")
    for count in (1, 5):
        pixels = np.random.default_rng(count).integers(0, 256, (count, 3, 16, 20), np.uint8)
        assert np.abs(engine.run(pixels)["probabilities"] - torch_probabilities(model, pixels)).max() < 1e-6
    image = np.random.default_rng(0).integers(0, 256, (41, 77, 3), np.uint8)
    wanted = np.asarray(Image.fromarray(image).resize((20, 16), Image.Resampling.BILINEAR)).transpose(2, 0, 1)
    found = open_engine(model.parent / "model.image.onnx", "onnxruntime").run(image)
    assert np.abs(found["pixels"][0].astype(int) - wanted).max() <= 1
    assert np.abs(found["probabilities"] - torch_probabilities(model, found["pixels"])).max() < 1e-6


def check_sheet(sheet: dict) -> None:
    """Real images of the validation and kinds that it lacks; an entry for each engine, float32 within the bound."""
    assert sheet["images"] == {"real": 10, "odd": 4, "grey": 4, "turned": 4, "generated": 0}
    assert sheet["engines"][0]["engine"].startswith("onnxruntime")
    for row in sheet["engines"]:
        assert (row["bound"] is None) == (row["precision"] == "bf16")
        assert row["accuracy"][0]["before"]["n"] == 10
        assert [each["name"] for each in row["accuracy"]] == ["all", "cold", "warm"]
        if row["precision"] == "fp32":
            assert max(row["same_pixels"]["probability"], row["from_files"]["probability"]) < 1e-5
            assert row["resized"]["levels"] <= 1


def test_without_the_data_generated_images_are_compared_and_the_sheet_says_so(model: Path) -> None:
    sheet = bw.export(model, "pt2").sheet
    assert sheet.images["generated"] == 32
    assert sheet.images["real"] == 0
    assert sheet.source == "generated images alone, as the model's record names no data"
    assert sheet.engines[0].accuracy == ()
    assert sheet.engines[0].same_pixels.probability < 1e-6
    loaded = torch.export.load(model.parent / "model.pt2").module()
    pixels = np.random.default_rng(1).integers(0, 256, (3, 3, 16, 20), np.uint8)
    assert (
        np.abs(loaded(torch.from_numpy(pixels))[1].detach().numpy() - torch_probabilities(model, pixels)).max() < 1e-6
    )


def test_data_that_was_asked_for_and_is_not_there_is_an_error(model: Path) -> None:
    with pytest.raises(BrickworkError, match="there is no folder or file"):
        bw.export(model, "pt2", data=model.parent / "nothing.csv")


@pytest.mark.parametrize(
    ("to", "out", "words"),
    [
        ("onx", None, "unknown format 'onx': did you mean 'onnx'"),
        ("onnx", "model.xml", "a file of onnx has a name that ends in .onnx"),
        ("pt2", "missing/model.pt2", "there is no folder .* to write it to: make it first"),
    ],
)
def test_what_cannot_be_written_is_said_before_anything_is_computed(
    model: Path, monkeypatch: pytest.MonkeyPatch, to: str, out: str | None, words: str
) -> None:
    monkeypatch.setattr(exporter, "find_samples", None)
    with pytest.raises(BrickworkError, match=words):
        bw.export(model, to, model.parent / out if out else None)


def test_a_precision_that_nobody_knows_is_refused(model: Path) -> None:
    with pytest.raises(BrickworkError, match="unknown precision 'fp8': known: bf16"):
        bw.export(model, "pt2", allow=["fp8"])


def test_force_writes_over_what_is_there_but_not_over_the_model(model: Path) -> None:
    target = model.with_suffix(".pt2")
    target.write_bytes(b"old")
    with pytest.raises(BrickworkError, match="is there already"):
        bw.export(model, "pt2")
    assert target.read_bytes() == b"old"
    bw.export(model, "pt2", force=True)
    assert read_document(target).classes == ("cold", "warm", "neither")
    target.unlink()
    target.hardlink_to(model)
    with pytest.raises(BrickworkError, match="is what is exported, and is not written over"):
        bw.export(model, "pt2", force=True)


def test_a_disk_that_fills_up_leaves_no_file(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[Path] = []

    def write(path: Path, content: bytes) -> None:
        if written:
            raise BrickworkError(f"{path} cannot be written: No space left on device.")
        path.write_bytes(content)
        written.append(path)

    monkeypatch.setattr(exporter, "write_whole", write)
    before = sorted(model.parent.iterdir())
    with pytest.raises(BrickworkError, match="No space left on device"):
        bw.export(model, "pt2")
    assert len(written) == 1
    assert sorted(model.parent.iterdir()) == before


def test_the_model_that_is_exported_stays_as_it_is(model: Path) -> None:
    file = bw.load(model)
    file.model.train()
    bw.export(file, "pt2", model.parent / "other.pt2")
    assert file.model.training
