"""Options about the memory of a training: --batch, --memory, --precision, --optimizer."""

import re
from collections.abc import Callable
from textwrap import wrap
from typing import TYPE_CHECKING, NamedTuple, TypeVar, get_args

import click

from brickwork.errors import BrickworkError
from brickwork.network.memory.memory import Memory, Optimizer, Precision, largest_batch, training_memory
from brickwork.network.memory.text import largest_text, memory_text

if TYPE_CHECKING:
    from brickwork.network import Network

Command = TypeVar("Command", bound=Callable[..., None])

SIZE = re.compile(r"(\d+(?:\.\d+)?) ?([kMGT]?)(i?)B", re.IGNORECASE)
MOST = 1e9  # of any unit
POWERS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}


class Asked(NamedTuple):
    """What is asked about a training's memory."""

    batch: int | None
    memory: int | None
    precision: Precision
    optimizer: Optimizer

    def answers(self, network: "Network") -> tuple[Memory | None, int | None]:
        """What the batch takes, and how many images the memory holds; None for what is not asked."""
        precision, optimizer = self.precision, self.optimizer
        needed = held = None
        if self.batch:
            needed = training_memory(network, self.batch, precision=precision, optimizer=optimizer)
        if self.memory is not None:
            held = largest_batch(network, self.memory, precision=precision, optimizer=optimizer)
        return needed, held


def size_of(text: str) -> int:
    """Bytes from "8GB", "512 MB" or "8GiB"; raises BrickworkError for anything else."""
    form = SIZE.fullmatch(text.strip())
    if not form or float(form[1]) >= MOST:
        raise BrickworkError(f"{text!r:.80} is no size of memory: write it as in 8GB, 512MB or 8GiB.")
    number, unit, binary = form.groups()
    return int(float(number) * (1024 if binary else 1000) ** POWERS[unit.lower()])


OPTIONS = (
    click.option("--batch", type=click.IntRange(1, 10**9), help="Memory of a training step on so many images."),
    click.option("--memory", metavar="SIZE", help="The largest batch that trains in it, as in 8GB."),
    click.option(
        "--precision", type=click.Choice(get_args(Precision)), default="fp32", help="Of --batch and --memory."
    ),
    click.option("--optimizer", type=click.Choice(get_args(Optimizer)), default="sgd", help="Of --batch and --memory."),
)


def answer_lines(asked: Asked, network: "Network", columns: int) -> list[str]:
    """The answers as sentences, folded to the columns."""
    needed, held = asked.answers(network)
    texts = [memory_text(needed, asked.precision, asked.optimizer)] if needed else []
    texts += [largest_text(asked.memory, held)] if asked.memory is not None and held is not None else []
    return [line for text in texts for line in wrap(text, columns)]


def answer_document(asked: Asked, network: "Network") -> dict[str, object]:
    """The answers as plain data for JSON."""
    needed, held = asked.answers(network)
    return {
        **(
            {"memory": {**needed.to_dict(), "precision": asked.precision, "optimizer": asked.optimizer}}
            if needed
            else {}
        ),
        **({"largest_batch": held} if held is not None else {}),
    }


def memory_options(command: Command) -> Command:
    for option in reversed(OPTIONS):
        command = option(command)
    return command
