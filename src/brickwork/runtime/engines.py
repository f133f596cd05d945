"""Engines: which one opens an exported model, and the session that it gives."""

from collections.abc import Collection
from importlib.util import find_spec
from pathlib import Path

from brickwork.errors import BrickworkError, nearest, require
from brickwork.machine import cores
from brickwork.runtime.choice import BF16, StoredChoice, find_choice
from brickwork.runtime.exported import is_exported, read_exported
from brickwork.runtime.onnx import OnnxSession
from brickwork.runtime.openvino import OpenvinoSession
from brickwork.runtime.session import Options, Session

ENGINES = {"onnxruntime": "onnx", "openvino": "openvino"}  # and the extra that installs each
TORCH = "torch"  # the engine of model files
READS = {".onnx": ("onnxruntime", "openvino"), ".xml": ("openvino",)}  # the engines of each ending, the first first
PRECISIONS = (BF16, "int8")  # that a person may allow


def load(
    path: str | Path,
    *,
    engine: str | None = None,
    threads: int = 0,
    streams: int = 1,
    allow: Collection[str] = (),
    batch: int = 1,
) -> Session:
    """Open an exported model: an .onnx, or an .xml with its .bin beside it; torch is not needed.

    The engine is "onnxruntime" or "openvino"; without one, it is the fastest for so many images (`batch`) that
    `export --choose` measured on this machine and stored beside the file, or else the first installed of those that
    read the file: for an .onnx ONNX Runtime. So many threads compute, 0: one for each core that this process may use;
    `streams` of yours may ask for logits at a time, and each then has its share of them: more images a second, and
    more time for one batch. It computes in float32 unless "bf16" is allowed and the processor has it. Raises
    BrickworkError where the file is missing, damaged, changed or another's, and where the engine is not installed.
    """
    path, count = Path(path), check_threads(threads) or cores()
    bf16, streams = BF16 in check_precisions(allow), check_streams(streams, count)
    name = choose_engine(path, engine)
    if engine is None and (stored := choice_for(path, batch, count, allow)) and stored.best:
        name, bf16 = stored.best.engine, stored.best.precision == BF16
    options = Options(count, bf16, streams)
    model = read_exported(path)
    if model.document.resizing:
        raise BrickworkError(
            f"{path}: its graph resizes images itself, for programs without brickwork: predict by a file that was "
            f"exported without --with-preprocessing."
        )
    try:
        return OnnxSession(model, options) if name == "onnxruntime" else OpenvinoSession(model, options)
    except BrickworkError as fault:
        raise BrickworkError(f"{path}: {fault}") from None


def choice_for(path: Path, batch: int, threads: int = 0, allow: Collection[str] = ()) -> StoredChoice | None:
    """The engine that is stored beside an exported model for so many images, or why it is not followed."""
    return find_choice(path, batch, threads, allow, READS[path.suffix.lower()])


def check_threads(threads: int) -> int:
    """The number; raises BrickworkError where it is none."""
    if type(threads) is not int or threads < 0:
        raise BrickworkError(f"threads is a whole number, 0 for all cores, not {threads!r:.80}.")
    return threads


def check_streams(streams: int, threads: int) -> int:
    """The number; raises BrickworkError where it is none, or there are not as many threads."""
    if type(streams) is not int or not 1 <= streams <= threads:
        raise BrickworkError(f"streams is a whole number from 1 to the {threads} threads, not {streams!r:.80}.")
    return streams


def check_precisions(allow: Collection[str]) -> list[str]:
    """The precisions that are allowed; raises BrickworkError for one that nobody knows."""
    words = [allow] if isinstance(allow, str) else list(allow)
    if unknown := [str(word) for word in words if word not in PRECISIONS]:
        raise BrickworkError(f"unknown precision {unknown[0]!r:.80}: {nearest(unknown[0], list(PRECISIONS))}")
    return words


def choose_engine(path: Path, engine: str | None = None) -> str:
    """The name of the engine that opens a file; raises BrickworkError where none can, or it is not installed."""
    if engine not in (None, TORCH, *ENGINES):
        raise BrickworkError(f"unknown engine {engine!r:.80}: {nearest(str(engine), [TORCH, *ENGINES])}")
    if not is_exported(path):
        raise BrickworkError(f"{path}: an exported model is a file whose name ends in {' or '.join(READS)}.")
    able = READS[path.suffix.lower()]
    if engine is not None and engine not in able:
        raise BrickworkError(f"{path}: {engine} does not read it; {' and '.join(able)} can.")
    chosen = engine or next(filter(find_spec, able), able[0])
    require(chosen, ENGINES[chosen], f"prediction by {path.name}")
    return chosen
