"""--nproc N: processes that compute the batches of an evaluation or a prediction."""

from collections.abc import Callable
from typing import TypeVar

import click

from brickwork.cli.output import notify
from brickwork.processes import sharing_notes

Command = TypeVar("Command", bound=Callable[..., None])

HELP = "Processes of one thread each; any number gives the same bits.  [default: this one, with all its threads]"


def nproc_option(command: Command) -> Command:
    """--nproc N, with a note where there are fewer cores; None where it is left out."""
    return click.option("--nproc", type=click.IntRange(min=1), metavar="N", help=HELP, callback=_note_sharing)(command)


def _note_sharing(context: click.Context, option: click.Parameter, nproc: int | None) -> int | None:
    for note in sharing_notes(nproc or 1):
        notify(note)
    return nproc
