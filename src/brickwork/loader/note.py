"""Notes: sentences for a person, such as a loader gives while it reads."""

from collections.abc import Callable
from dataclasses import dataclass

from brickwork.errors import mask_credentials


@dataclass(frozen=True)
class Note:
    """A sentence for a person, such as which image was skipped and why; credentials in it are masked."""

    text: str
    names: tuple[str, ...] = ()  # every name that the text counts, of which it lists the first few

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", mask_credentials(self.text))
        object.__setattr__(self, "names", tuple(map(mask_credentials, self.names)))


Notify = Callable[[Note], None]


def ignore(note: Note) -> None:
    """Discard a note: what `notify` is where nobody listens."""
