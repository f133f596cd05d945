"""Choice of an engine: the fastest that `export --choose` measured for a file, as long as what it depends on stays."""

import json
from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from math import log
from pathlib import Path
from typing import Any

from brickwork.documents import decode_object, parse_json, read_bounded
from brickwork.errors import BrickworkError
from brickwork.machine import cores, processor_name

FORMAT = 1
ENDING = ".engines.json"  # beside the file: model.onnx.engines.json
MOST = 1 << 20  # bytes
BF16 = "bf16"


@dataclass(frozen=True)
class EngineTime:
    """An engine's time for one batch in one precision: the median, and its 95 % interval."""

    engine: str
    precision: str  # the file's own, or bf16
    seconds: float
    low: float
    high: float


@dataclass(frozen=True)
class BatchTimes:
    """All ways to compute a batch."""

    batch: int
    times: tuple[EngineTime, ...]


@dataclass(frozen=True)
class EngineChoices:
    """What was measured for an exported file, and what that depends on."""

    sha256: str  # of the file
    processor: str
    threads: int
    versions: dict[str, str]  # of the engines
    batches: tuple[BatchTimes, ...]

    def text(self) -> str:
        """As one JSON text; `read` takes it back."""
        return json.dumps({"choice": FORMAT, **asdict(self)}, indent=1, allow_nan=False)

    @staticmethod
    def read(text: str) -> "EngineChoices":
        """From what `text` gave; raises ValueError or BrickworkError where it is not that."""
        document = parse_json(text)
        if not isinstance(document, dict) or document.pop("choice", None) != FORMAT:
            raise ValueError(f"it is not of format {FORMAT}")
        if isinstance(batches := document.get("batches"), list):
            document["batches"] = [read_batch(batch) for batch in batches]
        return decode_object(EngineChoices, document)

    def changes(self, content: bytes, threads: int) -> Iterator[str]:
        """What it depends on and is no longer so, each in some words."""
        if self.sha256 != sha256(content).hexdigest():
            yield "the file is another"
        if self.processor != processor_name():
            yield f"the processor is {processor_name()}, not {self.processor:.80}"
        if self.threads != threads:
            yield f"{threads} threads compute, not {self.threads}"
        for engine, number in self.versions.items():
            if number != (found := engine_version(engine)):
                yield f"{engine:.40} is {found or 'not installed'}, not {number!s:.40}"

    def best(self, batch: int, allow: Collection[str]) -> EngineTime | None:
        """The fastest way of the measured batch that is nearest, by ratio; bfloat16 only where it is allowed."""
        near = min(self.batches, key=lambda row: (abs(log(max(batch, 1) / row.batch)), -row.batch), default=None)
        allowed = [time for time in near.times if time.precision != BF16 or BF16 in allow] if near else []
        return min(allowed, key=lambda time: time.seconds, default=None)


@dataclass(frozen=True)
class StoredChoice:
    """The engine that a file's stored measurement names; or none, and why, for a person."""

    best: EngineTime | None
    note: str


def read_batch(document: Any) -> BatchTimes:
    if isinstance(document, dict) and isinstance(times := document.get("times"), list):
        document = {**document, "times": [decode_object(EngineTime, time) for time in times]}
    found = decode_object(BatchTimes, document)
    if found.batch < 1:
        raise ValueError(f"a batch is a number from 1, not {found.batch}")
    return found


def choices_path(path: Path) -> Path:
    """Where the choices for an exported file are stored."""
    return path.with_name(path.name + ENDING)


def engine_version(engine: str) -> str:
    """The version of an engine's package; "" where there is none."""
    try:
        return version(engine)
    except (PackageNotFoundError, ValueError):
        return ""


def find_choice(
    path: Path, batch: int, threads: int = 0, allow: Collection[str] = (), engines: Collection[str] = ()
) -> StoredChoice | None:
    """The engine that is stored for an exported file and a batch; None where nothing was ever stored.

    `engines` are those that read the file. What was measured elsewhere, by other versions or for another file is not
    followed, and the note says so.
    """
    place = choices_path(path)
    try:
        choices = EngineChoices.read(read_bounded(place, MOST))
        changed = [*choices.changes(path.read_bytes(), threads or cores())]
    except FileNotFoundError:
        return None
    except (OSError, ValueError, BrickworkError) as fault:
        changed, choices = [f"it cannot be read: {' '.join(str(fault).split())[:200]}"], None
    best = choices.best(batch, allow) if choices and not changed else None
    if best is None or best.engine not in engines or not find_spec(best.engine):
        why = "; ".join(changed) or "it names no engine that can be chosen"
        return StoredChoice(None, f"{place} is not followed: {why}. 'brickwork export --choose' measures anew.")
    return StoredChoice(best, f"{best.engine} in {best.precision}: the fastest for {batch} images here ({place.name}).")
