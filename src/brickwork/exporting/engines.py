"""Engines that run what was exported, with all of its outputs, for the parity sheet."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from brickwork.errors import BrickworkError
from brickwork.machine import cores
from brickwork.runtime.choice import BF16
from brickwork.runtime.document import KEY, ExportDocument
from brickwork.runtime.onnx import session_options
from brickwork.runtime.openvino import computes_bf16, config
from brickwork.runtime.session import OUTPUTS, Options
from brickwork.runtime.telemetry import import_onnxruntime, import_openvino

Outputs = dict[str, NDArray[Any]]  # by their names in the graph
FP32, INT8 = "fp32", "int8"


@dataclass(frozen=True, eq=False)
class Engine:
    """An exported file that an engine has opened."""

    name: str  # with its version
    precision: str  # in which it says it computes
    run: Callable[[NDArray[np.uint8]], Outputs]


def open_engine(path: Path, engine: str, precision: str = FP32) -> Engine:
    """Open an exported file; raises BrickworkError where the engine cannot read it."""
    try:
        return OPENERS[engine](path, precision)
    except Exception as fault:  # engines raise all sorts
        raise BrickworkError(f"{engine} cannot read what was written: {' '.join(str(fault).split())[:200]}") from None


def open_onnxruntime(path: Path, precision: str) -> Engine:
    onnxruntime = import_onnxruntime()

    session = onnxruntime.InferenceSession(
        path.read_bytes(), session_options(Options(cores())), providers=["CPUExecutionProvider"]
    )
    (given,), names = session.get_inputs(), [output.name for output in session.get_outputs()]

    def run(pixels: NDArray[np.uint8]) -> Outputs:
        return dict(zip(names, session.run(names, {given.name: pixels}), strict=True))

    return Engine(f"onnxruntime {onnxruntime.__version__}", FP32, run)


def open_openvino(path: Path, precision: str) -> Engine:
    openvino = import_openvino()

    core = openvino.Core()
    compiled = core.compile_model(path, "CPU", config(core, Options(cores(), bf16=precision == BF16)))
    names = [min(output.get_names(), key=lambda name: (name not in OUTPUTS, name)) for output in compiled.outputs]
    hint = compiled.get_property("INFERENCE_PRECISION_HINT").get_type_name()

    def run(pixels: NDArray[np.uint8]) -> Outputs:
        found = compiled(pixels)
        return {name: np.array(found[place]) for place, name in enumerate(names)}

    version = openvino.__version__.partition("-")[0]
    return Engine(f"openvino {version}", {"f32": FP32}.get(hint, hint), run)


def open_pt2(path: Path, precision: str) -> Engine:
    import torch

    module = torch.export.load(path).module()

    @torch.no_grad()
    def run(pixels: NDArray[np.uint8]) -> Outputs:
        return {name: output.numpy() for name, output in zip(OUTPUTS, module(torch.from_numpy(pixels)), strict=False)}

    return Engine(f"torch {torch.__version__}", FP32, run)


def has_bf16() -> bool:
    """Whether OpenVINO computes in bfloat16 on this processor."""
    return computes_bf16(import_openvino().Core())


OPENERS: dict[str, Callable[[Path, str], Engine]] = {
    "onnxruntime": open_onnxruntime,
    "openvino": open_openvino,
    "torch": open_pt2,
}


def read_document(path: Path) -> ExportDocument:
    """The document in an exported file, read by no engine of ours but its own format; raises BrickworkError."""
    if path.suffix == ".pt2":
        return ExportDocument.read(pt2_document(path))
    from brickwork.runtime.exported import read_exported

    return read_exported(path).document


def pt2_document(path: Path) -> str:
    import torch

    extra = {f"{KEY}.json": ""}
    torch.export.load(path, extra_files=extra)
    return extra[f"{KEY}.json"] or json.dumps(None)
