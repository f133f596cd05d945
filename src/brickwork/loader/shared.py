"""Memory that worker processes share with the training: images to read from, and buffers to read into."""

import os
from dataclasses import replace
from functools import cached_property
from multiprocessing.heap import Arena
from multiprocessing.util import Finalize

import numpy as np

from brickwork.data.cache.pack import NOTHING, Pack
from brickwork.data.dataset import Images
from brickwork.loader.transforms import Source

AHEAD = 2  # batches that each worker may have in hand


class SharedPack:
    """A pack whose pixels lie in memory that processes share."""

    def __init__(self, pack: Pack) -> None:
        self.arena = arena(pack.pixels.size)
        self.rest = replace(pack, pixels=NOTHING)
        np.frombuffer(self.arena.buffer, np.uint8)[: pack.pixels.size] = pack.pixels

    @cached_property
    def pack(self) -> Pack:
        return replace(self.rest, pixels=np.frombuffer(self.arena.buffer, np.uint8))

    def image(self, i: int) -> Images:
        return self.pack.image(i)


def share_pixels(source: Source) -> Source:
    """The images, with pixels that would be copied into every process in memory that they share."""
    return SharedPack(source) if isinstance(source, Pack) and not source.path else source


def arena(size: int) -> Arena:
    """Memory that is sent to other processes as a handle; where it can be, outside /dev/shm, which is often small."""
    if not hasattr(os, "memfd_create"):
        return Arena(max(1, size))
    handle = os.memfd_create("brickwork")
    os.ftruncate(handle, max(1, size))
    memory = Arena(max(1, size), handle)
    Finalize(memory, os.close, (handle,))
    return memory


def shared_buffers(memory: Arena, batch: int, shape: tuple[int, int, int]) -> Images:
    """A worker's buffers: AHEAD x batch x height x width x channels."""
    return np.frombuffer(memory.buffer, np.uint8).reshape(AHEAD, batch, *shape)
