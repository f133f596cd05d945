"""The one test of a training's best model, whose result becomes part of its record."""

from collections.abc import Callable, Sequence
from typing import Any

from brickwork.data.dataset import Dataset, Skipped
from brickwork.errors import BrickworkError
from brickwork.evaluation import Report, evaluate
from brickwork.evaluation.report.html import evaluation_html
from brickwork.files import write_whole
from brickwork.loader.note import Note
from brickwork.loader.prepare import skip_notes
from brickwork.model import ModelFile, load, save
from brickwork.network import Layer
from brickwork.training.events import Listener
from brickwork.training.run.folder import Run


def score_best(
    run: Run,
    dataset: Dataset,
    layers: Sequence[type[Layer]],
    seconds: float,
    listener: Listener,
    progress: Callable[[int], None],
) -> tuple[dict[str, Any], tuple[Skipped, ...]]:
    """Tests a run's model on the split "test", writes the report, and the model file with its result and the training's
    `seconds`; gives the model's record, and the images that could not be read.

    Where there is no such split, or, with a note, no image of it can be read, the record has no test.
    """
    file = load(run.model, layers)
    record = {**file.record, "seconds": seconds}
    report = report_on(file, dataset, listener, progress)
    if report:
        for note in skip_notes(report.skipped):
            listener(note)
        record |= {"majority": report.majority.share, "test": score_record(report)}
        write_whole(run.path / "report.html", evaluation_html(report).encode("utf-8", "backslashreplace"))
    save(run.model, file.model, classes=file.classes, preprocessing=file.preprocessing, record=record)
    return record, report.skipped if report else ()


def report_on(file: ModelFile, dataset: Dataset, listener: Listener, progress: Callable[[int], None]) -> Report | None:
    if "test" not in dataset.splits:
        return None
    try:
        return evaluate(file, dataset, "test", progress=progress)
    except BrickworkError as fault:
        listener(Note(f"The model is not tested: {fault}"))
        return None


def score_record(report: Report) -> dict[str, Any]:
    """What a model file keeps of a test."""
    return {
        "accuracy": report.accuracy.value,
        "interval": [report.accuracy.low, report.accuracy.high],
        "images": report.n,
        "skipped": len(report.skipped),
    }
