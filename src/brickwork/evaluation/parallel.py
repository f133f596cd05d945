"""Batches computed by several processes: each whole, by one process and one thread, with the results in order.

What a batch gives depends on which images are in it, not on who computes it, so that the number of processes changes
no bit. Nothing is exchanged but batches and results: no torch.distributed, no port, no rank that waits for another.
"""

import os
import pickle
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib.machinery import PathFinder
from importlib.util import module_from_spec, spec_from_file_location
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from multiprocessing.util import Finalize
from queue import SimpleQueue
from typing import Any, Generic, TypeVar

import torch

from brickwork.data.parallel import hold_fault, map_in_order
from brickwork.errors import BrickworkError
from brickwork.model import Model
from brickwork.processes import (
    Role,
    WorkerFault,
    describe_fault,
    exit_error,
    safe_path,
    serve_parent,
    start_context,
    start_server,
)

Item = TypeVar("Item")
Result = TypeVar("Result")

AHEAD = 2  # batches of each process that wait for the one before them
COMPUTING = Role(
    reads="computes",
    read="computed",
    less="lower nproc",
    fewer="lower nproc",
    script="A script that evaluates or predicts by several processes",
    none="leave nproc out",
)


def map_in_processes(
    function: Callable[[Item], Result], model: Model, items: Iterable[Item], nproc: int
) -> Iterator[Result]:
    """The function's result for each item, in the items' order, each computed by one of so many processes.

    The function is sent to each process once, with the model that it computes by. An exception, the items' own
    included, comes where its result would have; so does a BrickworkError where the process that computed it is gone.
    Whoever leaves early ends all processes at once.
    """
    pool = ProcessPool(function, module_files(model), nproc)
    try:
        yield from map_in_order(pool.call, hold_fault(items), ahead=AHEAD * nproc, threads=nproc)
    finally:
        pool.close()


@dataclass(eq=False)
class ComputeProcess:
    """A process, and the connection to it; requests and answers alternate, so that neither side waits for ever."""

    process: BaseProcess
    connection: "Connection[Any, Any]"
    content: bytes | None  # what it is to have first, until it has it

    def ask(self, item: object) -> Any:
        """What the process answers; raises BrickworkError as soon as it is gone."""
        try:
            if self.content is not None:
                self.connection.send_bytes(self.content)
                self.content = None
            self.connection.send(item)
            if self.connection not in wait([self.connection, self.process.sentinel]):
                raise EOFError
            return self.connection.recv()
        except (EOFError, OSError):
            raise exit_error(self.process, COMPUTING) from None


class ProcessPool(Generic[Item, Result]):
    """Processes that compute a function; `call` may be used by as many threads as there are processes."""

    def __init__(self, function: Callable[[Item], Result], modules: dict[str, str], count: int) -> None:
        self.processes: list[ComputeProcess] = []
        self.free: SimpleQueue[ComputeProcess] = SimpleQueue()
        self.close = Finalize(self, kill_all, (self.processes,), exitpriority=10)  # before daemons are waited for
        content = pickle_function(function)
        start_server([__name__, "brickwork.evaluation.prediction", "brickwork.evaluation.scoring"])
        try:
            for number in range(count):
                self.free.put(self.start(number, modules, content))
        except OSError as fault:
            self.close()
            words = fault.strerror or str(fault)
            raise BrickworkError(f"a process that computes cannot be started: {words}. Lower nproc.") from None

    def start(self, number: int, modules: dict[str, str], content: bytes) -> ComputeProcess:
        context = start_context()
        ours, theirs = context.Pipe()
        process = context.Process(target=serve, args=(theirs, number, here(), modules), daemon=True)
        with safe_path():
            process.start()
        theirs.close()
        self.processes.append(ComputeProcess(process, ours, content))
        return self.processes[-1]

    def call(self, item: Item | Exception) -> Result:
        """The function's result for an item, by the next process that is free."""
        if isinstance(item, Exception):
            raise item
        process = self.free.get()
        try:
            answer = process.ask(item)
        finally:
            self.free.put(process)
        if isinstance(answer, WorkerFault):
            raise answer.error
        result: Result = answer
        return result


def kill_all(processes: list[ComputeProcess]) -> None:
    """Ends all processes where they are: they have nothing to save."""
    for each in processes:
        each.process.kill()
    for each in processes:
        each.process.join()
    processes.clear()  # connections are closed when the last thread that listens lets go of them


def pickle_function(function: object) -> bytes:
    """The function as bytes: by the plain pickle, as multiprocessing's own would move the weights to /dev/shm."""
    try:
        return pickle.dumps(function, protocol=5)
    except (pickle.PicklingError, AttributeError, TypeError) as fault:
        raise BrickworkError(f"the model cannot be sent to other processes ({fault}): leave nproc out.") from None


def here() -> str:
    """The current folder, from which paths are; none where it is gone."""
    with suppress(OSError):
        return os.getcwd()
    return ""


def module_files(model: Model) -> dict[str, str]:
    """The modules of the model's own layers that were run from a file and cannot be imported by name, and the files."""
    parts = (*model.modules(), *(layer for _, layer in model.network.layers()))
    names = {type(part).__module__ for part in parts}
    files = {name: getattr(sys.modules.get(name), "__file__", None) for name in names - {"__main__"}}
    return {name: file for name, file in files.items() if file and "." not in name and not PathFinder.find_spec(name)}


def run_module(name: str, file: str) -> None:
    """Runs a module from its file, as it was in the parent process."""
    spec = spec_from_file_location(name, file)
    assert spec
    assert spec.loader
    sys.modules[name] = module_from_spec(spec)
    spec.loader.exec_module(sys.modules[name])


def serve(connection: "Connection[Any, Any]", number: int, folder: str, modules: dict[str, str]) -> None:
    """A process's main function: computes what it is asked until its connection is closed, or its parent is gone."""
    serve_parent()
    if folder:
        os.chdir(folder)
    if torch.cuda.is_available():
        torch.cuda.set_device(number % torch.cuda.device_count())
    torch.set_num_threads(1)
    try:
        function = attempt(receive_function, (connection.recv_bytes(), modules))
        while True:
            item = connection.recv()
            connection.send(function if isinstance(function, WorkerFault) else attempt(function, item))
    except (EOFError, OSError):  # the parent has closed it, or is gone
        return


def receive_function(sent: tuple[bytes, dict[str, str]]) -> Callable[[Any], Any]:
    content, modules = sent
    for name, file in modules.items():
        run_module(name, file)
    function: Callable[[Any], Any] = pickle.loads(content)
    return function


def attempt(function: Callable[[Any], Any], item: Any) -> Any:
    """The function's result, or what went wrong."""
    try:
        return function(item)
    except Exception as error:
        return describe_fault(error, COMPUTING)
