"""Sessions of OpenVINO, for its own files and for ONNX's."""

import io
from queue import SimpleQueue
from typing import Any

import numpy as np

from brickwork.data.dataset import Images
from brickwork.runtime.exported import ExportedModel
from brickwork.runtime.prediction import Logits
from brickwork.runtime.session import INPUT, LOGITS, Options, Port, check_graph, engine_fault
from brickwork.runtime.telemetry import import_openvino


class OpenvinoSession:
    """An exported model in OpenVINO, on the CPU; raises BrickworkError where it cannot be opened."""

    def __init__(self, model: ExportedModel, options: Options) -> None:
        openvino = import_openvino()

        self.document = model.document
        self.engine = f"openvino {openvino.__version__.partition('-')[0]}"
        self.streams = options.streams
        core = openvino.Core()
        try:
            graph = read_graph(core, model)
            self._compiled = core.compile_model(graph, "CPU", config(core, options))
        except Exception as fault:
            raise engine_fault(self.engine, "open it", fault) from None
        inputs, outputs = (list(map(as_port, ports)) for ports in (graph.inputs, graph.outputs))
        check_graph(self.document, inputs, outputs, "u8", "f32")
        self._free: SimpleQueue[Any] = SimpleQueue()  # a request computes one batch at a time
        for _ in range(options.streams):
            self._free.put(self._compiled.create_infer_request())

    def logits(self, pixels: Images) -> Logits:
        """N x classes in float32, of N x C x H x W bytes."""
        request = self._free.get()
        try:
            found = request.infer({INPUT: np.ascontiguousarray(pixels)}, share_inputs=True)
            logits: Logits = found[LOGITS].copy()  # the next batch is written there
        except Exception as fault:
            raise engine_fault(self.engine, f"compute a batch of {len(pixels):,} images", fault) from None
        finally:
            self._free.put(request)
        return logits


def read_graph(core: Any, model: ExportedModel) -> Any:
    """The graph of an .xml with its weights, or of an .onnx."""
    if model.weights:
        return core.read_model(model.content, model.weights)
    return core.read_model(io.BytesIO(model.content))


def config(core: Any, options: Options) -> dict[str, Any]:
    """The properties of the CPU; without a precision, OpenVINO computes in bfloat16 where the processor has it."""
    bf16 = options.bf16 and computes_bf16(core)
    return {
        "INFERENCE_PRECISION_HINT": "bf16" if bf16 else "f32",
        "INFERENCE_NUM_THREADS": options.threads,
        **({"NUM_STREAMS": options.streams} if options.streams > 1 else {"PERFORMANCE_HINT": "LATENCY"}),
    }


def computes_bf16(core: Any) -> bool:
    """Whether OpenVINO computes in bfloat16 on this processor."""
    return "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")


def as_port(port: Any) -> Port:
    sides = port.get_partial_shape() if port.get_partial_shape().rank.is_static else ()
    shape = tuple(None if side.is_dynamic else side.get_length() for side in sides)
    name = next(iter(sorted(port.get_names() & {INPUT, LOGITS}) or sorted(port.get_names())), "")
    return Port(name, port.get_element_type().get_type_name(), shape)
