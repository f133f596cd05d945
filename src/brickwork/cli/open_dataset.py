"""The options by which every command takes a data set, and how it is opened."""

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import click

from brickwork.errors import BrickworkError

if TYPE_CHECKING:
    from brickwork.data.dataset import Dataset

Command = TypeVar("Command", bound=Callable[..., None])

SOURCE = "A folder of class folders, a manifest, .tar shards, hf:NAME ...: see docs/data.md."
GROUPS = "What stays together in one split: a pattern in the paths, as '(patient[0-9]+)_', or a manifest's column."


def data_options(default: str | None = None) -> Callable[[Command], Command]:
    """--data SOURCE and --groups PATTERN; without a default, --data must be given."""

    def added(command: Command) -> Command:
        groups = click.option("--groups", default="", metavar="PATTERN", help=GROUPS)
        data = (
            click.option("--data", metavar="SOURCE", required=True, help=SOURCE)
            if default is None
            else click.option("--data", metavar="SOURCE", default=default, show_default=True, help=SOURCE)
        )
        return data(groups(command))

    return added


def open_dataset(data: str, groups: str = "", *, seed: int = 0, classes: int | None = None) -> "Dataset":
    """The data set to train on; raises BrickworkError also where it has not so many classes."""
    from brickwork.data import open_data

    dataset = open_data(data, seed=seed, groups=groups)
    if classes not in (None, len(dataset.classes)):
        raise BrickworkError(f"{data} has {len(dataset.classes)} classes, not {classes}: {', '.join(dataset.classes)}.")
    return dataset
