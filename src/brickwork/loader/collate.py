"""Reading images batch by batch: what is asked, what comes back, and how it is made."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from brickwork.data.dataset import Images
from brickwork.data.images.decode import Unreadable
from brickwork.loader.transforms import ImageTransform, Sample

Fault = tuple[int, str]  # a sample that cannot be read, and why


@dataclass(frozen=True)
class BatchRequest:
    """A batch that is to be read."""

    number: int  # in its epoch
    epoch: int
    rows: tuple[Sample, ...]


@dataclass(frozen=True, eq=False)
class LoadedBatch:
    """A batch that has been read."""

    number: int
    images: Images  # N x H x W x C of the rows that could be read; the memory is used again for later batches
    rows: list[int]  # which rows these are
    faults: list[Fault]


class BatchReader(ABC):
    """Whoever reads images: the batches are the same."""

    @abstractmethod
    def read(self, tasks: Iterable[BatchRequest]) -> Iterator[LoadedBatch]:
        """The batches in the tasks' order; each is used up when the next is asked for."""

    @abstractmethod
    def close(self) -> None:
        """Ends the processes, if there are any."""


class InProcess(BatchReader):
    """This process, which reads when it is asked."""

    def __init__(self, single: ImageTransform, batch: int) -> None:
        self.single = single
        self.room = np.empty((batch, *image_shape(single)), np.uint8)

    def read(self, tasks: Iterable[BatchRequest]) -> Iterator[LoadedBatch]:
        for task in tasks:
            rows, faults = collate(self.single, task, self.room)
            yield LoadedBatch(task.number, self.room[: len(rows)], rows, faults)

    def close(self) -> None:
        """There are none."""


def image_shape(single: ImageTransform) -> tuple[int, int, int]:
    """Height, width, channels."""
    channels, height, width = single.preprocessing.shape
    return height, width, channels


def collate(single: ImageTransform, task: BatchRequest, room: Images) -> tuple[list[int], list[Fault]]:
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
