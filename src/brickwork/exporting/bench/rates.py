"""The machine's own rates: matrix products in GFLOP/s and copies in GB/s, which a network's time is held against."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import torch

from brickwork.machine import compute_threads, cores, processor_name

SIDE = 1536  # of the matrices: 9 MB each in float32, beyond most caches of one core
COPIED = 128 << 20  # bytes
REPEATS = 5


@dataclass(frozen=True)
class Machine:
    """A processor with its measured rates; one that is busy measures lower."""

    processor: str
    threads: int
    gemm: dict[str, float]  # FLOP/s of a matrix product, by precision
    copy: float  # bytes/s of a copy, read and written bytes both counted

    def best(self, other: "Machine") -> "Machine":
        """The higher of each rate: what the machine does in its quieter moment."""
        gemm = {precision: max(rate, other.gemm[precision]) for precision, rate in self.gemm.items()}
        return replace(self, gemm=gemm, copy=max(self.copy, other.copy))


def measure_machine(precisions: tuple[str, ...] = ("fp32", "bf16")) -> Machine:
    """The rates of a matrix product in each precision and of a copy, each the best of five."""
    with compute_threads(cores()), torch.inference_mode():
        gemm = {precision: gemm_rate(DTYPES[precision]) for precision in precisions}
        return Machine(processor_name(), cores(), gemm, copy_rate())


DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16}


def gemm_rate(dtype: torch.dtype) -> float:
    """FLOP/s of a square matrix product: 2 n^3 operations."""
    a, b = (torch.randn(SIDE, SIDE, dtype=dtype) for _ in range(2))
    out = torch.empty(SIDE, SIDE, dtype=dtype)
    return 2 * SIDE**3 / shortest(lambda: torch.mm(a, b, out=out))


def copy_rate() -> float:
    """Bytes/s of a copy beyond the caches."""
    source = torch.ones(COPIED // 4)
    target = torch.empty_like(source)
    return 2 * COPIED / shortest(lambda: target.copy_(source))


def shortest(work: Callable[[], object]) -> float:
    """Seconds of the shortest of some runs, after one that is not counted."""
    work()
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)
