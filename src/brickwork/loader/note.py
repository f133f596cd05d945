"""Notes: sentences for a person, such as a loader gives while it reads."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Note:
    """A sentence for a person, such as which image was skipped and why."""

    text: str
    names: tuple[str, ...] = ()  # every name that the text counts, of which it lists the first few


Notify = Callable[[Note], None]


def ignore(note: Note) -> None:
    """Discard a note: what `notify` is where nobody listens."""
