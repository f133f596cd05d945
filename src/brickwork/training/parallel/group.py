"""The group of processes that train together: ranks, what they exchange, and how long they wait for each other."""

import os
import re
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, TypeVar

import torch
from torch import Tensor, distributed
from torch.distributed.rendezvous import rendezvous

from brickwork.errors import BrickworkError, first_line
from brickwork.loader.share import Share
from brickwork.machine import device

if TYPE_CHECKING:
    from torch.distributed import Work

LOST = 75  # the exit code of a process whose others are gone: "try again" in sysexits.h
RENDEZVOUS = "BRICKWORK_RENDEZVOUS"  # the variable with the address where the processes of one machine meet
JOINING = timedelta(minutes=5)  # for the place where they meet
GRACE = 5.0  # seconds in which torch may say by itself why they do not meet
JOINED = "BRICKWORK_JOINED"  # set where the processes have met already, as those of Ray Train have
PATIENCE = timedelta(minutes=30)  # for the others in a step; one that has ended is noticed at once
LONG = timedelta(days=10)  # for the leader, which reads images first
Value = TypeVar("Value")
Facts = TypeVar("Facts")


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
    works: "list[Work]" = field(default_factory=list, init=False)  # all-reduces that are under way

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

    def add(self, tensor: Tensor) -> None:
        """Adds up a tensor over all processes, in place (all-reduce)."""
        if self.size > 1:
            self.begin_add(tensor)
            self.finish_adds()

    def begin_add(self, tensor: Tensor) -> None:
        """Begins to add up a tensor over all processes, in place; several may be under way at once."""
        with self.exchange():
            self.works.append(distributed.all_reduce(tensor, async_op=True))

    def finish_adds(self) -> None:
        """Waits for all sums that have begun."""
        with self.exchange():
            while self.works:
                self.works.pop(0).wait()

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

    def leader_first(self, work: Callable[[Facts | None], Value], facts_of: Callable[[Value], Facts]) -> Value:
        """What the leader does first, however long it takes, and the others after it with the facts that it found."""
        value = work(None) if self.leads else None
        self.wait_for_leader()
        facts = self.tell(facts_of(value) if value is not None else None)
        return work(facts) if value is None else value

    def wait_for_leader(self) -> None:
        """Waits until the leader is as far, too."""
        self.turns += 1
        key = f"turn{self.turns}"
        if self.leads and self.size > 1:
            store().set(key, b"1")
        elif not self.leads:
            with self.exchange():
                wait_for(key)

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


def wait_for(key: str) -> None:
    """Waits for a key of the store: a leader that is at work for long; one whose machine is gone is noticed after some
    PATIENCE, as the store is asked again then. Raises RuntimeError.
    """
    for _ in range(LONG // PATIENCE):
        try:
            return store().wait([key], PATIENCE)  # type: ignore[no-any-return]
        except RuntimeError as fault:
            if not isinstance(fault, distributed.DistStoreError) and "timeout" not in str(fault).lower():
                raise  # else it is not there yet; a store in a file says so by a plain RuntimeError
    raise RuntimeError("the leader has not been heard of")


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
        join_others(rank, size)
    try:
        yield Group(rank, size)
    finally:
        distributed.destroy_process_group()


def join_others(rank: int, size: int) -> None:
    """Waits for the other processes where the environment says; raises LostProcess where they do not come."""
    try:
        meeting = meet(os.environ.get(RENDEZVOUS) or "env://", rank, size)
        distributed.init_process_group(
            backend(cuda=device().type == "cuda"), store=meeting, world_size=size, rank=rank, timeout=PATIENCE
        )
    except (RuntimeError, ValueError) as fault:
        raise LostProcess(
            f"process {rank} of {size} does not reach the others at {place()}: {reason(fault)}. {meeting_hint()}"
        ) from None


def backend(*, cuda: bool) -> str:
    """What exchanges go by: NCCL between GPUs, and gloo else."""
    return "cpu:gloo,cuda:nccl" if cuda else "gloo"


def reason(fault: Exception) -> str:
    """The first sentence of what torch says, without the place in its source."""
    return re.sub(r"^\[[^\]]*\]\s*", "", first_line(fault)).split(". ")[0].rstrip(".")[:200]


def meet(address: str, rank: int, size: int) -> Any:
    """The store of the place where processes meet. Raises RuntimeError and ValueError where it is not reached.

    Torch waits in another thread, as it waits without end where something else listens at the port and says nothing.
    """
    found: SimpleQueue[Any] = SimpleQueue()

    def wait() -> None:
        try:
            found.put(next(rendezvous(address, rank, size, timeout=JOINING))[0])
        except Exception as fault:
            found.put(fault)

    threading.Thread(target=wait, daemon=True).start()
    try:
        answer = found.get(timeout=JOINING.total_seconds() + GRACE)
    except Empty:
        raise RuntimeError("what listens there does not answer") from None
    if isinstance(answer, Exception):
        raise answer
    return answer


def meeting_hint() -> str:
    """What may be wrong with the place where processes meet."""
    if os.environ.get(RENDEZVOUS):
        return "Have all been started?"
    return "Have all been started, and is the port free? MASTER_PORT (torchrun: --master-port) names another."


def place() -> str:
    """Where the processes meet."""
    return os.environ.get(RENDEZVOUS) or ":".join(os.environ.get(name, "?") for name in ("MASTER_ADDR", "MASTER_PORT"))
