"""A training as a person follows it at the command line: a bar on a terminal, otherwise a line an epoch."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING

from brickwork.cli.output import notify

if TYPE_CHECKING:
    from brickwork.training.events import Event, Listener

PAUSE = 30.0  # seconds without a line


@contextmanager
def training_progress() -> "Iterator[Listener]":
    """The listener of a training, for as long as it runs."""
    from brickwork.training.progress import is_interactive, shown

    with shown(progress=True, listener=None if is_interactive() else LineListener()) as listener:
        yield listener


class LineListener:
    """A line for every note and epoch; within a long epoch, one every half a minute."""

    def __init__(self) -> None:
        self.last = monotonic()

    def __call__(self, event: "Event") -> None:
        from brickwork.training.events import Step

        if isinstance(event, Step) and monotonic() - self.last < PAUSE:
            return
        self.last = monotonic()
        notify(event.text)
