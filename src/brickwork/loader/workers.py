"""Processes that read images ahead of the training."""

import multiprocessing
import os
import signal
import threading
import traceback
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from multiprocessing.connection import Connection, wait
from multiprocessing.heap import Arena
from multiprocessing.process import BaseProcess
from multiprocessing.util import Finalize
from typing import Any

import numpy as np
import torch

from brickwork.data.cache.pack import NOTHING, Pack
from brickwork.data.dataset import Images
from brickwork.errors import BrickworkError
from brickwork.loader.collate import BatchReader, BatchRequest, Fault, LoadedBatch, collate, image_shape
from brickwork.loader.transforms import ImageTransform, Source
from brickwork.machine import cores
from brickwork.recipe.recipe import Recipe

FEW = 2000  # images an epoch that are read before other processes have begun
MOST = 8  # processes, unless more are asked for
AHEAD = 2  # batches that each process may have in hand
FORKS = "forkserver" in multiprocessing.get_all_start_methods()
KILLED = -9  # the exit code after SIGKILL
PATIENCE = 2.0  # seconds in which a process that is let go may end by itself


@dataclass(eq=False)
class Worker:
    """A process, the line to it, and the memory that it shares with this one."""

    process: BaseProcess
    connection: "Connection[Any, Any]"
    buffers: Images  # AHEAD x batch x H x W x C
    pending: int = 0  # answers that are still to come


class Workers(BatchReader):
    """Processes that are each a batch or two ahead; they take turns, so that the order is that of the tasks.

    They are forked from a server that was begun afresh, or where there is none, spawned: never forked from this
    process, since neither torch's threads and a display's nor a CUDA context survive that.
    """

    def __init__(self, single: ImageTransform, batch: int, count: int) -> None:
        self.batch = batch
        self.workers: list[Worker] = []
        self.closing = Finalize(self, end, (self.workers,), exitpriority=10)  # before daemons are waited for
        warm()
        sent = replace(single, source=share_pixels(single.source))
        try:
            for _ in range(count):
                self.workers.append(start_worker(sent, batch))
        except OSError as fault:
            self.close()
            words = fault.strerror or str(fault)
            raise BrickworkError(f"a process that reads images cannot be started: {words}. Lower workers.") from None

    def read(self, tasks: Iterable[BatchRequest]) -> Iterator[LoadedBatch]:
        self.settle()
        free = deque((worker, room) for room in range(AHEAD) for worker in self.workers)
        busy: deque[tuple[Worker, int]] = deque()
        for task in tasks:
            worker, room = free.popleft()
            self.ask(worker, room, task)
            busy.append((worker, room))
            if not free:
                yield self.answer(*busy[0])
                free.append(busy.popleft())
        while busy:
            yield self.answer(*busy.popleft())

    def settle(self) -> None:
        """Waits for what was asked in an epoch that was left in its middle."""
        for worker in self.workers:
            while worker.pending:
                self.hear(worker)

    def ask(self, worker: Worker, room: int, task: BatchRequest) -> None:
        try:
            worker.connection.send((room, task))
        except OSError:
            raise exit_error(worker.process) from None
        worker.pending += 1

    def answer(self, worker: Worker, room: int) -> LoadedBatch:
        """The next batch of a worker, in the memory that it was to be read into."""
        number, rows, faults = self.hear(worker)
        return LoadedBatch(number, worker.buffers[room, : len(rows)], rows, faults)

    def hear(self, worker: Worker) -> tuple[int, list[int], list[Fault]]:
        """What a worker says next; raises BrickworkError as soon as any of them has ended."""
        ended = {each.process.sentinel: each.process for each in self.workers}
        for ready in wait([worker.connection, *ended]):
            if isinstance(ready, int):
                raise exit_error(ended[ready])
        try:
            said = worker.connection.recv()
        except (EOFError, OSError):
            raise exit_error(worker.process) from None
        worker.pending -= 1
        if isinstance(said, Trouble):
            raise BrickworkError(said.words) if said.mendable else RuntimeError(said.words)
        heard: tuple[int, list[int], list[Fault]] = said
        return heard

    def close(self) -> None:
        self.closing()


@dataclass(frozen=True)
class Trouble:
    """What went wrong in a worker, in words: exceptions do not all travel."""

    words: str
    mendable: bool  # by a person


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
    made = Arena(max(1, size), handle)
    Finalize(made, os.close, (handle,))
    return made


def buffers(memory: Arena, batch: int, single: ImageTransform) -> Images:
    return np.frombuffer(memory.buffer, np.uint8).reshape(AHEAD, batch, *image_shape(single))


def worker_count(recipe: Recipe, samples: int, device: torch.device) -> int:
    """How many processes read images: as the recipe says, or as help beside the training.

    A GPU leaves all cores but one to them; the CPU, which trains itself, a quarter.
    """
    if recipe.workers >= 0:
        return recipe.workers
    if cores() == 1 or samples < FEW:
        return 0
    return min(MOST, cores() - 1 if device.type == "cuda" else max(1, cores() // 4))


def warm() -> None:
    """Begins the server that workers are forked from; it imports what they need while the training reads its images.

    Signals that are blocked here stay blocked there: those sent to the whole group are the training's to answer.
    """
    if not FORKS:
        return
    from multiprocessing import forkserver, resource_tracker  # not on Windows

    resource_tracker.ensure_running()  # which the server begins otherwise, and which lifts the block
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        forkserver.set_forkserver_preload([__name__, "torchvision.transforms.v2"])
        forkserver.ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def start_worker(single: ImageTransform, batch: int) -> Worker:
    context = multiprocessing.get_context("forkserver") if FORKS else multiprocessing.get_context("spawn")
    memory = arena(AHEAD * batch * int(np.prod(image_shape(single))))
    ours, theirs = context.Pipe()
    process = context.Process(target=work, args=(theirs, single, memory, batch), daemon=True)
    process.start()
    theirs.close()
    return Worker(process, ours, buffers(memory, batch, single))


def work(line: "Connection[Any, Any]", single: ImageTransform, memory: Arena, batch: int) -> None:
    """What a worker does until its line is closed, or the training's process is gone.

    A signal to the whole group is the training's to answer: it writes a checkpoint first, and then closes the line.
    """
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.SIG_IGN)
    threading.Thread(target=leave_with_parent, daemon=True).start()
    torch.set_num_threads(1)
    places = buffers(memory, batch, single)
    while True:
        try:
            room, task = line.recv()
        except (EOFError, OSError):
            return
        line.send(answer_request(single, task, places[room]))


def answer_request(single: ImageTransform, task: BatchRequest, room: Images) -> object:
    try:
        return task.number, *collate(single, task, room)
    except BrickworkError as error:
        return Trouble(str(error), mendable=True)
    except MemoryError:
        return Trouble("a process that reads images has not enough memory: lower workers or batch.", mendable=True)
    except Exception:
        return Trouble(f"in a process that reads images:\n{traceback.format_exc()}", mendable=False)


def leave_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent
    parent.join()
    os._exit(1)


def exit_error(process: BaseProcess) -> BrickworkError:
    """Which worker has ended, and what may help."""
    process.join(PATIENCE)
    code = process.exitcode
    who = f"process {process.pid}, which read images,"
    if code == KILLED:
        return BrickworkError(f"{who} was killed, perhaps for lack of memory: lower workers or batch.")
    if code is not None and code < 0:
        return BrickworkError(f"{who} was ended by {signal.Signals(-code).name}: lower workers.")
    return BrickworkError(
        f'{who} ended with exit code {code}: standard error says why. A script that trains does so under "if __name__ '
        f"== '__main__':\", as every process reads it; or set workers=0."
    )


def end(workers: list[Worker]) -> None:
    """Lets all go, and ends those that stay."""
    for worker in workers:
        worker.connection.close()
    for worker in workers:
        worker.process.join(PATIENCE)
        if worker.process.exitcode is None:
            worker.process.kill()
            worker.process.join()
    workers.clear()
