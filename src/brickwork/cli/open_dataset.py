"""--data and --groups: the options by which every command takes a dataset, and how it is opened."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

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


def open_as_divided(data: str, groups: str, record: Mapping[str, Any]) -> "Dataset":
    """Open the dataset to score a model on, split as for its training, which `record` tells of.

    The seed that split it then keeps its test images apart, and so do its groups where the data has the same name.
    """
    from brickwork.data import open_data

    seed, known = record.get("seed"), record.get("groups")
    seed = seed if isinstance(seed, int) else 0
    dataset = open_data(data, seed=seed, groups=groups, training=False)
    if groups or not known or not isinstance(known, str) or record.get("data") != dataset.name:
        return dataset
    try:
        return open_data(data, seed=seed, groups=known, training=False)
    except BrickworkError as error:
        return replace(dataset, notes=(*dataset.notes, f"Not grouped as for the training: {error}"))
