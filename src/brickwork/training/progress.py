"""What a training tells while it runs, and what it has come to."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from brickwork.data.dataset import Skipped
from brickwork.loader.note import Note


@dataclass(frozen=True)
class Progress:
    """News of a training: a step that was taken, an epoch that ended, or a sentence."""

    kind: Literal["step", "epoch", "note"]
    text: str  # the news as one line
    epoch: int = 0  # counted from 1
    epochs: int = 0
    step: int = 0  # steps taken in this epoch
    steps: int = 0  # of an epoch
    loss: float = 0.0  # on the training images: of this step, or the mean of the epoch
    accuracy: float | None = None  # on the validation images, when an epoch has ended
    images_per_second: float = 0.0  # in this epoch
    seconds_left: float = 0.0  # until the last epoch ends
    names: tuple[str, ...] = ()  # all that the text counts and names but the first of


News = Progress | Note
Listen = Callable[[Any], None]  # of News


@dataclass(frozen=True)
class Result:
    """A training that has ended, or has been stopped."""

    run: Path  # the run folder
    model: Path | None  # the model file, of the best epoch; None where it was stopped in the first
    accuracy: float | None  # of that model on `split`
    seconds: float  # of work since the first step, pauses not counted
    split: str = "test"  # "val" where the data has no test split, and where the training was stopped
    images: int = 0  # of the split, that were scored
    interval: tuple[float, float] | None = None  # in which the accuracy on endlessly many images lies, at 95 %
    skipped: tuple[Skipped, ...] = ()  # images that could not be read
    stopped: int = 0  # the signal by which it was stopped
