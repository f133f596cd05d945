"""Proof of an export: every engine that is present computes what the model does, or the export is refused."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np

from brickwork.errors import BrickworkError
from brickwork.exporting.engines import FP32, INT8, Engine, has_bf16, open_engine, read_document
from brickwork.exporting.formats import Format
from brickwork.exporting.parity.compare import (
    BOUND,
    LEVELS,
    Difference,
    Found,
    Resized,
    ResizedDifference,
    alone_difference,
    difference,
    files_difference,
    is_within,
    logit_bound,
    predict_files,
    resized_difference,
    run_batches,
    run_images,
)
from brickwork.exporting.parity.diagnose import document_fault, outputs_fault, resizing_fault
from brickwork.exporting.parity.reference import Reference, decode_in_full, torch_logits
from brickwork.exporting.parity.sheet import EngineParity, accuracy_changes
from brickwork.runtime import load
from brickwork.runtime.choice import BF16

REPEATS, SECONDS = 25, 2.0  # of timing one image: so often, or for so long

Progress = Callable[[str], None]


@dataclass(frozen=True, eq=False)
class Candidate:
    """An exported model that is to be proven: its file, and the one whose graph resizes, where there is one."""

    format: Format
    path: Path
    resizing: Path | None
    reference: Reference


def prove(candidate: Candidate, allow: tuple[str, ...], progress: Progress) -> tuple[EngineParity, ...]:
    """A row of the parity sheet for every engine and precision. Raises BrickworkError where the proof fails."""
    check_documents(candidate)
    rows = []
    for engine in candidate.format.installed():
        for precision in (FP32, *([BF16] if BF16 in allow and engine == "openvino" and has_bf16() else [])):
            progress(f"comparing {len(candidate.reference.samples)} images by {engine} in {precision}")
            rows.append(prove_engine(candidate, engine, precision))
    return tuple(rows)


def check_documents(candidate: Candidate) -> None:
    """Raises BrickworkError where a file cannot be read back, or does not say what its model does."""
    for path in filter(None, (candidate.path, candidate.resizing)):
        try:
            document = read_document(path)
        except Exception as fault:  # torch's own archives raise all sorts
            raise refusal(f"what was written cannot be read back: {' '.join(str(fault).split())[:200]}") from None
        if fault_text := document_fault(document, candidate.reference):
            raise refusal(fault_text)


def prove_engine(candidate: Candidate, name: str, precision: str) -> EngineParity:
    reference = candidate.reference
    engine = open_proven(candidate.path, name, precision)
    found = run_batches(engine, reference.pixels)
    same_pixels = difference(reference, found)
    if precision == FP32:
        check_outputs(engine, reference, found, same_pixels)
    return EngineParity(
        engine=engine.name,
        precision=precision,
        bound=BOUND if precision == FP32 else None,
        same_pixels=same_pixels,
        from_files=from_files(candidate, name, precision),
        resized=resized(candidate, name, precision),
        accuracy=accuracy_changes(reference, found.probabilities.argmax(1)),
        latency=latency(lambda: engine.run(reference.pixels[:1])),
    )


def open_proven(path: Path, name: str, precision: str) -> Engine:
    """An engine that says that it computes in this precision; raises BrickworkError where it does not."""
    try:
        engine = open_engine(path, name, precision)
    except BrickworkError as fault:
        raise refusal(str(fault)) from None
    if engine.precision != (FP32 if precision == INT8 else precision):  # int8 is in the graph, the rest in float32
        raise refusal(
            f"{engine.name} computes in {engine.precision}, where {precision} was asked for: its precision is a hint "
            f"that is to be set"
        )
    return engine


def check_outputs(engine: Engine, reference: Reference, found: Found, apart: Difference) -> None:
    """Raises BrickworkError where an engine's outputs are not the model's, with what explains them."""
    alone = alone_difference(engine, reference, found)
    if not alone <= BOUND:  # nor where it is not a number
        raise refusal(
            f"by {engine.name}, an image's probabilities depend on the others of its batch (by up to {alone:.2g}): a "
            f"batch norm is in training mode"
        )
    if not is_within(apart, reference):
        raise refusal(
            f"by {engine.name}, {outputs_fault(reference, found)}: for the same pixels, probabilities are up to "
            f"{apart.probability:.2g} off the model's, of which {BOUND:g} is allowed, and logits {apart.logit:.2g} "
            f"({logit_bound(reference):.2g}); the farthest is {apart.worst}"
        )


def from_files(candidate: Candidate, name: str, precision: str) -> Difference | None:
    """The difference of the runtime's predictions from files; None for a format that it does not read."""
    if not candidate.format.in_runtime:
        return None
    reference = candidate.reference
    session = load(candidate.path, engine=name, allow=[BF16] if precision == BF16 else [])
    apart = files_difference(reference, predict_files(session, reference.samples))
    if precision == FP32 and not apart.probability <= BOUND:
        raise refusal(
            f"from files by {session.engine}, probabilities are up to {apart.probability:.2g} off the model's, and "
            f"{BOUND:g} is allowed; the farthest is {apart.worst}"
        )
    return apart


def resized(candidate: Candidate, name: str, precision: str) -> ResizedDifference | None:
    """The difference of the graph that resizes; None where there is none."""
    if candidate.resizing is None:
        return None
    reference = candidate.reference
    engine = open_proven(candidate.resizing, name, precision)
    rows = run_images(engine, reference)
    apart = resized_difference(reference, rows)
    if precision == FP32 and apart.levels > LEVELS:
        samples, steps = reference.samples, reference.preprocessing
        fault = resizing_fault(reference, rows, lambda place: decode_in_full(samples[place], steps))
        raise refusal(
            f"by {engine.name}, the graph with preprocessing makes other pixels: {fault}; they are up to "
            f"{apart.levels} levels of 255 off, of which {LEVELS} is allowed; the farthest is {apart.worst}"
        )
    if precision == FP32:
        check_resized(engine.name, reference, rows)
    return apart


def check_resized(name: str, reference: Reference, rows: list[Resized]) -> None:
    """Raises BrickworkError where the graph's logits are not the model's for the pixels that the graph made."""
    wanted = torch_logits(reference.file, np.concatenate([row.outputs["pixels"] for row in rows]))
    found = np.concatenate([row.outputs["logits"] for row in rows])
    apart = float(np.abs(found - wanted).max())
    if not apart <= logit_bound(reference):
        raise refusal(
            f"by {name}, the graph with preprocessing computes other logits of its own pixels, by {apart:.2g}"
        )


def latency(run: Callable[[], object]) -> float:
    """Milliseconds of one call, the median of several."""
    run()
    begin = time.perf_counter()
    times: list[float] = []
    while len(times) < REPEATS and time.perf_counter() - begin < SECONDS:
        start = time.perf_counter()
        run()
        times.append(1000 * (time.perf_counter() - start))
    return median(times)


def refusal(why: str) -> BrickworkError:
    return BrickworkError(f"not exported: {why.rstrip('.')}. No file was written.")
