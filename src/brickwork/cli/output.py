"""What commands print: JSON for programs, text as wide as the terminal for people, news on standard error."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from shutil import get_terminal_size
from typing import TypeVar

import click

from brickwork.errors import BrickworkError

Command = TypeVar("Command", bound=Callable[..., None])


def json_option(command: Command) -> Command:
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON document and nothing else.")(command)


def print_json(document: object) -> None:
    print(json.dumps(document))


def notify(text: str) -> None:
    """News beside the result: on standard error, so that it never stands in a pipe."""
    print(text, file=sys.stderr)


def width() -> int:
    """Columns of the terminal, or of the variable COLUMNS; in a pipe or a file, room for whole rows."""
    return get_terminal_size(fallback=(120, 24)).columns


def count_of(number: int, noun: str) -> str:
    """A number with its noun: 1 image, 2,000 images."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def check_writable(path: Path) -> None:
    """Raises BrickworkError where a file's folder is missing, before anything is computed for that file."""
    if not path.parent.is_dir():
        raise BrickworkError(f"{path}: there is no folder {path.parent} to write it to: make it first.")
