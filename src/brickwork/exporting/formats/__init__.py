"""Formats of exported models: what their files are called, and which engines run them."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

import torch

from brickwork.errors import BrickworkError, nearest, require
from brickwork.exporting.formats.onnx import OPSET, write_onnx
from brickwork.exporting.formats.openvino import write_openvino
from brickwork.exporting.formats.pt2 import write_pt2
from brickwork.runtime.document import ExportDocument

FormatName = Literal["onnx", "openvino", "pt2"]
Write = Callable[[torch.export.ExportedProgram, ExportDocument, Path], None]  # the first file's path


@dataclass(frozen=True)
class Format:
    """A format of exported models."""

    name: FormatName
    ending: str  # of the file that is named
    write: Write
    needs: tuple[tuple[str, str], ...]  # packages, each with the extra that has it
    engines: tuple[str, ...]  # those that run it, where they are installed
    beside: str = ""  # the ending of its second file
    opset: int = OPSET  # of ONNX, by way of which it is written; 0 where it is not
    in_runtime: bool = True  # whether the runtime reads it

    def files(self, path: Path) -> list[Path]:
        """All files of a model; the one that is named comes last."""
        return [*([path.with_suffix(self.beside)] if self.beside else []), path]

    def installed(self) -> list[str]:
        """The engines that are installed."""
        return [engine for engine in self.engines if find_spec(engine)]


ONNX = (("onnx", "export"), ("onnxscript", "export"))
FORMATS = {
    "onnx": Format("onnx", ".onnx", write_onnx, (*ONNX, ("onnxruntime", "export")), ("onnxruntime", "openvino")),
    "openvino": Format("openvino", ".xml", write_openvino, (*ONNX, ("openvino", "openvino")), ("openvino",), ".bin"),
    "pt2": Format("pt2", ".pt2", write_pt2, (), ("torch",), opset=0, in_runtime=False),
}


def format_named(name: str) -> Format:
    """The format of this name; raises BrickworkError where there is none, or a package that it needs is missing."""
    if name not in FORMATS:
        raise BrickworkError(f"unknown format {name!r:.80}: {nearest(str(name), list(FORMATS))}")
    for package, extra in FORMATS[name].needs:
        require(package, extra, f"export to {name}")
    return FORMATS[name]
