"""Metadata of an exported model: classes, preprocessing, record and network, as one JSON text inside its file."""

import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Literal

from brickwork.data.preprocessing import Preprocessing
from brickwork.documents import decode_object, escape_line, parse_json
from brickwork.errors import BrickworkError
from brickwork.runtime.calibration import calibration_of
from brickwork.validate import validate_fields

FORMAT = 1  # raised when a document of today could no longer be read
KEY = "brickwork"  # of the metadata where it stands: ONNX's metadata_props, OpenVINO's rt_info
SHA256 = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True)
class ExportDocument:
    """Metadata of an exported model: all that prediction needs beside the graph, and where it came from.

    Raises BrickworkError where a field cannot be what it should.
    """

    classes: tuple[str, ...]
    preprocessing: Preprocessing
    network: str  # the architecture, as brickwork.network's JSON
    record: dict[str, Any]  # of the training, with the calibration, as in the model file
    pillow: str  # the version that resized the images of the parity sheet
    opset: int = 0  # of ONNX; 0 where the graph is none of ONNX
    precision: Literal["fp32", "fp16", "bf16", "int8"] = "fp32"  # of the weights and activations in the graph
    resizing: bool = False  # whether the graph resizes: its input is then one image of any size, height x width x C
    weights_sha256: str = ""  # of the second file, where the weights are in one

    def __post_init__(self) -> None:
        validate_fields(self)
        if problem := next(self._problems(), None):
            raise BrickworkError(f"exported model: {problem}.")
        calibration_of(self)  # raises where it is damaged

    def text(self) -> str:
        """As one JSON text; `read` takes it back. Raises ValueError where it would not, as for a number that is NaN."""
        fields = {**asdict(self), "preprocessing": self.preprocessing.document()}
        text = json.dumps({"format": FORMAT, **fields}, allow_nan=False)
        parse_json(text)
        return text

    @staticmethod
    def read(text: str) -> "ExportDocument":
        """From what `text` gave; raises BrickworkError where it is not that.

        Control and direction characters in the names of classes are escapes then, as they are in those of data.
        """
        try:
            return read_fields(parse_json(text))
        except (BrickworkError, ValueError) as fault:
            raise BrickworkError(f"the document of the exported model is damaged: {fault}") from None

    def _problems(self) -> Iterator[str]:
        """Sentences on wrong fields, each once those before it are right; the fields may come from a file."""
        if not isinstance(self.preprocessing, Preprocessing):
            yield f"preprocessing is a Preprocessing, not {self.preprocessing!r:.60}"
        if not self.classes or "" in self.classes:
            yield f"it has classes, each with a name, not {list(self.classes)!r:.100}"
        if not isinstance(parse_json(self.network), dict):
            yield f"network is a JSON object, not {self.network!r:.60}"
        if self.opset < 0:
            yield f"opset is a whole number from 0, not {self.opset}"
        if self.weights_sha256 and not SHA256.fullmatch(self.weights_sha256):
            yield f"weights_sha256 has 64 hexadecimal digits, not {self.weights_sha256!r:.80}"


def read_fields(document: Any) -> ExportDocument:
    """The document from its JSON object; raises ValueError or BrickworkError where it is another."""
    if not isinstance(document, dict) or "format" not in document:
        raise ValueError(f"{document!r:.60} is no object with a format")
    fields = {name: value for name, value in document.items() if name != "format"}
    if type(document["format"]) is not int or document["format"] != FORMAT:
        raise ValueError(f"it is in format {document['format']!r:.60}, but this version reads {FORMAT}")
    if "preprocessing" in fields:
        fields["preprocessing"] = Preprocessing.read(fields["preprocessing"])
    if isinstance(names := fields.get("classes"), list):
        fields["classes"] = [escape_line(name) if isinstance(name, str) else name for name in names]
    return decode_object(ExportDocument, fields)
