"""What the machine has for reading images: cores and memory."""

import os
from pathlib import Path

ASSUMED = 4 << 30  # bytes, where the system does not say


def cores() -> int:
    """Those that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def free_memory() -> int:
    """Bytes that this process may still take: of the machine, and where there is less of it, of its container."""
    return min((of_machine(Path("/proc/meminfo")), *of_container(Path("/sys/fs/cgroup"))))


def of_machine(meminfo: Path) -> int:
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


def of_container(group: Path) -> tuple[int, ...]:
    """A container's limit less what it has taken; none where there is no limit (cgroup v2)."""
    try:
        limit, taken = ((group / f"memory.{name}").read_text().strip() for name in ("max", "current"))
    except OSError:
        return ()
    return (max(0, int(limit) - int(taken)),) if limit.isdigit() else ()
