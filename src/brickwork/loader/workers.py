"""Workers: processes that read and transform batches ahead of the training."""

import multiprocessing
import os
import signal
import threading
import traceback
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection, wait
from multiprocessing.heap import Arena
from multiprocessing.process import BaseProcess
from multiprocessing.util import Finalize
from typing import Any

import numpy as np
import torch

from brickwork.data.dataset import Images
from brickwork.errors import BrickworkError
from brickwork.loader.collate import BatchReader, BatchRequest, Fault, LoadedBatch, collate, image_shape
from brickwork.loader.shared import AHEAD, arena, share_pixels, shared_buffers
from brickwork.loader.transforms import ImageTransform
from brickwork.machine import cores
from brickwork.recipe.recipe import Recipe

FEW = 2000  # images an epoch that are read before other processes have begun
MOST = 8  # processes, unless more are asked for
FORKS = "forkserver" in multiprocessing.get_all_start_methods()
SAFE_PATH = "PYTHONSAFEPATH"  # what -P is at the command line
KILLED = -9  # the exit code after SIGKILL
PATIENCE = 2.0  # seconds in which a process that is let go may end by itself


@dataclass(eq=False)
class Worker:
    """A worker process, the connection to it, and the buffers that it shares with this process."""

    process: BaseProcess
    connection: "Connection[Any, Any]"
    buffers: Images  # AHEAD x batch x H x W x C
    pending: int = 0  # requests that are not answered yet


class Workers(BatchReader):
    """Worker processes that are each a batch or two ahead; they take turns, so that batches keep their order.

    They are forked from a server that was begun afresh, or where there is none, spawned: never forked from this
    process, since neither torch's threads and a display's nor a CUDA context survive that. Torch's DataLoader was
    tried in their place (benchmarks/dataloader.py): the same bits at 0.64 to 0.96 of the speed; a killed worker was
    noticed after 5.2 s, not 0.07, and workers outlived a killed training.
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
            self.send(worker, slot, request)
            busy.append((worker, slot))
            if not free:
                yield self.load(*busy[0])
                free.append(busy.popleft())
        while busy:
            yield self.load(*busy.popleft())

    def settle(self) -> None:
        """Waits for what was requested in an epoch that was left in its middle."""
        for worker in self.workers:
            while worker.pending:
                self.receive(worker)

    def send(self, worker: Worker, slot: int, request: BatchRequest) -> None:
        """Has a worker read a batch into one of its buffers."""
        try:
            worker.connection.send((slot, request))
        except OSError:
            raise exit_error(worker.process) from None
        worker.pending += 1

    def load(self, worker: Worker, slot: int) -> LoadedBatch:
        """A worker's next batch, in the buffer that it was to be read into."""
        number, rows, faults = self.receive(worker)
        return LoadedBatch(number, worker.buffers[slot, : len(rows)], rows, faults)

    def receive(self, worker: Worker) -> tuple[int, list[int], list[Fault]]:
        """A worker's next answer; raises BrickworkError as soon as any worker has ended."""
        sentinels = {other.process.sentinel: other.process for other in self.workers}
        for ready in wait([worker.connection, *sentinels]):
            if isinstance(ready, int):
                raise exit_error(sentinels[ready])
        try:
            answer = worker.connection.recv()
        except (EOFError, OSError):
            raise exit_error(worker.process) from None
        worker.pending -= 1
        if isinstance(answer, WorkerFault):
            raise BrickworkError(answer.text) if answer.mendable else RuntimeError(answer.text)
        batch: tuple[int, list[int], list[Fault]] = answer
        return batch

    def close(self) -> None:
        self.closing()


@dataclass(frozen=True)
class WorkerFault:
    """An exception in a worker, as text: exceptions do not all travel between processes."""

    text: str
    mendable: bool  # by a person


def worker_count(recipe: Recipe, samples: int, device: torch.device, processes: int = 1) -> int:
    """Number of workers: as the recipe says, or as many as help beside the training, which shares the cores with the
    other processes that train.

    A GPU leaves all cores but one to them; the CPU, which trains itself, a quarter.
    """
    if recipe.workers >= 0:
        return recipe.workers
    share = cores() // processes
    if share <= 1 or samples < FEW:
        return 0
    return min(MOST, share - 1 if device.type == "cuda" else max(1, share // 4))


def warm() -> None:
    """Start the fork server of the workers; it imports what they need while the training reads its images.

    Signals that are blocked here stay blocked there: those sent to the whole group are the training's to answer.
    """
    if not FORKS:
        return
    from multiprocessing import forkserver, resource_tracker  # not on Windows

    with safe_path():
        resource_tracker.ensure_running()  # which the server begins otherwise, and which lifts the block
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
        try:
            forkserver.set_forkserver_preload([__name__, "torchvision.transforms.v2"])
            forkserver.ensure_running()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def safe_path() -> Iterator[None]:
    """Has Python processes that are started meanwhile import nothing from the current folder.

    Theirs is the first place that they look in otherwise, where a random.py that came with the images would be run.
    """
    before = os.environ.get(SAFE_PATH)
    os.environ[SAFE_PATH] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[SAFE_PATH]
        else:
            os.environ[SAFE_PATH] = before


def start_worker(transform: ImageTransform, batch: int) -> Worker:
    context = multiprocessing.get_context("forkserver") if FORKS else multiprocessing.get_context("spawn")
    memory = arena(AHEAD * batch * int(np.prod(image_shape(transform))))
    ours, theirs = context.Pipe()
    process = context.Process(target=work, args=(theirs, transform, memory, batch), daemon=True)
    with safe_path():
        process.start()
    theirs.close()
    return Worker(process, ours, shared_buffers(memory, batch, image_shape(transform)))


def work(connection: "Connection[Any, Any]", transform: ImageTransform, memory: Arena, batch: int) -> None:
    """A worker's main function: reads batches until its connection is closed, or the training's process is gone.

    A signal to the whole group is the training's to answer: it writes a checkpoint first, and then closes connections.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    threading.Thread(target=leave_with_parent, daemon=True).start()
    torch.set_num_threads(1)
    slots = shared_buffers(memory, batch, image_shape(transform))
    while True:
        try:
            slot, request = connection.recv()
            connection.send(answer_request(transform, request, slots[slot]))
        except (EOFError, OSError):  # the training has closed it, or is gone
            return


def answer_request(transform: ImageTransform, request: BatchRequest, buffer: Images) -> object:
    try:
        return request.number, *collate(transform, request, buffer)
    except BrickworkError as error:
        return WorkerFault(str(error), mendable=True)
    except MemoryError:
        return WorkerFault("a process that reads images has not enough memory: lower workers or batch.", mendable=True)
    except Exception:
        return WorkerFault(f"in a process that reads images:\n{traceback.format_exc()}", mendable=False)


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
