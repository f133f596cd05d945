"""How a training ends: with its one test, or where it was asked to stop."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from brickwork.errors import BrickworkError
from brickwork.evaluation import Report, evaluate
from brickwork.evaluation.report.html import evaluation_html
from brickwork.files import write_whole
from brickwork.model import ModelFile, load, save
from brickwork.network import Layer, Network
from brickwork.training.progress import Progress, Result
from brickwork.training.run.folder import Run
from brickwork.training.work import Work


def own_layers(network: Network) -> list[type[Layer]]:
    """The classes of the network's layers, for the model file to be read with."""
    return list({type(layer) for _, layer in network.layers()})


def test_model(work: Work) -> Result:
    """The best model's one test, which is then part of its record; with it, the training has ended."""
    file = load(work.run.model, own_layers(work.loop.model.network))
    record = {**file.record, "seconds": work.seconds}
    test = evaluate_test(work, file)
    if test:
        record["test"] = {
            "accuracy": test.accuracy.value,
            "interval": [test.accuracy.low, test.accuracy.high],
            "images": test.n,
            "skipped": len(test.skipped),
        }
        write_whole(work.run.path / "report.html", evaluation_html(test).encode("utf-8", "backslashreplace"))
    save(work.run.model, file.model, classes=file.classes, preprocessing=file.preprocessing, record=record)
    skipped = work.material.skipped + (test.skipped if test else ())
    return replace(result_of(work.run, record), skipped=skipped)


def evaluate_test(work: Work, file: ModelFile) -> Report | None:
    """None where there are no images to test with; a note where none of those that there are can be read."""
    if "test" not in work.dataset.splits:
        return None
    try:
        return evaluate(file, work.dataset, "test", progress=lambda done: work.asked.check())
    except BrickworkError as fault:
        work.report(Progress("note", f"The model is not tested: {fault}"))
        return None


def result_of(run: Run, record: dict[str, Any]) -> Result:
    """The result of a training, from its model's record; `seconds` is there when it has ended."""
    test = record.get("test")
    accuracy = test["accuracy"] if test else record["best"]["val_accuracy"]
    images = test["images"] if test else record["images"]["val"]
    seconds = record.get("seconds", record["best"]["seconds"])
    interval = tuple(test["interval"]) if test else None
    return Result(run.path, run.model, accuracy, seconds, "test" if test else "val", images, interval)


def result_of_ended(run: Run, own: Sequence[type[Layer]]) -> Result | None:
    """The result of a run that has ended; None for others."""
    try:
        record = load(run.model, own).record
    except BrickworkError:  # none yet, or a damaged one, which the best epoch's checkpoint replaces
        return None
    return result_of(run, record) if "seconds" in record else None


def result_of_stopped(work: Work, signal: int) -> Result:
    """What there is when a training has been asked to stop."""
    run = work.run
    if not work.epochs:
        return Result(run.path, None, None, work.seconds, stopped=signal, skipped=work.material.skipped)
    result = result_of(run, load(run.model, own_layers(work.loop.model.network)).record)
    return replace(result, seconds=work.seconds, stopped=signal, skipped=work.material.skipped)
