"""Events of a training, as a listener gets them one by one."""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from brickwork.loader.note import Note
from brickwork.training.run.folder import Epoch

MUCH = 0.2  # the share of an epoch's time from which on it is worth a word
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
        return f"{done}: loss {self.loss:.3f}, {self.images_per_second:,.0f} images/s"


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
            f"epoch {epoch.epoch} of {self.epochs}: loss {epoch.loss:.3f}, "
            f"validation accuracy {epoch.val_accuracy:.2%}, {epoch.images_per_second:,.0f} images/s "
            f"({time_shares(epoch)}), {self.seconds_left:.0f} s left{speed_advice(epoch)}"
        )


Event = Note | Step | EpochEnd
Listener = Callable[[Event], None]


def time_shares(epoch: Epoch) -> str:
    """Shares of an epoch's time, as text: computing is what is neither waiting for data nor validating."""
    computing = 1 - epoch.waiting - epoch.validating
    return f"{computing:.0%} computing, {epoch.waiting:.0%} waiting, {epoch.validating:.0%} validating"


def speed_advice(epoch: Epoch) -> str:
    """The one change that would help, where much of an epoch's time did not go into its steps."""
    if epoch.waiting > MUCH:
        return "; waiting for images: more workers or cache=always would help"
    if epoch.validating > MUCH:
        return "; fewer images to validate with would help"
    return ""


def with_logging(listener: Listener) -> Listener:
    """The same listener, with every note in the log "brickwork", too."""

    def listen(event: Event) -> None:
        if isinstance(event, Note):
            LOGGER.info(event.text)
        listener(event)

    return listen


def silent(event: Event) -> None:
    """The listener that shows nothing."""
