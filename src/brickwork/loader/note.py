"""What a loader tells while it reads: sentences for a person."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Note:
    """A sentence for a person, such as which image was skipped and why."""

    text: str
    names: tuple[str, ...] = ()  # every name that the text counts, of which it lists the first few


Notify = Callable[[Note], None]


def ignore(note: Note) -> None:
    """Lets a note pass unheard."""
