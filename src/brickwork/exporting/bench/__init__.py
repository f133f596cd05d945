"""Benchmark of engines: what runs a network fastest on this machine, with outputs compared before anything is timed."""

from brickwork.exporting.bench.bench import BenchPlan, NetworkBench, bench
from brickwork.exporting.bench.rates import Machine, measure_machine
from brickwork.exporting.bench.report import bench_document, bench_text

__all__ = ["BenchPlan", "Machine", "NetworkBench", "bench", "bench_document", "bench_text", "measure_machine"]
