"""Exported models for tests, as the format says: one ONNX file by torch's exporter, and OpenVINO's two made of it."""

import logging
import warnings
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import onnx
import openvino
import PIL
import torch
from torch import Tensor, nn

import bars
from brickwork.data.preprocessing import Preprocessing
from brickwork.evaluation import calibrate
from brickwork.evaluation.logits import compute_logits, preprocessing_of
from brickwork.model import ModelFile, build
from brickwork.network import to_json
from brickwork.runtime.calibration import temperature_of
from brickwork.runtime.document import KEY, ExportDocument

OPSET = 20


def calibrated_judge(temperature: bool = True) -> ModelFile:
    """The judge of brightness with a calibration on as many images as there are shades."""
    file = bars.judge_of_brightness()
    images = torch.arange(256, dtype=torch.uint8).view(-1, 1, 1, 1).repeat(1, 1, 4, 4)
    logits = compute_logits(file.model, images, preprocessing_of(file))
    record = {"seed": 7, "calibration": calibrate(logits, logits.argmax(1)).document()} if temperature else {}
    return ModelFile(file.model, file.classes, file.preprocessing, record)


def random_file(network: Any, seed: int = 0) -> ModelFile:
    """A model with random weights, norms that have seen data, and a preprocessing with a mean and a deviation."""
    torch.manual_seed(seed)
    model = build(network)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.2)  # type: ignore[union-attr]
            module.running_var.uniform_(0.5, 1.5)  # type: ignore[union-attr]
    channels, height, width = network.input
    steps = Preprocessing(channels, height, width, (0.4,) * channels, (0.3,) * channels)
    classes = tuple(f"class {number}" for number in range(network.classes))
    return ModelFile(model.eval(), classes, steps.document(), {})


class Graph(nn.Module):
    """What an exported graph computes: bytes in, logits and probabilities out."""

    def __init__(self, file: ModelFile) -> None:
        super().__init__()
        self.model, self.preprocessing = file.model, Preprocessing.read(file.preprocessing)
        self.temperature = temperature_of(file)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        mean, std = (torch.tensor(m).view(1, -1, 1, 1) for m in (self.preprocessing.mean, self.preprocessing.std))
        logits = self.model((images.float() / 255 - mean) / std)
        return logits, (logits / self.temperature).softmax(1)


def document_of(file: ModelFile, **changes: Any) -> ExportDocument:
    fields = {
        "classes": file.classes,
        "preprocessing": Preprocessing.read(file.preprocessing),
        "network": to_json(file.model.network),
        "record": file.record,
        "pillow": PIL.__version__,
        "opset": OPSET,
    }
    return ExportDocument(**{**fields, **changes})


def export_onnx(file: ModelFile, path: Path, **changes: Any) -> Path:
    """Writes an .onnx; `changes` are fields of its document."""
    pixels = torch.zeros(2, *file.model.network.input, dtype=torch.uint8)
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's own, of functions that it calls itself
        program = torch.onnx.export(
            Graph(file).eval(), (pixels,), dynamo=True, opset_version=OPSET, verbose=False,
            input_names=["images"], output_names=["logits", "probabilities"],
            dynamic_shapes=({0: torch.export.Dim("batch")},),
        )  # fmt: skip
    assert program
    program.save(path, external_data=False)
    return change_onnx(path, path, lambda model: set_metadata(model, document_of(file, **changes).text()))


def set_metadata(model: onnx.ModelProto, text: str | None) -> None:
    """Gives an ONNX model this document in place of what metadata it has; None takes it away."""
    del model.metadata_props[:]
    if text is not None:
        model.metadata_props.add(key=KEY, value=text)


def change_onnx(path: Path, to: Path, change: Callable[[onnx.ModelProto], Any]) -> Path:
    """Writes a copy of an .onnx with a change."""
    model = onnx.load(path)
    change(model)
    to.write_bytes(model.SerializeToString())
    return to


def export_ir(onnx_file: Path, path: Path) -> Path:
    """Writes an .xml and its .bin from an .onnx: twice, as the document states the SHA-256 of the .bin."""
    graph = openvino.Core().read_model(onnx_file)
    openvino.save_model(graph, path, compress_to_fp16=False)
    text = next(each.value for each in onnx.load(onnx_file).metadata_props if each.key == KEY)
    document = ExportDocument.read(text)
    digest = sha256(path.with_suffix(".bin").read_bytes()).hexdigest()
    fields = {**vars(document), "opset": 0, "weights_sha256": digest}
    graph.set_rt_info(ExportDocument(**fields).text(), [KEY])
    openvino.save_model(graph, path, compress_to_fp16=False)
    assert sha256(path.with_suffix(".bin").read_bytes()).hexdigest() == digest
    return path
