"""Collate: images read one by one into a batch, in this process or in workers."""

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
    """Which samples a batch is to have."""

    number: int  # in its epoch
    epoch: int
    samples: tuple[Sample, ...]


@dataclass(frozen=True, eq=False)
class LoadedBatch:
    """A batch as it was read, before it goes to the device."""

    number: int
    images: Images  # N x H x W x C of the rows that could be read; the memory is used again for later batches
    rows: list[int]  # which rows these are
    faults: list[Fault]


class BatchReader(ABC):
    """Reads batches, here or in worker processes: they are the same."""

    @abstractmethod
    def read(self, requests: Iterable[BatchRequest]) -> Iterator[LoadedBatch]:
        """The batches in the requests' order; each is used up when the next is asked for."""

    @abstractmethod
    def close(self) -> None:
        """Ends the processes, if there are any."""


class InProcess(BatchReader):
    """Reads batches in this process, each when it is asked for."""

    def __init__(self, transform: ImageTransform, batch: int) -> None:
        self.transform = transform
        self.buffer = np.empty((batch, *image_shape(transform)), np.uint8)

    def read(self, requests: Iterable[BatchRequest]) -> Iterator[LoadedBatch]:
        for request in requests:
            rows, faults = collate(self.transform, request, self.buffer)
            yield LoadedBatch(request.number, self.buffer[: len(rows)], rows, faults)

    def close(self) -> None:
        """Nothing: no process was started."""


def image_shape(transform: ImageTransform) -> tuple[int, int, int]:
    """Height, width, channels."""
    channels, height, width = transform.preprocessing.shape
    return height, width, channels


def collate(transform: ImageTransform, request: BatchRequest, buffer: Images) -> tuple[list[int], list[Fault]]:
    """Reads a batch into memory, one image behind the other; one that cannot be read is left out, not replaced."""
    rows: list[int] = []
    faults: list[Fault] = []
    for row, sample in enumerate(request.samples):
        try:
            buffer[len(rows)] = transform.image(request.epoch, sample)
            rows.append(row)
        except Unreadable as error:
            faults.append((sample.number, error.reason))
    return rows, faults
