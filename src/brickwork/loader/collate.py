"""Collate: a batch's images read, transformed and stacked, here or in a worker, and the messages for it."""

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
    """Request for a batch: its samples, with what the sampler has drawn for each."""

    number: int  # in its epoch
    epoch: int
    samples: tuple[Sample, ...]


@dataclass(frozen=True, eq=False)
class LoadedBatch:
    """Batch as bytes, before it is on the device: the images that could be read, and faults for the others."""

    number: int
    images: Images  # N x H x W x C of the rows that could be read; the memory is used again for later batches
    rows: list[int]  # which rows these are
    faults: list[Fault]


class BatchReader(ABC):
    """Reader of batches, in this process or by workers: the batches are the same bits."""

    @abstractmethod
    def read(self, requests: Iterable[BatchRequest]) -> Iterator[LoadedBatch]:
        """The batches in the requests' order; the memory of one is used again once the next is asked for."""

    @abstractmethod
    def close(self) -> None:
        """End the worker processes, if there are any; the reader can be used no more."""


class InProcess(BatchReader):
    """Reader without workers: this process reads each batch when it is asked for."""

    def __init__(self, transform: ImageTransform, batch: int) -> None:
        self.transform = transform
        self.buffer = np.empty((batch, *image_shape(transform)), np.uint8)

    def read(self, requests: Iterable[BatchRequest]) -> Iterator[LoadedBatch]:
        for request in requests:
            rows, faults = collate(self.transform, request, self.buffer)
            yield LoadedBatch(request.number, self.buffer[: len(rows)], rows, faults)

    def close(self) -> None:
        """Does nothing: no worker process was started."""


def image_shape(transform: ImageTransform) -> tuple[int, int, int]:
    """Shape of one image in a batch of bytes: height, width, channels."""
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
