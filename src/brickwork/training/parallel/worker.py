"""What each process of a training on a Ray cluster does: it resumes the run, as those of our own launcher do.

What the leader tells, and the stop signal the other way, go by a mailbox: the processes hear no signal of the command's
terminal, and print elsewhere.
"""

import asyncio
import os
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree
from socket import gethostname
from threading import Thread
from typing import Any

import ray

from brickwork.errors import BrickworkError, first_line
from brickwork.machine import compute_threads
from brickwork.network import Layer
from brickwork.training.events import Event, Step
from brickwork.training.parallel.group import JOINED, PATIENCE, LostProcess, backend
from brickwork.training.signals import Stopped, StopSignal
from brickwork.training.train import resume

RATE = 0.2  # seconds from a step that is told to the next
SETTLE = 2.0  # seconds in which another process may tell why it has left


@dataclass(frozen=True)
class Begin:
    """News: the leader begins, for the first time or again."""


@dataclass(frozen=True)
class Mistake:
    """News: what a person has to mend, so that to start again would not help."""

    text: str


@dataclass(frozen=True, eq=False)
class Order:
    """What each process is to do."""

    run: Path
    data: str | None = None  # an address, which the run alone may not contact
    own: tuple[type[Layer], ...] = ()
    track: tuple[str, ...] = ()
    threads: int = 1
    alone: bool = True  # the only machine
    environment: tuple[tuple[str, str], ...] = ()
    mailbox: Any = None  # its handle


class Mailbox:
    """News from the processes to the command, and a stop signal from the command to the processes (a Ray actor)."""

    def __init__(self) -> None:
        self.news: asyncio.Queue[object] = asyncio.Queue()
        self.stopped = asyncio.Event()
        self.signal = 0
        self.mistaken = False

    async def tell(self, news: object) -> None:
        self.mistaken = self.mistaken or isinstance(news, Mistake)
        self.news.put_nowait(news)

    async def take(self, seconds: float) -> list[object]:
        """All news, for some of which it waits so long."""
        with suppress(TimeoutError):
            first = await asyncio.wait_for(self.news.get(), seconds)
            return [first, *(self.news.get_nowait() for _ in range(self.news.qsize()))]
        return []

    async def stop(self, signal: int) -> None:
        self.signal = signal
        self.stopped.set()

    async def wait_for_stop(self) -> int:
        await self.stopped.wait()
        return self.signal

    async def is_mistaken(self) -> bool:
        return self.mistaken


class LeaderListener:
    """Sends what happens to the command: every note and epoch, and a few of the steps."""

    def __init__(self, mailbox: Any) -> None:
        self.mailbox = mailbox
        self.last = 0.0

    def __call__(self, event: Event) -> None:
        if isinstance(event, Step) and time.monotonic() - self.last < RATE:
            return
        self.last = time.monotonic()
        self.mailbox.tell.remote(event)


def fit(order: Order, count: int, restarts: int, gpus: float) -> str:
    """Has Ray Train run the training by `count` processes with so many GPUs each, as a Ray task; why it gave up."""
    storage = order.run / "ray"
    try:
        trainer(order, count, restarts, gpus, storage).fit()
    except Exception as fault:  # whatever Ray raises
        return last_words(fault)
    finally:
        rmtree(storage, ignore_errors=True)
    return ""


def trainer(order: Order, count: int, restarts: int, gpus: float, storage: Path) -> Any:
    """Ray Train's trainer, which starts all processes again, so many times, when one dies."""
    from ray.train import FailureConfig, RunConfig, ScalingConfig
    from ray.train.torch import TorchConfig, TorchTrainer

    resources = {"CPU": order.threads, **({"GPU": gpus} if gpus else {})}
    failures = FailureConfig(max_failures=restarts, controller_failure_limit=1)
    return TorchTrainer(
        train_worker,
        train_loop_config=order,
        torch_config=TorchConfig(backend=backend(cuda=bool(gpus)), timeout_s=int(PATIENCE.total_seconds())),
        scaling_config=ScalingConfig(num_workers=count, use_gpu=bool(gpus), resources_per_worker=resources),
        run_config=RunConfig(name=f"{time.time_ns()}", storage_path=str(storage), failure_config=failures),
    )


def last_words(fault: Exception) -> str:
    """What a process said last, or what became of it."""
    failures = getattr(fault, "worker_failures", None) or {}
    texts = [str(failure).strip() for failure in failures.values()] or [first_line(fault)]
    return (texts[0].splitlines() or ["?"])[-1][:300]


def train_worker(order: Order) -> None:
    """The function that Ray Train runs in each process. What it raises has all processes started again."""
    leads = ray.train.get_context().get_world_rank() == 0
    os.environ.update({**dict(order.environment), JOINED: "1"})
    if leads:
        tell(order, Begin())
    try:
        result = resume_run(order)
        if leads:
            tell(order, result)
    except Stopped:  # before the first step: the command knows
        return
    except LostProcess:
        time.sleep(SETTLE)
        if not ray.get(order.mailbox.is_mistaken.remote()):
            raise
    except BrickworkError as mistake:
        tell(order, Mistake(f"{mistake}" if order.alone else f"on {gethostname()}: {mistake}"))


def resume_run(order: Order) -> Any:
    """The result of the training, which hears a stop signal from the mailbox."""
    stop = StopSignal()
    Thread(target=hear_stop, args=(order.mailbox, stop), daemon=True).start()
    listener = LeaderListener(order.mailbox)
    with compute_threads(order.threads):
        return resume(order.run, listener=listener, data=order.data, own=order.own, track=order.track, stop=stop)


def hear_stop(mailbox: Any, stop: StopSignal) -> None:
    with suppress(ray.exceptions.RayError):  # at the end
        stop.signal = ray.get(mailbox.wait_for_stop.remote())


def tell(order: Order, news: object) -> None:
    """Tells the command, and waits until it has arrived."""
    ray.get(order.mailbox.tell.remote(news))
