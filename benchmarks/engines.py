"""How fast the chosen engine is: against eager torchvision, and against ONNX Runtime and OpenVINO run by hand.

    python benchmarks/engines.py [SECONDS [NETWORK...]]

Eight networks at batch 1 and 16 with random weights; SECONDS (8) for each. Peers are what one writes without
Brickwork, in the same rounds: torchvision's model in eager torch (Brickwork's own where torchvision has none), and
torch.onnx.export of the same model run by onnxruntime in float32 and by openvino in float32 and bfloat16, as many
threads as there are cores. They take normalised float32 images; ours take bytes and normalise them. The chosen engine
is the fastest of `brickwork bench` with bf16 allowed. "eager" is how many times as fast it is as the eager peer, "best"
as the best peer by hand of the chosen one's precision; medians of ratios within rounds with their 95 % intervals.
"""

import gc
import io
import logging
import sys
import warnings
from collections.abc import Callable
from functools import partial
from math import prod

import numpy as np
import onnxruntime
import openvino
import torch
import torchvision
from torch import nn

from brickwork import zoo
from brickwork.exporting.bench import Machine, measure_machine
from brickwork.exporting.bench.bench import BOUNDS, compare
from brickwork.exporting.bench.contestants import Contestant, contestants
from brickwork.exporting.bench.random import pictures, random_file
from brickwork.exporting.bench.timing import Spread, interleave, ratio_spread, spread
from brickwork.machine import compute_threads, cores
from brickwork.network import Network, cost
from brickwork.network.columns import RULE, Row, format_columns

NETWORKS = ("alexnet", "vgg16", "nin", "googlenet", "inception_v3", "resnet18", "resnet50", "lenet5")
TORCHVISION = {"vgg16", "googlenet", "inception_v3", "resnet18", "resnet50"}  # its alexnet is another network
BATCHES = (1, 16)
ENGINES = ("torch", "onnxruntime", "openvino")
HEAD = ("network", "batch", "chosen", "precision", "ms", "eager ms", "eager", "best", "by hand", "peak")

Work = Callable[[], object]


def peer_model(network: Network, own: nn.Module) -> nn.Module:
    """Torchvision's model of this name, or else the network as it was built, both in evaluation mode."""
    if network.name not in TORCHVISION:
        return own
    aside = {"aux_logits": True, "init_weights": False} if network.name in ("googlenet", "inception_v3") else {}
    return torchvision.models.get_model(network.name, weights=None, **aside).eval()


def onnx_bytes(model: nn.Module, images: torch.Tensor) -> bytes:
    """The model as torch.onnx.export writes it, with a dynamic batch."""
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        sample = images[:1].repeat(2, 1, 1, 1)
        shapes = ({0: torch.export.Dim("batch")},)
        program = torch.onnx.export(model, (sample,), dynamo=True, dynamic_shapes=shapes, verbose=False)
    assert program is not None
    file = io.BytesIO()
    program.save(file)
    return file.getvalue()


def onnxruntime_peer(content: bytes) -> Callable[[np.ndarray], object]:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = cores()
    session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return lambda images: session.run(None, {name: images})[0]


def openvino_peer(content: bytes, precision: str) -> Callable[[np.ndarray], object]:
    core = openvino.Core()
    config = {"INFERENCE_PRECISION_HINT": precision, "INFERENCE_NUM_THREADS": cores(), "PERFORMANCE_HINT": "LATENCY"}
    compiled = core.compile_model(core.read_model(content), "CPU", config)
    return lambda images: compiled(images)[0]


def peers(network: Network, own: nn.Module) -> dict[tuple[str, str], Callable[[np.ndarray], object]]:
    """What one writes by hand, by its name and precision; eager torch first."""
    model = peer_model(network, own)
    images = torch.zeros(1, *network.input)
    content = onnx_bytes(model, images)

    @torch.inference_mode()
    def eager(images: np.ndarray) -> object:
        return model(torch.from_numpy(images))

    return {
        ("eager", "fp32"): eager,
        ("onnxruntime", "fp32"): onnxruntime_peer(content),
        ("openvino", "fp32"): openvino_peer(content, "f32"),
        ("openvino", "bf16"): openvino_peer(content, "bf16"),
    }


def choose(ways: list[Contestant], pixels: np.ndarray) -> Contestant:
    """The fastest way whose logits are right, by a short bench of its own."""
    differences = compare(ways, pixels)
    right = [way for way, found in zip(ways, differences, strict=True) if found <= BOUNDS[way.precision]]
    times = interleave([partial(way.run, pixels) for way in right], 2)
    return min(zip(right, times, strict=True), key=lambda pair: spread(pair[1]))[0]


def text(found: Spread) -> str:
    return f"{found.median:.2f} ({found.low:.2f}-{found.high:.2f})"


def measure(name: str, seconds: float, machine: Machine) -> list[tuple[Row, float]]:
    """A row for each batch, with the ratio to eager."""
    network = zoo.network(name)
    file = random_file(network)
    ways = contestants(file, ENGINES, ("fp32", "bf16"))
    by_hand = peers(network, file.model)
    return [_measure(network, ways, by_hand, batch, seconds, machine) for batch in BATCHES]


def _measure(
    network: Network,
    ways: list[Contestant],
    by_hand: dict[tuple[str, str], Callable[[np.ndarray], object]],
    batch: int,
    seconds: float,
    machine: Machine,
) -> tuple[Row, float]:
    pixels = pictures(network, batch)
    images = (pixels / 255).astype(np.float32)
    chosen = choose(ways, pixels)
    works: list[Work] = [partial(chosen.run, pixels), *(partial(run, images) for run in by_hand.values())]
    ours, eager, *others = interleave(works, seconds)
    engines = [(key, times) for key, times in zip(list(by_hand)[1:], others, strict=True) if key[1] == chosen.precision]
    (best, _), best_times = min(engines, key=lambda engine: spread(engine[1]))
    faster, share = ratio_spread(eager, ours), ratio_spread(best_times, ours)
    middle = spread(ours).median
    peak = 2 * cost(network).macs * batch / middle / machine.gemm[chosen.precision]
    name = " ".join(filter(None, (chosen.engine, chosen.variant)))
    times = f"{middle * 1e3:.4g}", f"{spread(eager).median * 1e3:.4g}"
    row = network.name, str(batch), name, chosen.precision, *times, text(faster), text(share), best, f"{peak:.0%}"
    return row, faster.median


def main(seconds: str = "8", *names: str) -> None:
    machine = measure_machine()
    rows: list[Row] = [HEAD, RULE]
    ratios: dict[str, list[float]] = {}
    with compute_threads(cores()):
        for name in names or NETWORKS:
            found = measure(name, float(seconds), machine)
            rows += [row for row, _ in found]
            ratios[name] = [ratio for _, ratio in found]
            machine = machine.best(measure_machine())
            print(*format_columns(rows, "<><<>>>><>"), sep="\n", flush=True)
            gc.collect()
    large = [ratio for name, found in ratios.items() if name != "lenet5" for ratio in found]
    gemm = ", ".join(f"{rate / 1e9:.0f} GFLOP/s in {precision}" for precision, rate in machine.gemm.items())
    print(f"\n{machine.processor}, {machine.threads} threads: {gemm}, copies {machine.copy / 1e9:.1f} GB/s.")
    print(f"torch {torch.__version__}, onnxruntime {onnxruntime.__version__}, openvino {openvino.__version__}")
    if large:
        print(f"geometric mean over eager, {len(large)} rows: {prod(large) ** (1 / len(large)):.2f}")
    if "lenet5" in ratios:
        print(f"lenet5 at batch 1 over eager: {ratios['lenet5'][0]:.2f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
