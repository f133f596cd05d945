"""What a loader tells while it reads: sentences for a person."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True)
class Note:
    """A sentence for a person, such as which image was skipped and why."""

    text: str
    names: tuple[str, ...] = ()  # every name that the text counts, of which it lists the first few
    kind: ClassVar[str] = "note"


Notify = Callable[[Note], None]
