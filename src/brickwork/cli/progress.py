"""A training as a person follows it: a bar on a terminal, otherwise a line an epoch."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING

from brickwork.cli.output import notify

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import ProgressColumn

    from brickwork.training.progress import Listen, Progress


PAUSE = 30.0  # seconds without a line


@contextmanager
def training_progress() -> "Iterator[Listen]":
    """What `train` reports to, for as long as the training runs."""
    if sys.stderr.isatty():
        with bar() as shown:
            yield BarListener(shown)
    else:
        yield LineListener()


class LineListener:
    """A line for every note and epoch; within a long epoch, one every half a minute."""

    def __init__(self) -> None:
        self.told = monotonic()

    def __call__(self, news: "Progress") -> None:
        if news.kind == "step" and monotonic() - self.told < PAUSE:
            return
        self.told = monotonic()
        notify(f"{news.text}, {time_left(news)} left" if news.kind == "step" else news.text)


def bar() -> "Bar":
    from rich.console import Console
    from rich.progress import Progress

    return Progress(*columns(), console=Console(stderr=True), transient=True)


def columns() -> "tuple[ProgressColumn, ...]":
    from rich.progress import BarColumn, TextColumn

    return TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[figures]}")


class BarListener:
    """The bar runs once over all epochs; notes and the line of an epoch that has ended stand above it."""

    def __init__(self, bar: "Bar") -> None:
        self.bar = bar
        self.task = bar.add_task("reading images", total=None, figures="")
        self.accuracy = ""

    def __call__(self, news: "Progress") -> None:
        if news.kind != "step":
            self.bar.console.print(news.text, highlight=False, markup=False)
        if news.kind == "note":
            return
        if news.accuracy is not None:
            self.accuracy = f", accuracy {news.accuracy:.1%}"
        self.bar.update(
            self.task,
            description=f"epoch {news.epoch} of {news.epochs}",
            total=news.epochs * news.steps,
            completed=(news.epoch - 1) * news.steps + news.step,
            figures=figures(news, self.accuracy),
        )


def figures(news: "Progress", accuracy: str) -> str:
    return f"loss {news.loss:.3f}{accuracy}, {news.images_per_second:,.0f} images/s, {time_left(news)} left"


def time_left(news: "Progress") -> str:
    """The time that is left: 4:05, or 1:04:05."""
    minutes, seconds = divmod(round(news.seconds_left), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
