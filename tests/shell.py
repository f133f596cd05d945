"""The command line inside the test's own process, and what it answers."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Answer:
    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """Standard output as one JSON document; fails where it is anything else."""
        return json.loads(self.out)


Ask = Callable[..., Answer]  # ask("show", "vgg11") types `brickwork show vgg11`
