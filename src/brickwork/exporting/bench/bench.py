"""Bench: every engine's logits held against eager torch's, then its time beside the machine's own rates."""

from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from importlib.util import find_spec
from math import inf

import numpy as np
import torch
from numpy.typing import NDArray

from brickwork.errors import BrickworkError, require
from brickwork.exporting.bench.contestants import Contestant, Logits, contestants
from brickwork.exporting.bench.layers import slowest_layers
from brickwork.exporting.bench.random import pictures
from brickwork.exporting.bench.timing import Spread, interleave, ratio_spread, spread
from brickwork.exporting.engines import FP32
from brickwork.machine import compute_threads, cores
from brickwork.model import Model, ModelFile
from brickwork.network import Network, cost
from brickwork.runtime.choice import BF16

BOUNDS = {FP32: 1e-4, BF16: 0.2}  # of the logits' difference, relative to the largest; random weights amplify bf16's
EXTRAS = {"torch": "train", "compile": "train", "onnxruntime": "onnx", "openvino": "openvino"}
ENGINES = ("torch", "onnxruntime", "openvino")  # torch.compile is asked for by name: it takes minutes


@dataclass(frozen=True)
class BenchPlan:
    """What is measured."""

    batches: tuple[int, ...] = (1, 8, 32)
    engines: tuple[str, ...] = ()  # () is those that are installed
    allow: tuple[str, ...] = ()  # precisions below float32
    seconds: float = 10  # for each batch of a network

    def __post_init__(self) -> None:
        unknown = [*({*self.engines} - {*EXTRAS}), *({*self.allow} - {BF16})]
        if unknown:
            raise BrickworkError(
                f"{unknown[0]!r:.60} is none: engines are {', '.join(EXTRAS)}; what can be allowed is {BF16}."
            )

    def chosen(self) -> tuple[str, ...]:
        """The engines to measure; raises BrickworkError where one that was asked for is missing."""
        for engine in self.engines:
            require("torch" if engine == "compile" else engine, EXTRAS[engine], f"bench --engine {engine}")
        has_export = all(map(find_spec, ("onnx", "onnxscript")))
        if {*self.engines} & {"onnxruntime", "openvino"} and not has_export:
            require("onnxscript", "export", "bench of an exported model")
        return self.engines or tuple(e for e in ENGINES if find_spec(e) and (e == "torch" or has_export))


@dataclass(frozen=True)
class Timing:
    """One way to run a model at one batch."""

    engine: str
    variant: str
    precision: str
    difference: float  # from eager torch's logits, relative to the largest
    seconds: Spread | None  # of a batch; None where the difference is beyond the bound, and nothing was timed
    faster: Spread | None = None  # than eager torch


@dataclass(frozen=True)
class BatchBench:
    """All ways at one batch, the reference first."""

    batch: int
    timings: tuple[Timing, ...]

    @property
    def winner(self) -> Timing:
        """The fastest of those whose logits are right."""
        return min((t for t in self.timings if t.seconds), key=lambda t: t.seconds or ())


@dataclass(frozen=True)
class NetworkBench:
    """A network's times at every batch."""

    network: Network
    batches: tuple[BatchBench, ...]
    slowest: tuple[tuple[str, float], ...]  # layers in eager torch at the first batch, with their shares

    @property
    def macs(self) -> int:
        return cost(self.network).macs

    @property
    def weights(self) -> int:
        """Bytes of the parameters in float32."""
        return 4 * cost(self.network).params


def bench(file: ModelFile, plan: BenchPlan) -> NetworkBench:
    """Measure a model with every engine of a plan."""
    with compute_threads(cores()):
        ways = contestants(file, plan.chosen(), (FP32, *plan.allow))
        batches = tuple(bench_batch(file.model, ways, batch, plan.seconds) for batch in plan.batches)
        slowest = slowest_layers(file.model, torch.rand(plan.batches[0], *file.model.network.input))
    return NetworkBench(file.model.network, batches, tuple(slowest))


def bench_batch(model: Model, ways: list[Contestant], batch: int, seconds: float) -> BatchBench:
    """Compare, then time those that agree, in turns."""
    pixels = pictures(model.network, batch)
    differences = compare(ways, pixels)
    agreeing = [way for way, found in zip(ways, differences, strict=True) if found <= BOUNDS[way.precision]]
    times = interleave([partial(way.run, pixels) for way in agreeing], seconds)
    timed = dict(zip(agreeing, times, strict=True))
    found = zip(ways, differences, strict=True)
    return BatchBench(batch, tuple(_timing(way, difference, timed.get(way), times[0]) for way, difference in found))


def _timing(way: Contestant, difference: float, times: list[float] | None, eager: list[float]) -> Timing:
    if times is None:
        return Timing(way.engine, way.variant, way.precision, difference, None)
    return Timing(way.engine, way.variant, way.precision, difference, spread(times), ratio_spread(eager, times))


def compare(ways: list[Contestant], pixels: NDArray[np.uint8]) -> list[float]:
    """The largest difference of any logit from the first way's, relative to the largest logit.

    Infinite where a way cannot run this network, as local response norm has no bfloat16 in torch.
    """
    wanted = ways[0].run(pixels)
    return [_difference(way, pixels, wanted) for way in ways]


def _difference(way: Contestant, pixels: NDArray[np.uint8], wanted: Logits) -> float:
    try:
        found = way.run(pixels)
    except RuntimeError:
        return inf
    return float(np.abs(found - wanted).max() / np.abs(wanted).max())


def engine_versions(engines: tuple[str, ...]) -> dict[str, str]:
    """The versions of the packages behind engines."""
    packages = dict.fromkeys("torch" if engine == "compile" else engine for engine in ("torch", *engines))
    return {package: version(package) for package in packages}
