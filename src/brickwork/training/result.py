"""Result of a training: run folder, model file, accuracy with its interval."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from brickwork.data.dataset import Skipped
from brickwork.errors import BrickworkError
from brickwork.model import load
from brickwork.network import Layer
from brickwork.training.events import clock
from brickwork.training.run.folder import Run
from brickwork.validate import validate_fields


@dataclass(frozen=True)
class Result:
    """Result of a training that has ended, or was stopped by a signal."""

    run: Path  # the run folder
    model: Path | None  # the model file, of the best epoch; None where it was stopped in the first
    accuracy: float | None  # of that model on `split`
    seconds: float  # of training since the first step, pauses not counted
    split: str = "test"  # "val" where the data has no test split, and where the training was stopped
    images: int = 0  # of the split, that were scored
    interval: tuple[float, float] | None = None  # the 95 % confidence interval of the accuracy
    majority: float | None = None  # the most frequent class's share of these images: what a constant answer scores
    skipped: tuple[Skipped, ...] = ()  # images that could not be read
    stopped: int = 0  # the signal by which it was stopped
    rank: int = 0  # of the process, where several trained; 0 leads, and it alone tests the model
    step: int = 0  # the last that was taken, of one that was stopped; its checkpoint is written

    def __repr__(self) -> str:
        if self.rank:
            return f"Result(process {self.rank}, which does not test, {self.run})"
        if self.accuracy is None:
            return f"Result(stopped by signal {self.stopped} in its first epoch, {self.run})"
        ends = f" ({self.interval[0]:.2%} to {self.interval[1]:.2%})" if self.interval else ""
        stop = f", stopped by signal {self.stopped}" if self.stopped else ""
        return f"Result({self.split} accuracy {self.accuracy:.2%}{ends}{stop}, {clock(self.seconds)}, {self.model})"


def result_from(run: Run, record: dict[str, Any]) -> Result:
    """The result of a training, from its model file's record; `seconds` is there when it has ended.

    Raises BrickworkError where the record is not what a training writes.
    """
    try:
        test = record.get("test")
        accuracy = test["accuracy"] if test else record["best"]["val_accuracy"]
        images = test["images"] if test else record["images"]["val"]
        seconds = record.get("seconds", record["best"]["seconds"])
        interval = tuple(test["interval"]) if test else None
        majority = record.get("majority")  # of the same images; absent from older files
        result = Result(run.path, run.model, accuracy, seconds, "test" if test else "val", images, interval, majority)
        validate_fields(result)
    except (BrickworkError, KeyError, TypeError, AttributeError) as fault:
        text = f"the record in {run.model} is damaged: {type(fault).__name__} {fault}: begin a new run."
        raise BrickworkError(text) from None
    return result


def ended_result(run: Run, own: Sequence[type[Layer]] = ()) -> Result | None:
    """The result of a run that has ended; None for others."""
    try:
        record = load(run.model, own).record
    except BrickworkError:  # none yet, or a damaged one, which the best epoch's checkpoint replaces
        return None
    return result_from(run, record) if "seconds" in record else None
