"""The command line inside the test's own process, and what it answers."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import click

from brickwork.cli.shell import brickwork


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


def command(verb: str) -> click.Command:
    return brickwork.get_command(click.Context(brickwork), verb)


def parse(verb: str, *words: str) -> None:
    """Reads a command line as the shell does and runs nothing; raises where a word is wrong."""
    command(verb).make_context(verb, list(words))
