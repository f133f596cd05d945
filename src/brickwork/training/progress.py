"""A training's progress on a terminal or in a notebook: a bar over all epochs, with notes and epochs above it."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from brickwork.data.names import printable
from brickwork.training.events import EpochEnd, Event, Listener, Step, clock, silent

if TYPE_CHECKING:
    from rich.progress import Progress, ProgressColumn

COMMAND = "brickwork "  # how a line begins that is there to be typed


@contextmanager
def shown(progress: bool, listener: Listener | None) -> Iterator[Listener]:
    """The listener that hears a training: the given one; or the bar, where there is somewhere to show it."""
    if listener is not None or not progress or not is_interactive():
        yield listener if listener is not None else silent
        return
    bar = make_bar()
    bar.start()
    try:
        yield BarListener(bar)
    finally:
        with suppress(OSError):  # a terminal that was closed shows nothing any more
            bar.stop()


def is_interactive() -> bool:
    """Whether a bar can be drawn: on a terminal, or in a notebook."""
    module = sys.modules.get("IPython")
    notebook = module is not None and type(module.get_ipython()).__name__ == "ZMQInteractiveShell"
    return notebook or sys.stderr.isatty()


def make_bar() -> "Progress":
    from rich.console import Console
    from rich.progress import Progress

    return Progress(*columns(), console=Console(stderr=True), transient=True)


def columns() -> "tuple[ProgressColumn, ...]":
    from rich.progress import BarColumn, TextColumn

    return TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[figures]}")


class BarListener:
    """The bar runs once over all epochs; notes and the line of an epoch that has ended stand above it."""

    def __init__(self, bar: "Progress") -> None:
        self.bar = bar
        self.task = bar.add_task("reading images", total=None, figures="")
        self.accuracy = ""

    def __call__(self, event: Event) -> None:
        if isinstance(event, Step):
            self.show(event)
            return
        with suppress(OSError):
            self.write(printable(event.text))
        if isinstance(event, EpochEnd):
            self.accuracy = f", accuracy {event.metrics.val_accuracy:.1%}"

    def write(self, text: str) -> None:
        """Writes a line above the bar; a command in it is a line of its own without breaks, for it to be copied."""
        words, colon, command = text.partition(f": {COMMAND}")
        self.bar.console.print(words + colon.removesuffix(f" {COMMAND}"), highlight=False, markup=False)
        if colon:
            self.bar.console.print(f"  {COMMAND}{command}", highlight=False, markup=False, soft_wrap=True)

    def show(self, step: Step) -> None:
        speed = f"{step.images_per_second:,.0f} images/s, {clock(step.seconds_left)} left"
        self.bar.update(
            self.task,
            description=f"epoch {step.epoch} of {step.epochs}",
            total=step.epochs * step.steps,
            completed=(step.epoch - 1) * step.steps + step.step,
            figures=f"loss {step.loss:.3f}{self.accuracy}, {speed}",
        )
