"""Processes beside this one: started from a safe place, ended with it, and what to say of one that was killed."""

import multiprocessing
import os
import signal
import threading
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from typing import TYPE_CHECKING

from brickwork.errors import BrickworkError
from brickwork.machine import cores

if TYPE_CHECKING:
    from multiprocessing.context import ForkServerContext, SpawnContext

FORKS = "forkserver" in multiprocessing.get_all_start_methods()
SAFE_PATH = "PYTHONSAFEPATH"  # what -P is at the command line
KILLED = -9  # the exit code after SIGKILL
PATIENCE = 2.0  # seconds in which a process that is let go may end by itself


@dataclass(frozen=True)
class Role:
    """What processes of a kind do, and what helps where they do not, for the sentences on one that has ended."""

    reads: str  # what it does: "reads images"
    read: str  # what it did: "read images"
    less: str  # where memory is short: "lower workers or batch"
    fewer: str  # where the system ends them: "lower workers"
    script: str  # which scripts start them: "a script that trains"
    none: str  # what does without them: "set workers=0"


@dataclass(frozen=True)
class WorkerFault:
    """An exception in a process, as text: exceptions do not all travel between processes."""

    text: str
    mendable: bool  # by a person

    @property
    def error(self) -> Exception:
        return BrickworkError(self.text) if self.mendable else RuntimeError(self.text)


def describe_fault(error: Exception, role: Role) -> WorkerFault:
    """An exception that is being handled in a process, as what is sent of it."""
    match error:
        case BrickworkError():
            return WorkerFault(str(error), mendable=True)
        case MemoryError():
            return WorkerFault(f"a process that {role.reads} has not enough memory: {role.less}.", mendable=True)
    return WorkerFault(f"in a process that {role.reads}:\n{traceback.format_exc()}", mendable=False)


def exit_error(process: BaseProcess, role: Role) -> BrickworkError:
    """The error that says which process has ended, how, and what may help."""
    process.join(PATIENCE)
    code = process.exitcode
    who = f"process {process.pid}, which {role.read},"
    if code == KILLED:
        return BrickworkError(f"{who} was killed, perhaps for lack of memory: {role.less}.")
    if code is not None and code < 0:
        return BrickworkError(f"{who} was ended by {signal.Signals(-code).name}: {role.fewer}.")
    return BrickworkError(
        f'{who} ended with exit code {code}: standard error says why. {role.script} does so under "if __name__ '
        f"== '__main__':\", as every process reads it; or {role.none}."
    )


def start_context() -> "ForkServerContext | SpawnContext":
    """How processes are started: forked from a server that was begun afresh, or where there is none, spawned.

    Never forked from this process, since neither torch's threads and a display's nor a CUDA context survive that.
    """
    return multiprocessing.get_context("forkserver") if FORKS else multiprocessing.get_context("spawn")


def start_server(preload: Sequence[str]) -> None:
    """Start the fork server, which imports what its processes need while this one does something else.

    Signals that are blocked here stay blocked there: those sent to the whole group are this process's to answer.
    """
    if not FORKS:
        return
    from multiprocessing import forkserver, resource_tracker  # not on Windows

    with safe_path():
        resource_tracker.ensure_running()  # which the server begins otherwise, and which lifts the block
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
        try:
            forkserver.set_forkserver_preload([*preload])
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


def serve_parent() -> None:
    """What a process does first: it leaves signals to the whole group to its parent, and ends when that is gone."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    threading.Thread(target=leave_with_parent, daemon=True).start()


def leave_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent
    parent.join()
    os._exit(1)


def sharing_notes(count: int) -> tuple[str, ...]:
    """A note where more processes are asked for than there are cores."""
    if count <= cores():
        return ()
    have, enough = ("one core", "1 does") if cores() == 1 else (f"{cores()} cores", f"{cores()} do")
    return (f"{count} processes share {have}, so that each computes more slowly: {enough} as much.",)


def check_nproc(nproc: int | None) -> None:
    """Raises BrickworkError where it is no number of processes."""
    if nproc is not None and (type(nproc) is not int or nproc < 1):
        raise BrickworkError(f"nproc is a number of processes, 1 or more, not {nproc!r:.80}.")
