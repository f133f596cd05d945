"""The Ray cluster that computes: the one that RAY_ADDRESS names, or one of this machine's cores, which ends with us."""

import logging
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import chdir, contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from brickwork.errors import BrickworkError, first_line, nearest, require
from brickwork.machine import cores

ENGINES = ("torch", "ray")  # what computes: torch on this machine, or on a Ray cluster
ADDRESS = "RAY_ADDRESS"
CALL, ANSWER = 10.0, 60.0  # seconds in which a cluster's head is to be reached, and to say how it is
TRIES = 3  # to begin a cluster
STORE = 200 << 20  # bytes of shared memory for what a cluster of our own passes about
LEVEL = "RAY_BACKEND_LOG_LEVEL"
QUIET = {  # no report to Ray's makers and no statistics; the word of whoever has set these stands
    "RAY_USAGE_STATS_ENABLED": "0",
    LEVEL: "fatal",  # what its core would write to standard error
    "RAY_TRAIN_METRICS_ENABLED": "0",
    "RAY_TRAIN_HEALTH_CHECK_INTERVAL_S": "1",
    "RAY_TRAIN_WORKER_GROUP_START_TIMEOUT_S": "300",
}
LOCAL = {  # where there is one machine
    "RAY_TRAIN_ENABLE_PREEMPTION_WATCHER": "0",  # nobody takes it from the cluster
    "RAY_worker_niceness": "0",  # its processes compute as others do: with 15, a busy machine has no time for them
    "RAY_agent_register_timeout_ms": "120000",
}


@dataclass(frozen=True)
class RayCluster:
    """A Ray cluster that this process is connected to."""

    ours: bool  # begun by this process, on this machine alone
    cpus: tuple[int, ...]  # of each machine
    gpus: int  # of all

    def share_cpus(self, count: int, threads: int = 0) -> int:
        """CPUs for each of `count` processes: as many as threads, or where that is 0, the most that fit the machines.

        Raises BrickworkError where so many processes do not fit.
        """
        for share in [threads] if threads else range(max(self.cpus, default=0), 0, -1):
            if sum(have // share for have in self.cpus) >= count:
                return share
        have = sum(mine // max(1, threads) for mine in self.cpus)
        each = f" of {threads} threads" if threads > 1 else ""
        raise BrickworkError(
            f"{count} processes{each} do not fit the Ray cluster, whose machines have {'+'.join(map(str, self.cpus))} "
            f"CPUs: {f'nproc={have} fits' if have else 'fewer threads may fit'}."
        )

    def share_gpus(self, count: int) -> float:
        """GPUs for each of `count` processes: one at most, 0 where the cluster has none."""
        return min(1.0, self.gpus / count)


def check_engine(engine: str, nproc: int | None) -> None:
    """Raises BrickworkError for an unknown engine, and for a cluster without a number of processes."""
    if engine not in ENGINES:
        raise BrickworkError(f"unknown engine {engine!r}: {nearest(str(engine), list(ENGINES))}")
    check_cluster(engine, nproc)


def check_cluster(engine: str | None, nproc: int | None) -> None:
    """Raises BrickworkError for a cluster without a number of processes."""
    if engine == "ray" and nproc is None:
        raise BrickworkError("engine ray needs --nproc N, the number of processes on the cluster.")


def is_named() -> bool:
    """Whether the environment names a cluster, which other machines may belong to."""
    return os.environ.get(ADDRESS, "") not in ("", "local")


@contextmanager
def join_cluster() -> Iterator[RayCluster]:
    """The Ray cluster that RAY_ADDRESS names or Python is connected to; where there is none, one of this machine.

    One of our own listens to nobody without its secret, shows no page, and is gone afterwards with its processes and
    files. Raises BrickworkError where Ray is not installed, and where nobody answers at the address.
    """
    require("ray", "ray", "engine ray")
    with environment(QUIET):
        import ray

        if ray.is_initialized():
            yield describe_cluster(ours=False)
        elif is_named():
            connect(os.environ[ADDRESS])
            with disconnected():
                yield describe_cluster(ours=False)
        else:
            with own_cluster():
                yield describe_cluster(ours=True)


@contextmanager
def own_cluster() -> Iterator[None]:
    """A Ray cluster of this machine's cores."""
    folder = tempfile.mkdtemp(prefix="brickwork-")
    secret = {"RAY_AUTH_TOKEN": own_secret()}  # else Ray leaves one in the home folder
    loopback = {"GLOO_SOCKET_IFNAME": "lo"} if sys.platform == "linux" else {}
    try:
        with environment({**secret, **LOCAL, **loopback}), disconnected():
            with chdir(folder), same_signals(), same_errors():  # its processes import from where this one is
                begin_cluster(folder)
            yield
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def begin_cluster(folder: str) -> None:
    """Begins a cluster whose files are in a folder; raises BrickworkError where Ray cannot."""
    import ray

    for left in reversed(range(TRIES)):
        try:
            init_ray(folder)
            return
        except Exception as fault:  # Ray raises all sorts, and on a busy machine one for taking 30 seconds
            ray.shutdown()
            kill_children(folder)
            if not left:
                raise BrickworkError(f"Ray cannot begin a cluster on this machine: {first_line(fault)}") from None


def kill_children(folder: str) -> None:
    """Ends the processes of a cluster that has not come up, of which Ray knows nothing any more; they name its folder.

    Where there is no /proc they end with this process.
    """
    for path in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            parent = int((path / "stat").read_text().rpartition(")")[2].split()[1])
            if parent == os.getpid() and folder.encode() in (path / "cmdline").read_bytes():
                os.kill(int(path.name), signal.SIGKILL)


def init_ray(folder: str) -> None:
    import ray

    ray.init(
        "local",
        num_cpus=cores(),
        object_store_memory=STORE,
        include_dashboard=False,
        log_to_driver=False,
        logging_level=logging.ERROR,
        _temp_dir=folder,
    )


@cache
def own_secret() -> str:
    """What a process needs to be let into our own cluster; one of this process, which Ray remembers."""
    return secrets.token_hex(32)


def connect(address: str) -> None:
    """Connects this process to a cluster; raises BrickworkError where nobody answers in time."""
    import ray

    if address != "auto":
        check_answer(address)
    try:
        with tempfile.TemporaryDirectory(prefix="brickwork-") as folder, chdir(folder), same_signals(), same_errors():
            ray.init(address, log_to_driver=False, logging_level=logging.ERROR)
    except (ConnectionError, RuntimeError, ValueError) as fault:
        raise BrickworkError(f"the Ray cluster at {ADDRESS}={address} cannot be joined: {first_line(fault)}") from None


def check_answer(address: str) -> None:
    """Raises BrickworkError where no cluster's head answers at HOST:PORT: Ray itself would wait long, and abort."""
    host, _, port = address.rpartition(":")
    if "://" in address or not host or not port.isdigit():
        raise BrickworkError(
            f"{ADDRESS} is HOST:PORT of a cluster's head, as 'ray start --head' says it, not {address!r:.200}."
        )
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=CALL).close()
        status = [sys.executable, "-P", "-m", "ray.scripts.scripts", "status", "--address", address]
        done = subprocess.run(status, stdin=subprocess.DEVNULL, capture_output=True, timeout=ANSWER, check=False)
        reason = "" if done.returncode == 0 else "what listens there is no Ray head, or one of another version"
    except (OSError, OverflowError) as fault:
        reason = getattr(fault, "strerror", None) or str(fault)
    except subprocess.TimeoutExpired:
        reason = f"no answer in {ANSWER:.0f} seconds"
    if reason:
        raise BrickworkError(f"no Ray cluster at {ADDRESS}={address}: {reason}.")


@contextmanager
def disconnected() -> Iterator[None]:
    """Leaves the cluster in the end; one of our own ends by it."""
    import ray

    try:
        yield
    finally:
        ray.shutdown()


def describe_cluster(ours: bool) -> RayCluster:
    """The CPUs and GPUs of the machines that are up."""
    import ray

    resources = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    cpus = tuple(int(each.get("CPU", 0)) for each in resources)
    return RayCluster(ours, cpus, int(sum(each.get("GPU", 0) for each in resources)))


@contextmanager
def environment(values: dict[str, str]) -> Iterator[None]:
    """Has variables in the environment meanwhile, but where they are set already; Ray's own are gone afterwards."""
    before = {*os.environ}
    os.environ.update({name: value for name, value in values.items() if name not in before})
    try:
        yield
    finally:
        for name in {*os.environ} - before:
            if name in values or name.startswith("RAY_"):
                del os.environ[name]


@contextmanager
def same_signals() -> Iterator[None]:
    """Keeps what SIGTERM does here, for which Ray has a function of its own."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def same_errors() -> Iterator[None]:
    """Keeps the line in which Ray's core says how much it will say from standard error, which it writes to itself."""
    try:
        before = os.dup(2)
    except OSError:  # closed
        yield
        return
    with tempfile.TemporaryFile() as texts:
        os.dup2(texts.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(before, 2)
            os.close(before)
            texts.seek(0)
            with suppress(OSError):
                os.write(2, b"".join(line for line in texts if LEVEL.encode() not in line))
