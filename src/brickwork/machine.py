"""The machine: cores and memory as this process may use them, and the device that computes."""

import os
import platform
import struct
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING

from brickwork.files import make_private

if TYPE_CHECKING:
    import torch

ASSUMED = 4 << 30  # bytes, where the system does not say
NO_SIGNAL_STACK = 2  # SS_DISABLE of <signal.h>
LEAST_MEMORY = 1 << 30  # bytes that may be planned with anywhere: a busy machine makes room by and by
PASSIVE = {  # OpenMP's waiting threads sleep: the standard's word, and LLVM's and Intel's own
    "OMP_WAIT_POLICY": "PASSIVE",
    "KMP_BLOCKTIME": "0",  # milliseconds
}
WAITING = (*PASSIVE, "GOMP_SPINCOUNT")  # what a person may have chosen


def cores() -> int:
    """The CPU cores that this process may use: those of its affinity, or fewer where its container has a quota."""
    return min((allowed_cores(), *container_cores(Path("/sys/fs/cgroup"))))


def allowed_cores() -> int:
    """The cores that the scheduler may give this process; all of the machine's where the system does not say."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def container_cores(group: Path) -> tuple[int, ...]:
    """A container's CPU quota in cores, a part of one as a whole; none where there is no quota (cgroup v2)."""
    try:
        quota, period = (group / "cpu.max").read_text().split()  # microseconds of each period: "150000 100000"
    except (OSError, ValueError):
        return ()
    return (ceil(int(quota) / int(period)),) if quota.isdigit() and int(quota) else ()


def is_busy() -> bool:
    """Whether other processes want more than a third of the cores now."""
    return other_processes() > cores() / 3


def other_processes(stat: Path = Path("/proc/stat")) -> float:
    """How many other processes want a core: the median of five looks in 8 ms; elsewhere the load of the last minute."""
    try:
        running = [running_processes(stat)]
        for _ in range(4):
            time.sleep(0.002)
            running.append(running_processes(stat))
    except (OSError, ValueError, IndexError):
        return os.getloadavg()[0] if hasattr(os, "getloadavg") else 0
    return sorted(running)[len(running) // 2] - 1  # less this one


def running_processes(stat: Path) -> int:
    """How many processes the system's table of statistics counts as running or ready to."""
    return int(stat.read_text().split("procs_running")[1].split()[0])


def batch_threads() -> int:
    """How many threads each compute a batch of their own: one a core, where each has a gigabyte of free memory."""
    return min(cores(), usable_memory() // LEAST_MEMORY)


def processor_name() -> str:
    """The processor's model, where the system says it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def saturates_int8(cpuinfo: Path = Path("/proc/cpuinfo")) -> bool:
    """Whether products of bytes may exceed 16 bits here: an x86 without VNNI, or one that does not say what it has."""
    if platform.machine().lower() not in ("x86_64", "amd64", "i686", "x86"):
        return False
    try:
        lines = cpuinfo.read_text().splitlines()
    except OSError:
        return True
    flags = next((line.split() for line in lines if line.startswith("flags")), [])
    return not {"avx512_vnni", "avx_vnni", "amx_int8"} & {*flags}


def wait_passively() -> None:
    """Has threads that wait sleep on a busy machine, unless the environment says how: OpenMP's wait policy.

    Threads that spin keep the slowest, for which they wait, from a core that others use, too. OpenMP reads it once:
    this comes before torch is imported, as in the command line.
    """
    if is_busy() and not any(name in os.environ for name in WAITING):
        os.environ.update(PASSIVE)


@contextmanager
def compute_threads(count: int = 0) -> Iterator[None]:
    """So many threads compute while it lasts; 0 is as many as torch takes, but no more than the process has cores."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(count or min(before, cores()))
    try:
        yield
    finally:
        torch.set_num_threads(before)


def free_memory() -> int:
    """Free memory in bytes, as this process may take it: the machine's, or less where its container has less."""
    return min((available_memory(Path("/proc/meminfo")), *container_memory(Path("/sys/fs/cgroup"))))


def usable_memory() -> int:
    """What may be planned with: the free memory, but a gigabyte at least."""
    return max(free_memory(), LEAST_MEMORY)


def free_memory_on(place: "torch.device") -> int:
    """The bytes that are free on a device; 0 where it does not say."""
    import torch

    if place.type == "cuda":
        return torch.cuda.mem_get_info(place)[0]
    return free_memory() if place.type == "cpu" else 0


def available_memory(meminfo: Path) -> int:
    """The machine's available memory in bytes, disk caches that can be dropped included."""
    try:
        lines = meminfo.read_text().splitlines()
        return next(int(line.split()[1]) << 10 for line in lines if line.startswith("MemAvailable:"))
    except (OSError, StopIteration):
        pass
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return ASSUMED


def container_memory(group: Path) -> tuple[int, ...]:
    """A container's memory limit less what it uses, in bytes; none where there is no limit (cgroup v2)."""
    try:
        limit, used = ((group / f"memory.{name}").read_text().strip() for name in ("max", "current"))
    except OSError:
        return ()
    return (max(0, int(limit) - int(used)),) if limit.isdigit() else ()


def device() -> "torch.device":
    """The device that computes: the first CUDA device where there is one, otherwise the CPU."""
    import torch

    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


# Words of torch.cpu.get_capabilities() that mean multiplication in bfloat16 (x86 and ARM).
CPU_BF16 = ("avx512_bf16", "amx_bf16", "bf16", "sve_bf16")


def computes_in_bf16(place: "torch.device") -> bool:
    """Whether the processor itself multiplies in bfloat16; emulating it would be slower than float32."""
    import torch

    if place.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if place.type != "cpu" or not hasattr(torch.cpu, "get_capabilities"):  # new in torch 2.12
        return False
    return any(torch.cpu.get_capabilities().get(word) for word in CPU_BF16)


def drop_signal_stack() -> None:
    """Has this thread's signal handlers run on its own stack.

    OpenVINO gives the thread another one, and leaves it set once its memory is freed: the next signal that a Python
    function hears would then end the process (seen with 2026.4).
    """
    if sys.platform == "linux":
        import ctypes

        none = struct.pack("PiN", 0, NO_SIGNAL_STACK, 0)  # stack_t: place, flags, size
        ctypes.CDLL(None).sigaltstack(none, None)


def keep_compiled_code() -> None:
    """Has torch.compile keep what it compiles in our cache: by default it lies in /tmp under a name that all know."""
    with suppress(OSError):  # a disk that is full, or only read: torch says so, or does without
        os.environ.setdefault("TORCHINDUCTOR_CACHE_DIR", str(make_private("compiled")))
