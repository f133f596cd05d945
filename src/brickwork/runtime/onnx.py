"""Sessions of ONNX Runtime."""

from typing import Any

import numpy as np

from brickwork.data.dataset import Images
from brickwork.runtime.exported import ExportedModel
from brickwork.runtime.prediction import Logits
from brickwork.runtime.session import INPUT, LOGITS, Options, Port, check_graph, engine_fault
from brickwork.runtime.telemetry import import_onnxruntime

SILENT = 4  # severity of what ONNX Runtime itself prints: it raises, too, what matters


class OnnxSession:
    """An exported model in ONNX Runtime, on the CPU; raises BrickworkError where it cannot be opened."""

    def __init__(self, model: ExportedModel, options: Options) -> None:
        onnxruntime = import_onnxruntime()

        self.document = model.document
        self.engine = f"onnxruntime {onnxruntime.__version__}"
        self.streams = options.streams
        try:
            self._session = onnxruntime.InferenceSession(
                model.content, session_options(options), providers=["CPUExecutionProvider"]
            )
        except Exception as fault:  # its exceptions have no class of their own in common
            raise engine_fault(self.engine, "open it", fault) from None
        inputs, outputs = map(as_ports, (self._session.get_inputs(), self._session.get_outputs()))
        check_graph(self.document, inputs, outputs, "tensor(uint8)", "tensor(float)")

    def logits(self, pixels: Images) -> Logits:
        """N x classes in float32, of N x C x H x W bytes."""
        try:
            (logits,) = self._session.run([LOGITS], {INPUT: np.ascontiguousarray(pixels)})
        except Exception as fault:
            raise engine_fault(self.engine, f"compute a batch of {len(pixels):,} images", fault) from None
        found: Logits = logits
        return found


def session_options(options: Options) -> Any:
    onnxruntime = import_onnxruntime()

    made = onnxruntime.SessionOptions()
    made.intra_op_num_threads = max(1, options.threads // options.streams)
    made.inter_op_num_threads = 1
    made.log_severity_level = SILENT
    made.add_session_config_entry("session.load_model_format", "ONNX")  # what was checked, not what its bytes resemble
    return made


def as_ports(ports: list[Any]) -> list[Port]:
    return [Port(port.name, port.type, tuple(map(as_side, port.shape))) for port in ports]


def as_side(side: object) -> int | None:
    """The length of a side; one that any length will do for has a name, or none."""
    return side if isinstance(side, int) else None
