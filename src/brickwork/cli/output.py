"""What commands print: JSON for programs, text as wide as the terminal for people, news on standard error."""

import json
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from math import isfinite
from pathlib import Path
from shutil import get_terminal_size
from typing import TypeVar

import click

from brickwork.documents import escape_controls
from brickwork.errors import BrickworkError, mask_credentials

BEGINNING = 1 << 16  # bytes in which the mark of a file's kind stands

Command = TypeVar("Command", bound=Callable[..., None])


def json_option(command: Command) -> Command:
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON document and nothing else.")(command)


def print_json(document: object) -> None:
    print(json_text(document))


def say(*texts: str) -> None:
    """Print a result for a person to read, on standard output."""
    print(*map(escape_controls, texts), sep="\n")


def notify(text: str) -> None:
    """News beside the result: on standard error, so that it never stands in a pipe; lost where that is gone.

    Credentials in an address are masked.
    """
    with suppress(OSError):  # as where its terminal was closed: a training writes its checkpoint none the less
        print(escape_controls(mask_credentials(text)), file=sys.stderr)


def say_painted(text: str, paint: Callable[[str], str]) -> None:
    """Print a result as `say` does, in colours on a terminal: they come after what names hold has been escaped."""
    print(paint(escape_controls(text)) if sys.stdout.isatty() else escape_controls(text))


def json_text(document: object) -> str:
    """A document as JSON, which has no NaN and no infinity: null is in their place."""
    return json.dumps(finite(document), allow_nan=False)


def finite(value: object) -> object:
    """The same value, with None for each number in it that is none."""
    match value:
        case float():
            return value if isfinite(value) else None
        case Mapping():
            return {name: finite(part) for name, part in value.items()}
        case list() | tuple():
            return [finite(part) for part in value]
    return value


def silence_stdout() -> None:
    """Lets what is still to be printed go nowhere, where nobody reads on."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def width() -> int:
    """Columns of the terminal, or of the variable COLUMNS; in a pipe or a file, room for whole rows."""
    return get_terminal_size(fallback=(120, 24)).columns


def count_of(number: int, noun: str) -> str:
    """A number with its noun: 1 image, 2,000 images."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def check_output(path: Path, kinds: Mapping[str, bytes], reads: Iterable[str | Path]) -> None:
    """Check that a file can be written, before anything is computed for it; raises BrickworkError where it cannot.

    `kinds` are the endings that can be written, each with what such a file of ours has near its beginning: a file of
    another kind is not written over, nor what the command `reads`.
    """
    if path.suffix.lower() not in kinds:
        raise BrickworkError(f"{path}: what is written here has a name that ends in {' or '.join(kinds)}.")
    if not path.parent.is_dir():
        raise BrickworkError(f"{path}: there is no folder {path.parent} to write it to: make it first.")
    if any(is_same(path, read) for read in reads):
        raise BrickworkError(f"{path} is what this command reads, and is not written over: name another file.")
    if path.exists() and not (path.is_file() and is_ours(path, kinds[path.suffix.lower()])):
        raise BrickworkError(f"{path} is there already, and did not come from this command: name another file.")


def is_same(path: Path, other: str | Path) -> bool:
    """Whether two paths lead to one file that is there, be it by links."""
    try:
        return os.path.samefile(path, os.path.expanduser(other))
    except (OSError, ValueError):
        return False


def is_ours(path: Path, mark: bytes) -> bool:
    """Whether a file is empty, or has a mark near its beginning."""
    try:
        with path.open("rb") as file:
            start = file.read(BEGINNING)
    except OSError as fault:
        raise BrickworkError(f"{path} cannot be read, nor written over: {fault.strerror}.") from None
    return not start or mark in start
