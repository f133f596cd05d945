"""The session: an exported model that an engine has opened; and the check that its graph is what its document says."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from brickwork.data.dataset import Images
from brickwork.errors import BrickworkError
from brickwork.runtime.document import ExportDocument
from brickwork.runtime.prediction import Logits

INPUT, LOGITS = "images", "logits"  # the names in the graph
OUTPUTS = (LOGITS, "probabilities", "pixels")  # the last of a graph that resizes


@runtime_checkable
class Session(Protocol):
    """An exported model that an engine has opened: computes logits, a batch at a time."""

    @property
    def document(self) -> ExportDocument: ...

    @property
    def engine(self) -> str:
        """Name and version, as "onnxruntime 1.20.0"."""

    @property
    def streams(self) -> int:
        """How many threads may ask for logits at a time; each has its share of the threads that compute."""

    def logits(self, pixels: Images) -> Logits:
        """N x classes in float32, of N x C x H x W bytes; raises BrickworkError where the engine cannot."""


@dataclass(frozen=True)
class Options:
    """How an engine computes."""

    threads: int
    bf16: bool = False  # whether it may compute in bfloat16 what the graph has in float32
    streams: int = 1  # batches at a time, each by its share of the threads


@dataclass(frozen=True)
class Port:
    """An input or an output of a graph."""

    name: str
    dtype: str  # in the engine's word
    shape: tuple[int | None, ...]  # None where any number will do

    def __str__(self) -> str:
        sides = "x".join("N" if side is None else str(side) for side in self.shape[:8])
        return f"{self.name:.60} ({self.dtype}, {sides})"


def check_graph(
    document: ExportDocument, inputs: Sequence[Port], outputs: Sequence[Port], byte: str, float32: str
) -> None:
    """Raises BrickworkError where the graph is not what its document says; the dtypes are the engine's words."""
    takes = Port(INPUT, byte, (None, *document.preprocessing.shape))
    if list(inputs) != [takes]:
        raise BrickworkError(f"its graph takes {ports_text(inputs)}; expected {takes}, as its preprocessing makes it.")
    gives = Port(LOGITS, float32, (None, len(document.classes)))
    if gives not in outputs:
        raise BrickworkError(f"its graph gives {ports_text(outputs)}; expected {gives}, one for each of its classes.")


def ports_text(ports: Sequence[Port]) -> str:
    return ", ".join([*map(str, ports[:4]), *(["..."] if len(ports) > 4 else [])]) or "nothing"


def engine_fault(engine: str, verb: str, fault: Exception) -> BrickworkError:
    """What an engine says went wrong, in one line."""
    return BrickworkError(f"{engine} cannot {verb}: {' '.join(str(fault).split())[:300].rstrip('.')}.")
