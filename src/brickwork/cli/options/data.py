"""--data and --groups: the options by which every command takes a dataset."""

from collections.abc import Callable
from typing import TypeVar

import click

from brickwork.cli.paths import WORD

Command = TypeVar("Command", bound=Callable[..., None])

SOURCE = "A folder of class folders, a manifest, .tar shards, hf:NAME ...: see docs/data.md."
GROUPS = "What stays together in one split: a pattern in the paths, as '(patient[0-9]+)_', or a manifest's column."


def data_options(default: str | None = None) -> Callable[[Command], Command]:
    """--data SOURCE and --groups PATTERN; without a default, --data must be given."""

    def added(command: Command) -> Command:
        groups = click.option("--groups", default="", metavar="PATTERN", help=GROUPS)
        data = (
            click.option("--data", metavar="SOURCE", type=WORD, required=True, help=SOURCE)
            if default is None
            else click.option("--data", metavar="SOURCE", type=WORD, default=default, show_default=True, help=SOURCE)
        )
        return data(groups(command))

    return added
