"""Events of a training, as a listener gets them one by one."""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from brickwork.loader.note import Note
from brickwork.machine import cores
from brickwork.recipe.recipe import Recipe
from brickwork.training.run.folder import Epoch

MUCH = 0.2  # the share of an epoch's time from which on it is worth a word
LONG = 60.0  # seconds of an epoch from which on it is worth one, too
LOGGER = logging.getLogger("brickwork")
LOGGER.addHandler(logging.NullHandler())  # whoever wants the notes configures logging


@dataclass(frozen=True)
class Step:
    """Event: a training step was taken."""

    epoch: int  # counted from 1
    epochs: int
    step: int  # steps taken in this epoch
    steps: int  # of an epoch
    loss: float  # of this step's batch, before the step
    images_per_second: float  # in this epoch
    seconds_left: float  # until the last epoch ends

    @property
    def text(self) -> str:
        done = f"epoch {self.epoch}, step {self.step} of {self.steps}"
        speed = f"{self.images_per_second:,.0f} images/s, {clock(self.seconds_left)} left"
        return f"{done}: loss {self.loss:.3f}, {speed}"


@dataclass(frozen=True)
class EpochEnd:
    """Event: an epoch was trained and validated; its line of metrics is `metrics`."""

    metrics: Epoch
    epochs: int
    steps: int  # of an epoch
    seconds_left: float  # until the last epoch ends

    @property
    def text(self) -> str:
        epoch = self.metrics
        return (
            f"epoch {epoch.epoch} of {self.epochs}: loss {epoch.loss:.3f}, val accuracy {epoch.val_accuracy:.2%}, "
            f"{epoch.images_per_second:,.0f} images/s, {self.exchange}{clock(self.seconds_left)} left"
        )

    @property
    def exchange(self) -> str:
        share = self.metrics.synchronising
        return f"{share:.0%} synchronising, " if share else ""


Event = Note | Step | EpochEnd
Listener = Callable[[Event], None]


def clock(seconds: float) -> str:
    """A time as a clock shows it: 4:05, or 1:04:05."""
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def speed_advice(epoch: Epoch, seconds: float, recipe: Recipe, kept: bool) -> str:
    """The one change that would help, where much of a long epoch did not go into its steps; "" where none would.

    `seconds` is how long the epoch took; `kept` says that its decoded images are in memory or on the disk already.
    """
    if seconds < LONG:
        return ""
    if epoch.waiting > MUCH and (ways := reading_advice(recipe, kept)):
        return f"{epoch.waiting:.0%} of the epoch's time was waiting for images: {ways} would help"
    if epoch.validating > MUCH:
        return f"{epoch.validating:.0%} of the epoch's time was validation: fewer images to validate with would help"
    return ""


def reading_advice(recipe: Recipe, kept: bool) -> str:
    """What would have images come faster: what the recipe does not do already."""
    few = 0 <= recipe.workers < cores()
    return " or ".join([*(["more --workers"] if few else []), *([] if kept else ["--cache always"])])


def with_logging(listener: Listener) -> Listener:
    """The same listener, with every note in the log "brickwork", too."""

    def listen(event: Event) -> None:
        if isinstance(event, Note):
            LOGGER.info(event.text)
        listener(event)

    return listen


def silent(event: Event) -> None:
    """The listener that shows nothing."""
