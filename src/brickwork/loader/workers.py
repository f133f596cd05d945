"""Workers: processes that read and transform batches ahead of the training."""

from collections import deque
from collections.abc import Iterable, Iterator
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
from brickwork.processes import (
    PATIENCE,
    Role,
    WorkerFault,
    describe_fault,
    exit_error,
    safe_path,
    serve_parent,
    start_context,
    start_server,
)
from brickwork.recipe.recipe import Recipe

FEW = 2000  # images an epoch that are read before other processes have begun
MOST = 8  # processes, unless more are asked for
READING = Role(
    reads="reads images",
    read="read images",
    less="lower workers or batch",
    fewer="lower workers",
    script="A script that trains",
    none="set workers=0",
)


@dataclass(eq=False)
class Worker:
    """A worker process, the connection to it, and the buffers that it shares with this process."""

    process: BaseProcess
    connection: "Connection[Any, Any]"
    buffers: Images  # AHEAD x batch x H x W x C
    pending: int = 0  # requests that are not answered yet


class Workers(BatchReader):
    """Worker processes that are each a batch or two ahead; they take turns, so that batches keep their order.

    Torch's DataLoader was tried in their place (benchmarks/dataloader.py): the same bits at 0.64 to 0.96 of the speed;
    a killed worker was noticed after 5.2 s, not 0.07, and workers outlived a killed training.
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
            raise exit_error(worker.process, READING) from None
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
                raise exit_error(sentinels[ready], READING)
        try:
            answer = worker.connection.recv()
        except (EOFError, OSError):
            raise exit_error(worker.process, READING) from None
        worker.pending -= 1
        if isinstance(answer, WorkerFault):
            raise answer.error
        batch: tuple[int, list[int], list[Fault]] = answer
        return batch

    def close(self) -> None:
        self.closing()


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
    """Start the fork server of the workers; it imports what they need while the training reads its images."""
    start_server([__name__, "torchvision.transforms.v2"])


def start_worker(transform: ImageTransform, batch: int) -> Worker:
    context = start_context()
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
    serve_parent()
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
    except Exception as error:
        return describe_fault(error, READING)


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
