"""A training as a person follows it: a bar on a terminal, otherwise a line an epoch."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from brickwork.cli.output import tell

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import ProgressColumn

    from brickwork.train.progress import Listen, Progress


@contextmanager
def followed() -> "Iterator[Listen]":
    """What `train` reports to, for as long as the training runs."""
    if sys.stderr.isatty():
        with bar() as shown:
            yield OnBar(shown)
    else:
        yield as_lines


def as_lines(news: "Progress") -> None:
    if news.kind != "step":
        tell(news.text)


def bar() -> "Bar":
    from rich.console import Console
    from rich.progress import Progress

    return Progress(*columns(), console=Console(stderr=True), transient=True)


def columns() -> "tuple[ProgressColumn, ...]":
    from rich.progress import BarColumn, TextColumn

    return TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[figures]}")


class OnBar:
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
    minutes, seconds = divmod(round(news.seconds_left), 60)
    return f"loss {news.loss:.3f}{accuracy}, {news.images_per_second:,.0f} images/s, {minutes}:{seconds:02} left"
