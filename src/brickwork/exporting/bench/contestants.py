"""Contestants: the ways in which a model can be run here, each a function from bytes to logits."""

import copy
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from brickwork.errors import BrickworkError
from brickwork.evaluation.logits import preprocessing_of
from brickwork.exporting.engines import FP32, has_bf16, open_engine
from brickwork.exporting.formats.onnx import onnx_model
from brickwork.exporting.graph import BatchGraph, batch_graph, trace
from brickwork.machine import keep_compiled_code
from brickwork.model import ModelFile, lower
from brickwork.runtime.choice import BF16

Logits = NDArray[np.float32]
Run = Callable[[NDArray[np.uint8]], Logits]


@dataclass(frozen=True, eq=False)
class Contestant:
    """A way to run a model."""

    engine: str  # torch, compile, onnxruntime or openvino
    variant: str  # what of the engine: "lowered, channels_last"
    precision: str
    run: Run

    def __str__(self) -> str:
        return " ".join(filter(None, (self.engine, self.variant, self.precision)))


class HalfGraph(nn.Module):
    """The model in bfloat16, between bytes and logits in float32."""

    def __init__(self, graph: BatchGraph) -> None:
        super().__init__()
        self.model, self.mean, self.std = copy.deepcopy(graph.model).bfloat16(), graph.mean, graph.std

    def forward(self, images: Tensor) -> tuple[Tensor]:
        pixels = (images.float() / 255 - self.mean) / self.std
        return (self.model(pixels.bfloat16()).float(),)


def reference(file: ModelFile) -> Contestant:
    """Eager torch as the model was trained: what all others are compared with."""
    return Contestant("torch", "eager", FP32, torch_run(batch_graph(file)))


def torch_contestants(file: ModelFile, precisions: tuple[str, ...]) -> list[Contestant]:
    """Eager torch in channels_last, lowered and both; with sibling convolutions merged where there are any."""
    lowered, merged = lower_file(file), lower_file(file, merge=True)
    files = [(file, "channels_last"), (lowered, "lowered"), (lowered, "lowered, channels_last")]
    if merged.model.network != lowered.model.network:
        files.append((merged, "lowered, merged, channels_last"))
    made = [Contestant("torch", variant, FP32, _torch_variant(file, variant)) for file, variant in files]
    if BF16 in precisions:
        graph = HalfGraph(batch_graph(lowered))
        run = torch_run(graph.to(memory_format=torch.channels_last), torch.channels_last)
        made.append(Contestant("torch", "lowered, channels_last", BF16, run))
    return made


def _torch_variant(file: ModelFile, variant: str) -> Run:
    graph = batch_graph(file)
    if "channels_last" not in variant:
        return torch_run(graph)
    return torch_run(copy.deepcopy(graph).to(memory_format=torch.channels_last), torch.channels_last)


def compile_contestants(file: ModelFile) -> list[Contestant]:
    """torch.compile of the lowered model: a minute or more before the first image."""
    graph = batch_graph(lower_file(file)).to(memory_format=torch.channels_last)
    keep_compiled_code()
    compiled: Any = torch.compile(graph)
    return [Contestant("compile", "lowered, channels_last", FP32, torch_run(compiled, torch.channels_last))]


def onnxruntime_contestants(file: ModelFile) -> list[Contestant]:
    """ONNX Runtime on the processor, in float32."""
    return [Contestant("onnxruntime", "", FP32, export_run(file, "onnxruntime", FP32))]


def openvino_contestants(file: ModelFile, precisions: tuple[str, ...]) -> list[Contestant]:
    """OpenVINO in float32, and in bfloat16 where that is allowed and the processor has it."""
    wanted = [FP32, *([BF16] if BF16 in precisions and has_bf16() else [])]
    return [Contestant("openvino", "", precision, export_run(file, "openvino", precision)) for precision in wanted]


def contestants(file: ModelFile, engines: tuple[str, ...], precisions: tuple[str, ...]) -> list[Contestant]:
    """All ways of these engines, the reference first."""
    makers: dict[str, Callable[[], list[Contestant]]] = {
        "torch": lambda: torch_contestants(file, precisions),
        "compile": lambda: compile_contestants(file),
        "onnxruntime": lambda: onnxruntime_contestants(file),
        "openvino": lambda: openvino_contestants(file, precisions),
    }
    return [reference(file), *(made for engine in engines for made in makers[engine]())]


def lower_file(file: ModelFile, *, merge: bool = False) -> ModelFile:
    return replace(file, model=lower(file.model, merge=merge))


def torch_run(graph: nn.Module, form: torch.memory_format = torch.contiguous_format) -> Run:
    """A graph of torch that is given its images in a memory format."""

    @torch.inference_mode()
    def run(pixels: NDArray[np.uint8]) -> Logits:
        logits: Tensor = graph(torch.from_numpy(pixels).contiguous(memory_format=form))[0]
        return logits.numpy()

    return run


def export_run(file: ModelFile, engine: str, precision: str) -> Run:
    """The lowered model as ONNX, opened by an engine."""
    graph = batch_graph(lower_file(file))
    with TemporaryDirectory() as folder:
        path = Path(folder) / "model.onnx"
        path.write_bytes(onnx_model(trace(graph, preprocessing_of(file))).SerializeToString())
        opened = open_engine(path, engine, precision)
    if opened.precision != precision:
        raise BrickworkError(f"{opened.name} was asked for {precision}, but computes in {opened.precision}.")

    def run(pixels: NDArray[np.uint8]) -> Logits:
        logits: Logits = opened.run(pixels)["logits"]
        return logits

    return run
