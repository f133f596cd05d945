"""Images that a command line names: paths as they are typed, and those of lists, which are read as they are needed."""

import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, BinaryIO

import click

from brickwork.errors import BrickworkError

if TYPE_CHECKING:
    from brickwork.runtime.inputs import NamedImage


@dataclass(frozen=True)
class ImageWords:
    """The words that name images, from the command line and from lists; they can be gone through several times."""

    typed: tuple[str, ...]  # "-" stands for the list on standard input
    listing: str | None  # the path of a list, or "-"
    stdin: BinaryIO | None  # what standard input held

    def __iter__(self) -> Iterator[str]:
        for word in self.typed:
            yield from self.listed(word) if word == "-" else [word]
        if self.listing:
            yield from self.listed(self.listing)

    def listed(self, name: str) -> Iterator[str]:
        """The paths in a list."""
        from brickwork.runtime.inputs import iter_paths

        if name != "-":
            with open(name, "rb") as file:
                yield from iter_paths(file)
        elif self.stdin:
            self.stdin.seek(0)
            yield from iter_paths(self.stdin)

    def images(self, start: int = 0) -> "Iterator[NamedImage]":
        """The images that the words name, found as they are asked for, from one of them on."""
        from brickwork.runtime.inputs import iter_images

        return islice(iter_images(self), start, None)


def image_words(typed: tuple[str, ...], listing: str | None) -> ImageWords:
    """The words of a command line; raises BrickworkError where a list names nothing."""
    if not typed and not listing:
        raise click.UsageError(
            "Missing argument 'IMAGE...', or a list of them with --list.", click.get_current_context()
        )
    words = ImageWords(typed, listing, copy_stdin() if "-" in (*typed, listing) else None)
    if next(iter(words), None) is None:
        raise BrickworkError(f"{listing or 'standard input'}: the list names no image.")
    return words


def copy_stdin() -> BinaryIO:
    """What standard input holds, in a file without a name: it can be read again, and takes no memory."""
    file = TemporaryFile()  # noqa: SIM115
    click.get_current_context().call_on_close(file.close)
    shutil.copyfileobj(sys.stdin.buffer, file)
    return file
