"""The machine: cores and memory as this process may use them, and the device that computes."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

ASSUMED = 4 << 30  # bytes, where the system does not say


def cores() -> int:
    """Those that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def free_memory() -> int:
    """Bytes that this process may still take: of the machine, and where there is less of it, of its container."""
    return min((available_memory(Path("/proc/meminfo")), *container_memory(Path("/sys/fs/cgroup"))))


def available_memory(meminfo: Path) -> int:
    """What is available, disk caches that can be dropped included."""
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
    """A container's limit less what it has taken; none where there is no limit (cgroup v2)."""
    try:
        limit, taken = ((group / f"memory.{name}").read_text().strip() for name in ("max", "current"))
    except OSError:
        return ()
    return (max(0, int(limit) - int(taken)),) if limit.isdigit() else ()


def device() -> "torch.device":
    """The first CUDA device where there is one, otherwise the CPU."""
    import torch

    return torch.device("cuda" if torch.cuda.is_available() else "cpu")
