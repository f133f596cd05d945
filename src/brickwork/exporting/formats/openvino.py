"""OpenVINO's IR: an .xml with the graph and the document, and a .bin with the weights, in float32."""

from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch

from brickwork.exporting.formats.onnx import write_onnx
from brickwork.runtime.document import KEY, ExportDocument
from brickwork.runtime.telemetry import import_openvino


def write_openvino(program: torch.export.ExportedProgram, document: ExportDocument, path: Path) -> None:
    """Write a graph as IR, by way of ONNX; the document has the sum of the .bin."""
    openvino = import_openvino()

    with TemporaryDirectory(dir=path.parent) as folder:
        write_onnx(program, document, Path(folder) / "model.onnx")
        graph = openvino.Core().read_model(Path(folder) / "model.onnx")  # convert_model would call Google Analytics
        write_ir(graph, document, path)


def write_ir(graph: Any, document: ExportDocument, path: Path) -> None:
    """Write an .xml and its .bin, and then the .xml once more, whose document has the sum of the .bin."""
    openvino = import_openvino()

    openvino.save_model(graph, path, compress_to_fp16=False)
    digest = sha256(path.with_suffix(".bin").read_bytes()).hexdigest()
    graph.set_rt_info(replace(document, weights_sha256=digest).text(), [KEY])
    openvino.save_model(graph, path, compress_to_fp16=False)
