"""A benchmark of engines as tables and as a document."""

from dataclasses import asdict
from math import isfinite

from brickwork.exporting.bench.bench import BOUNDS, BatchBench, NetworkBench, Timing
from brickwork.exporting.bench.rates import Machine
from brickwork.network import summary_line
from brickwork.network.columns import RULE, Row, format_columns

HEAD = ("batch", "engine", "precision", "ms", "95 %", "images/s", "eager", "peak", "difference")


def bench_text(machine: Machine, versions: dict[str, str], benches: list[NetworkBench], width: int) -> str:
    """The machine, and a table for each network."""
    parts = [machine_text(machine, versions), *(network_text(found, machine, width) for found in benches)]
    return "\n\n".join([*parts, legend()])


def machine_text(machine: Machine, versions: dict[str, str]) -> str:
    gemm = ", ".join(f"{rate / 1e9:,.0f} GFLOP/s in {precision}" for precision, rate in machine.gemm.items())
    engines = ", ".join(f"{name} {number}" for name, number in versions.items())
    threads = f"{machine.threads} thread{'s'[: machine.threads != 1]}"
    return f"{machine.processor}, {threads}: matrix products {gemm}; copies {machine.copy / 1e9:.1f} GB/s.\n{engines}."


def network_text(found: NetworkBench, machine: Machine, width: int) -> str:
    rows: list[Row] = [HEAD, RULE]
    for batch in found.batches:
        rows += [_cells(timing, batch, found, machine) for timing in batch.timings]
    lines = format_columns(rows, ">=<>>>>>>", width)
    slowest = ", ".join(f"{path} {share:.0%}" for path, share in found.slowest)
    return "\n".join([summary_line(found.network), "", *lines, f"Slowest layers in eager torch: {slowest}."])


def _cells(timing: Timing, batch: BatchBench, found: NetworkBench, machine: Machine) -> tuple[str, ...]:
    name = " ".join(filter(None, (timing.engine, timing.variant)))
    if timing.seconds is None:
        fault = "wrong" if isfinite(timing.difference) else "cannot"
        return str(batch.batch), name, timing.precision, fault, "", "", "", "", f"{timing.difference:.0e}"
    middle, low, high = timing.seconds
    mark = " <" if timing is batch.winner else ""
    times = f"{middle * 1e3:.4g}", f"{low * 1e3:.4g}-{high * 1e3:.4g}", f"{batch.batch / middle:,.4g}"
    faster = f"{timing.faster.median:.2f}x" if timing.faster else ""
    peak = f"{peak_share(timing, batch.batch, found, machine):.0%}"
    return str(batch.batch), f"{name}{mark}", timing.precision, *times, faster, peak, f"{timing.difference:.0e}"


def peak_share(timing: Timing, batch: int, found: NetworkBench, machine: Machine) -> float:
    """The network's own multiply-adds in this time, as a share of the machine's matrix product in that precision."""
    assert timing.seconds, "only what was timed has a share"
    return 2 * found.macs * batch / timing.seconds.median / machine.gemm[timing.precision]


def copy_share(timing: Timing, found: NetworkBench, machine: Machine) -> float:
    """The time to read the weights once at the machine's rate of copies, as a share of this time."""
    assert timing.seconds, "only what was timed has a share"
    size = found.weights / (2 if timing.precision == "bf16" else 1)
    return size / machine.copy / timing.seconds.median


def legend() -> str:
    bounds = ", ".join(f"{bound:g} in {precision}" for precision, bound in BOUNDS.items())
    return (
        "<: the fastest. eager: how many times as fast as eager torch. peak: 2 x MACs in this time, as a share of the\n"
        "matrix products above. difference: of the logits from eager torch's, relative to the largest; beyond the\n"
        f"bound ({bounds}) it is wrong and not timed; cannot: not this network. Medians of rounds in turns."
    )


def bench_document(machine: Machine, versions: dict[str, str], benches: list[NetworkBench]) -> dict[str, object]:
    """What `bench --json` prints."""
    return {
        "machine": asdict(machine),
        "versions": versions,
        "networks": [_network_document(found, machine) for found in benches],
    }


def _network_document(found: NetworkBench, machine: Machine) -> dict[str, object]:
    return {
        "name": found.network.name,
        "input": found.network.input,
        "macs": found.macs,
        "batches": [_batch_document(batch, found, machine) for batch in found.batches],
        "slowest": [{"path": path, "share": share} for path, share in found.slowest],
    }


def _batch_document(batch: BatchBench, found: NetworkBench, machine: Machine) -> dict[str, object]:
    return {
        "batch": batch.batch,
        "fastest": batch.timings.index(batch.winner),
        "timings": [_timing_document(timing, batch.batch, found, machine) for timing in batch.timings],
    }


def _timing_document(timing: Timing, batch: int, found: NetworkBench, machine: Machine) -> dict[str, object]:
    shares = (
        {
            "peak_share": peak_share(timing, batch, found, machine),
            "copy_share": copy_share(timing, found, machine),
        }
        if timing.seconds
        else {}
    )
    names = {"engine": timing.engine, "variant": timing.variant, "precision": timing.precision}
    times = {
        "seconds": timing.seconds._asdict() if timing.seconds else None,
        "faster": timing.faster._asdict() if timing.faster else None,
    }
    return {**names, "difference": timing.difference, **times, **shares}
