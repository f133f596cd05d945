"""Choice of an engine by measuring: an exported file's sessions in turns, at several batches."""

from functools import partial
from hashlib import sha256
from pathlib import Path

import numpy as np

from brickwork.data.dataset import Images
from brickwork.exporting.bench.timing import Spread, interleave, spread
from brickwork.exporting.engines import has_bf16
from brickwork.exporting.formats import Format
from brickwork.machine import cores, processor_name
from brickwork.network.columns import RULE, Row, format_columns
from brickwork.runtime import Session, load
from brickwork.runtime.choice import BF16, BatchTimes, EngineChoices, EngineTime, engine_version

BATCHES = (1, 8, 32)
SECONDS = 3.0  # for each batch


def measure_choices(path: Path, kind: Format, allow: tuple[str, ...], pixels: Images) -> EngineChoices:
    """The times of a file by every engine that reads it, in its own precision and in those that are allowed."""
    sessions = open_sessions(path, kind, allow)
    return EngineChoices(
        sha256=sha256(path.read_bytes()).hexdigest(),
        processor=processor_name(),
        threads=cores(),
        versions={engine: engine_version(engine) for engine in kind.installed()},
        batches=tuple(measure_batch(sessions, np.resize(pixels, (batch, *pixels.shape[1:]))) for batch in BATCHES),
    )


def open_sessions(path: Path, kind: Format, allow: tuple[str, ...]) -> dict[tuple[str, str], Session]:
    """The sessions to measure, by engine and precision."""
    found: dict[tuple[str, str], Session] = {}
    for engine in kind.installed():
        session = load(path, engine=engine)
        found[engine, session.document.precision] = session
        if BF16 in allow and engine == "openvino" and has_bf16():
            found[engine, BF16] = load(path, engine=engine, allow=[BF16])
    return found


def measure_batch(sessions: dict[tuple[str, str], Session], pixels: Images) -> BatchTimes:
    times = interleave([partial(session.logits, pixels) for session in sessions.values()], SECONDS)
    rows = [EngineTime(*names, *spread(found)) for names, found in zip(sessions, times, strict=True)]
    return BatchTimes(len(pixels), tuple(rows))


def choices_text(choices: EngineChoices, width: int) -> str:
    """The times as a table; the fastest of each batch is marked."""
    rows: list[Row] = [("batch", "engine", "precision", "ms", "95 %"), RULE]
    for batch in choices.batches:
        best = min(batch.times, key=lambda time: time.seconds)
        for time in batch.times:
            name = f"{time.engine} <" if time is best else time.engine
            spent = Spread(time.seconds, time.low, time.high).milliseconds()
            rows.append((str(batch.batch), name, time.precision, *spent))
    lines = format_columns(rows, "><<>>", width)
    return "\n".join([*lines, f"<: the fastest on {choices.processor}, {choices.threads} threads."])
