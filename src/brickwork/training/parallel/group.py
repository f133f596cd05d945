"""The group of processes that train together: ranks, what they exchange, and how long they wait for each other."""

import os
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, distributed

from brickwork.errors import BrickworkError
from brickwork.loader.share import Share
from brickwork.machine import device

if TYPE_CHECKING:
    from torch.distributed import Work

LOST = 75  # the exit code of a process whose others are gone: "try again" in sysexits.h
RENDEZVOUS = "BRICKWORK_RENDEZVOUS"  # the variable with the address where the processes of one machine meet
JOINED = "BRICKWORK_JOINED"  # set where the processes have met already, as those of Ray Train have
PATIENCE = timedelta(minutes=30)  # for the others in a step; one that has ended is noticed at once
LONG = timedelta(days=10)  # for the leader, which reads images first


class LostProcess(BrickworkError):
    """Another process of the group has ended, or cannot be reached."""

    exit_code = LOST


@dataclass(eq=False)
class Group:
    """Processes that train together; one alone exchanges nothing."""

    rank: int = 0
    size: int = 1
    seconds: float = field(default=0.0, init=False)  # spent in exchanges, waiting for the others included
    turns: int = field(default=0, init=False)

    @property
    def leads(self) -> bool:
        """Whether this process writes, prints and tests."""
        return self.rank == 0

    @property
    def share(self) -> Share:
        return Share(self.rank, self.size)

    def take_seconds(self) -> float:
        """Seconds spent in exchanges since this was last asked."""
        seconds, self.seconds = self.seconds, 0.0
        return seconds

    def add(self, tensors: Sequence[Tensor]) -> None:
        """Adds up tensors over all processes, in place (all-reduce); all sums are under way at once."""
        if self.size > 1:
            with self.exchange():
                works: list[Work] = [distributed.all_reduce(tensor, async_op=True) for tensor in tensors]
                for work in works:
                    work.wait()

    def gather(self, tensor: Tensor) -> list[Tensor]:
        """A tensor of one shape from each process, in the order of ranks (all-gather)."""
        if self.size == 1:
            return [tensor]
        parts = [torch.empty_like(tensor) for _ in range(self.size)]
        with self.exchange():
            distributed.all_gather(parts, tensor)
        return parts

    def swap(self, parts: Sequence[Tensor]) -> list[Tensor]:
        """Sends part r to process r, and gives what each has sent here, all of one shape (all-to-all)."""
        received = [torch.empty_like(parts[self.rank]) for _ in parts]
        with self.exchange():
            distributed.all_to_all(received, list(parts))
        return received

    def tell(self, value: Any) -> Any:
        """The leader's value, in every process."""
        values = [value]
        if self.size > 1:
            with self.exchange():
                distributed.broadcast_object_list(values, src=0, device=torch.device("cpu"))
        return values[0]

    def values(self, value: Any) -> list[Any]:
        """A value from each process, in the order of ranks."""
        values = [value] * self.size
        if self.size > 1:
            with self.exchange():
                distributed.all_gather_object(values, value)
        return values

    @contextmanager
    def leader_first(self) -> Iterator[None]:
        """What the leader does first and the others after it, however long it takes: they find its cache."""
        self.turns += 1
        key = f"turn{self.turns}"
        if self.leads or self.size == 1:
            yield
            if self.size > 1:
                store().set(key, b"1")
            return
        with self.exchange():
            store().wait([key], LONG)
        yield

    @contextmanager
    def exchange(self) -> Iterator[None]:
        """Counts the seconds of an exchange. Raises LostProcess where another process is gone."""
        start = time.perf_counter()
        try:
            yield
        except RuntimeError as fault:
            raise LostProcess(f"process {self.rank} of {self.size} has lost another: {reason(fault)}.") from None
        finally:
            self.seconds += time.perf_counter() - start


def store() -> Any:
    """The table of keys that all processes see."""
    return distributed.distributed_c10d._get_default_store()


def is_member() -> bool:
    """Whether this process was started as one of several that train together."""
    return int(os.environ.get("WORLD_SIZE", "1")) > 1


@contextmanager
def join_group() -> Iterator[Group]:
    """The group that the environment names, as torchrun and `train --nproc` set it (RANK, WORLD_SIZE, LOCAL_RANK,
    MASTER_ADDR and MASTER_PORT or RENDEZVOUS); one process alone where it names none.

    Exchanges go by NCCL between GPUs, and by gloo else. Raises LostProcess where the group does not come together.
    """
    joined = bool(os.environ.pop(JOINED, ""))
    if not is_member() or (distributed.is_initialized() and not joined):
        yield Group()
        return
    rank, size = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
    if device().type == "cuda":
        torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", rank)) % torch.cuda.device_count())
    if not joined:
        meet(rank, size)
    try:
        yield Group(rank, size)
    finally:
        distributed.destroy_process_group()


def meet(rank: int, size: int) -> None:
    """Waits for the other processes where the environment says; raises LostProcess where they do not come."""
    address = os.environ.get(RENDEZVOUS) or "env://"
    try:
        distributed.init_process_group(backend(), address, world_size=size, rank=rank, timeout=PATIENCE)
    except (RuntimeError, ValueError) as fault:
        raise LostProcess(
            f"process {rank} of {size} does not reach the others at {place()}: {reason(fault)}."
        ) from None


def backend() -> str:
    """What exchanges go by: NCCL between GPUs, and gloo else."""
    return "cpu:gloo,cuda:nccl" if device().type == "cuda" else "gloo"


def reason(fault: Exception) -> str:
    """The first sentence of what torch says, without the place in its source."""
    return re.sub(r"^\[[^\]]*\]\s*", "", str(fault).strip()).splitlines()[0].split(". ")[0].rstrip(".")[:200]


def place() -> str:
    """Where the processes meet."""
    return os.environ.get(RENDEZVOUS) or ":".join(os.environ.get(name, "?") for name in ("MASTER_ADDR", "MASTER_PORT"))
