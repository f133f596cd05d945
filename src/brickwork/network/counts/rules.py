"""What other tools count of a layer beyond its MACs, as their sources and runs state it."""

from collections.abc import Callable
from math import prod
from typing import Any, Literal, NamedTuple

from brickwork.errors import BrickworkError
from brickwork.network import historic
from brickwork.network import layers as atoms
from brickwork.network.layer import Layer, Shape
from brickwork.network.lowering.slicing import Slice

ToolName = Literal["fvcore", "torchinfo", "ptflops", "torchvision"]
Rule = Callable[[Any, Shape], int]

BIAS = "biases (1 a number that leaves)"
NORM = "batch norms"
ADAPTIVE = "adaptive pooling (1 a number that enters)"
POOL = "pooling (2 a number that enters: as a module, and again as the function in it)"
RELU = "ReLUs (2 a number: as a module, and again as the function in it)"
RESPONSE = "response norms (4 a number, and what pads them)"
PARTIAL = "a partial convolution"


class Tool(NamedTuple):
    """How a tool counts: what it calls its number, why that is not ours, and what it adds of each kind of layer."""

    version: str  # of which the rules hold
    unit: str
    reason: str
    adds: dict[type[Layer], tuple[str, Rule]]
    in_training: dict[type[Layer], Rule]  # what comes on top where the model is in training mode


def times(factor: int) -> Rule:
    """A rule that counts so much for each number that enters."""
    return lambda layer, shape: factor * prod(shape)


def biases(layer: atoms.Conv | atoms.Linear, shape: Shape) -> int:
    return prod(layer.output(shape)) if layer.bias else 0


def partial_biases(layer: historic.PartialConv, shape: Shape) -> int:
    return prod(layer.output(shape))


def absent_links(layer: historic.PartialConv, shape: Shape) -> int:
    """The MACs of the kernels that are zero: a partial convolution runs as a whole one."""
    whole = atoms.Conv(len(layer.links), layer.kernel)
    return whole.macs(shape) - layer.macs(shape)


def less_macs(layer: Layer, shape: Shape) -> int:
    return -layer.macs(shape)


def count_weights(layer: Layer, shape: Shape) -> int:
    return sum(prod(weight) for weight in layer.weights(shape).values())


def response_norm(layer: atoms.LocalResponseNorm, shape: Shape) -> int:
    """The square, the mean over channels, which reads the padding, too, the factor and the sum."""
    return 4 * prod(shape) + (layer.size - 1) * prod(shape[1:])


FVCORE = Tool(
    "0.1.5",
    "flops",
    "It calls a multiply-add a flop, and counts nothing for biases, activations, other pooling, sums and gates.",
    {
        atoms.BatchNorm: (f"{NORM} (2 a number)", times(2)),
        atoms.GlobalAvgPool: (ADAPTIVE, times(1)),
        atoms.AdaptiveAvgPool: (ADAPTIVE, times(1)),
        historic.PartialConv: (f"{PARTIAL} (which runs with zeros for absent links)", absent_links),
    },
    in_training={atoms.BatchNorm: times(3)},
)

TORCHINFO = Tool(
    "1.8.0",
    "mult-adds",
    "It multiplies weights and biases by where they are used, batch norm's by 1, and counts nothing without weights.",
    {
        atoms.Conv: (BIAS, biases),
        atoms.Linear: (BIAS, biases),
        historic.PartialConv: (BIAS, partial_biases),
        atoms.BatchNorm: (f"{NORM} (their weights, once)", count_weights),
        historic.Subsampling: ("subsampling (its weights, once)", count_weights),
    },
    in_training={},
)

PTFLOPS = Tool(
    "0.7.5",
    "MACs",
    "It counts torch's own modules and functions, and nothing for sigmoids, tanhs, sums, gates and other code.",
    {
        atoms.Conv: (BIAS, biases),
        atoms.Linear: (BIAS, biases),
        atoms.BatchNorm: (f"{NORM} (2 a number)", times(2)),
        atoms.ReLU: (RELU, times(2)),
        atoms.MaxPool: (POOL, times(2)),
        atoms.AvgPool: (POOL, times(2)),
        atoms.GlobalAvgPool: (POOL, times(2)),
        atoms.AdaptiveAvgPool: (POOL, times(2)),
        atoms.LocalResponseNorm: (RESPONSE, response_norm),
        historic.PartialConv: (f"{PARTIAL} (which it does not see)", less_macs),
        historic.Subsampling: ("subsampling (1 a number that enters)", times(1)),
    },
    in_training={},
)

TORCHVISION = Tool(
    "0.29",
    "GFLOPS",
    "Its tables call a multiply-add an operation: they are our MACs, in billions.",
    {historic.PartialConv: (f"{PARTIAL} (which runs with zeros for absent links)", absent_links)},
    in_training={},
)

TOOLS: dict[ToolName, Tool] = {"fvcore": FVCORE, "torchinfo": TORCHINFO, "ptflops": PTFLOPS, "torchvision": TORCHVISION}

KNOWN = {
    atoms.Conv, atoms.Linear, atoms.BatchNorm, atoms.LocalResponseNorm, atoms.ReLU, atoms.Tanh, atoms.Sigmoid,
    atoms.MaxPool, atoms.AvgPool, atoms.GlobalAvgPool, atoms.AdaptiveAvgPool, atoms.Flatten, atoms.Dropout,
    atoms.StochasticDepth, atoms.Scale, atoms.PadShortcut, Slice, historic.PartialConv, historic.Subsampling,
    historic.RadialBasis,
}  # fmt: skip


def find_tool(name: ToolName) -> Tool:
    if name not in TOOLS:
        raise BrickworkError(f"tool {name!r:.80} is none of {', '.join(TOOLS)}.")
    return TOOLS[name]
