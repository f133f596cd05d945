"""Workers: processes that read and transform batches ahead of the training."""

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
    """Worker: a process, the connection to it, and the batches in memory that it shares with this one."""

    process: BaseProcess
    connection: "Connection[Any, Any]"
    buffers: Images  # AHEAD x batch x H x W x C
    pending: int = 0  # answers that are still to come


class Workers(BatchReader):
    """Pool of workers, each a batch or two ahead; they take turns, so that batches come in the order of the requests.

    They are forked from a server that was begun afresh, or where there is none, spawned: never forked from this
    process, since neither torch's threads and a display's nor a CUDA context survive that.
    """

    def __init__(self, transform: ImageTransform, batch: int, count: int) -> None:
        self.batch = batch
        self.workers: list[Worker] = []
        self.closing = Finalize(self, end, (self.workers,), exitpriority=10)  # before daemons are waited for
        warm()
        sent = replace(transform, source=share_pixels(transform.source))
        try:
            for _ in range(count):
                self.workers.append(start_worker(sent, batch))
        except OSError as fault:
            self.close()
            words = fault.strerror or str(fault)
            raise BrickworkError(f"a process that reads images cannot be started: {words}. Lower workers.") from None

    def read(self, requests: Iterable[BatchRequest]) -> Iterator[LoadedBatch]:
        self.settle()
        free = deque((worker, slot) for slot in range(AHEAD) for worker in self.workers)
        busy: deque[tuple[Worker, int]] = deque()
        for request in requests:
            worker, slot = free.popleft()
            self.ask(worker, slot, request)
            busy.append((worker, slot))
            if not free:
                yield self.answer(*busy[0])
                free.append(busy.popleft())
        while busy:
            yield self.answer(*busy.popleft())

    def settle(self) -> None:
        """Drain the answers to requests of an epoch that was left in its middle."""
        for worker in self.workers:
            while worker.pending:
                self.hear(worker)

    def ask(self, worker: Worker, slot: int, request: BatchRequest) -> None:
        try:
            worker.connection.send((slot, request))
        except OSError:
            raise exit_error(worker.process) from None
        worker.pending += 1

    def answer(self, worker: Worker, slot: int) -> LoadedBatch:
        """The next batch of a worker, in the slot of its shared memory that was asked for."""
        number, rows, faults = self.hear(worker)
        return LoadedBatch(number, worker.buffers[slot, : len(rows)], rows, faults)

    def hear(self, worker: Worker) -> tuple[int, list[int], list[Fault]]:
        """Receive the next answer of a worker; raises BrickworkError as soon as any of them has ended."""
        ended = {other.process.sentinel: other.process for other in self.workers}
        for ready in wait([worker.connection, *ended]):
            if isinstance(ready, int):
                raise exit_error(ended[ready])
        try:
            message = worker.connection.recv()
        except (EOFError, OSError):
            raise exit_error(worker.process) from None
        worker.pending -= 1
        if isinstance(message, Trouble):
            raise BrickworkError(message.words) if message.mendable else RuntimeError(message.words)
        number, rows, faults = message
        return number, rows, faults

    def close(self) -> None:
        self.closing()


@dataclass(frozen=True)
class Trouble:
    """A worker's exception as text: not every exception can be pickled."""

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
    """The source with its pixels in shared memory, where they would otherwise be copied into every worker."""
    return SharedPack(source) if isinstance(source, Pack) and not source.path else source


def arena(size: int) -> Arena:
    """Shared memory that workers get as a handle; where it can be, outside /dev/shm, which is often small."""
    if not hasattr(os, "memfd_create"):
        return Arena(max(1, size))
    handle = os.memfd_create("brickwork")
    os.ftruncate(handle, max(1, size))
    memory = Arena(max(1, size), handle)
    Finalize(memory, os.close, (handle,))
    return memory


def buffers(memory: Arena, batch: int, transform: ImageTransform) -> Images:
    return np.frombuffer(memory.buffer, np.uint8).reshape(AHEAD, batch, *image_shape(transform))


def worker_count(recipe: Recipe, samples: int, device: torch.device) -> int:
    """Number of workers: as the recipe says, or as many as help beside the training.

    A GPU leaves all cores but one to them; the CPU, which trains itself, a quarter.
    """
    if recipe.workers >= 0:
        return recipe.workers
    if cores() == 1 or samples < FEW:
        return 0
    return min(MOST, cores() - 1 if device.type == "cuda" else max(1, cores() // 4))


def warm() -> None:
    """Start the fork server of the workers; it imports what they need while the training reads its images.

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


def start_worker(transform: ImageTransform, batch: int) -> Worker:
    context = multiprocessing.get_context("forkserver") if FORKS else multiprocessing.get_context("spawn")
    memory = arena(AHEAD * batch * int(np.prod(image_shape(transform))))
    ours, theirs = context.Pipe()
    process = context.Process(target=work, args=(theirs, transform, memory, batch), daemon=True)
    process.start()
    theirs.close()
    return Worker(process, ours, buffers(memory, batch, transform))


def work(connection: "Connection[Any, Any]", transform: ImageTransform, memory: Arena, batch: int) -> None:
    """Main loop of a worker: answers requests until its connection is closed, or the training's process is gone.

    A signal to the whole group is the training's to answer: it writes a checkpoint, then closes the connection.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    threading.Thread(target=leave_with_parent, daemon=True).start()
    torch.set_num_threads(1)
    slots = buffers(memory, batch, transform)
    while True:
        try:
            slot, request = connection.recv()
        except (EOFError, OSError):
            return
        connection.send(answer_request(transform, request, slots[slot]))


def answer_request(transform: ImageTransform, request: BatchRequest, buffer: Images) -> object:
    try:
        return request.number, *collate(transform, request, buffer)
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
    """The error that says which worker has ended, how, and what may help."""
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
    """End all workers: by closing their connections, and after `PATIENCE` by SIGKILL."""
    for worker in workers:
        worker.connection.close()
    for worker in workers:
        worker.process.join(PATIENCE)
        if worker.process.exitcode is None:
            worker.process.kill()
            worker.process.join()
    workers.clear()
