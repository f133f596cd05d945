"""ONNX: one file, its weights inside, the document in its metadata."""

import logging
import warnings
from pathlib import Path
from typing import Any

import torch

from brickwork.errors import BrickworkError
from brickwork.runtime.document import KEY, ExportDocument
from brickwork.runtime.session import OUTPUTS

OPSET = 18  # ONNX Runtime 1.14 and OpenVINO 2023.0 read it
LARGEST = (1 << 31) - (1 << 20)  # bytes: a file of protobuf ends at 2 GB


def write_onnx(program: torch.export.ExportedProgram, document: ExportDocument, path: Path) -> None:
    """Write a graph as one ONNX file. Raises BrickworkError where its weights would need a second one."""
    write_model(onnx_model(program), document, path)


def write_model(model: Any, document: ExportDocument, path: Path) -> None:
    """Write ONNX's protobuf with a document as its only metadata; raises BrickworkError where it is too large."""
    del model.metadata_props[:]
    model.metadata_props.add(key=KEY, value=document.text())
    if model.ByteSize() > LARGEST:
        raise BrickworkError(f"the weights take {model.ByteSize():,} bytes, and one ONNX file holds {LARGEST:,}.")
    path.write_bytes(model.SerializeToString())


def onnx_model(program: torch.export.ExportedProgram) -> Any:
    """A graph as ONNX's protobuf."""
    count = len(program.graph_signature.user_outputs)
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what torch itself will change
        made = torch.onnx.export(
            program,
            dynamo=True,
            opset_version=OPSET,
            input_names=list(program.graph_signature.user_inputs),
            output_names=OUTPUTS[:count],
            external_data=False,
            verbose=False,
        )
    assert made is not None, "with dynamo there is a program"
    return made.model_proto
