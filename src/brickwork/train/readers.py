"""Reading images batch by batch: what is asked, what comes back, and how it is made."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from brickwork.data.dataset import Images
from brickwork.data.decode import Unreadable
from brickwork.train.single import Row, Single

Fault = tuple[int, str]  # a sample that cannot be read, and why


@dataclass(frozen=True)
class Task:
    """A batch that is to be read."""

    number: int  # in its epoch
    epoch: int
    rows: tuple[Row, ...]


@dataclass(frozen=True, eq=False)
class Filled:
    """A batch that has been read."""

    number: int
    images: Images  # N x H x W x C of the rows that could be read; the memory is used again for later batches
    rows: list[int]  # which rows these are
    faults: list[Fault]


class Readers(ABC):
    """Whoever reads images: the batches are the same."""

    @abstractmethod
    def read(self, tasks: Iterable[Task]) -> Iterator[Filled]:
        """The batches in the tasks' order; each is used up when the next is asked for."""

    @abstractmethod
    def close(self) -> None:
        """Ends the processes, if there are any."""


class Here(Readers):
    """This process, which reads when it is asked."""

    def __init__(self, single: Single, batch: int) -> None:
        self.single = single
        self.room = np.empty((batch, *shape(single)), np.uint8)

    def read(self, tasks: Iterable[Task]) -> Iterator[Filled]:
        for task in tasks:
            rows, faults = fill(self.single, task, self.room)
            yield Filled(task.number, self.room[: len(rows)], rows, faults)

    def close(self) -> None:
        """There are none."""


def shape(single: Single) -> tuple[int, int, int]:
    """Height, width, channels."""
    channels, height, width = single.preprocessing.shape
    return height, width, channels


def fill(single: Single, task: Task, room: Images) -> tuple[list[int], list[Fault]]:
    """Reads a batch into memory, one image behind the other; one that cannot be read is left out, not replaced."""
    rows: list[int] = []
    faults: list[Fault] = []
    for number, row in enumerate(task.rows):
        try:
            room[len(rows)] = single.image(task.epoch, row)
            rows.append(number)
        except Unreadable as error:
            faults.append((row.sample, error.reason))
    return rows, faults
