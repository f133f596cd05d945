"""What each layer's backward keeps, as torch's derivatives state it (tools/autograd/derivatives.yaml)."""

from collections.abc import Callable
from math import prod
from typing import Any

from brickwork.network import historic
from brickwork.network import layers as atoms
from brickwork.network.layer import Keeps, Layer, Shape
from brickwork.network.lowering.slicing import Slice

FLOAT, INDEX = 4, 8  # bytes of a number in float32, and of an index in int64
NOTHING, INPUT, OUTPUT = Keeps(), Keeps(input=True), Keeps(output=True)


def keeps(layer: Layer, shape: Shape) -> Keeps:
    """What a layer's backward keeps of one image of a shape; a layer of one's own says it itself."""
    rule = KEEPS.get(type(layer))
    return rule(layer, shape) if rule else layer.keeps(shape)


def of_product(layer: atoms.Conv | atoms.Linear, shape: Shape) -> Keeps:
    """The input; the weights are there anyhow, but their copy in bfloat16 is not."""
    return Keeps(input=True, weight=prod(layer.weights(shape)["weight"]))


def of_norm(layer: atoms.BatchNorm, shape: Shape) -> Keeps:
    """The input, and each channel's mean and inverse deviation over the batch."""
    return Keeps(input=True, statistics=2 * FLOAT * shape[0])


def of_response_norm(layer: atoms.LocalResponseNorm, shape: Shape) -> Keeps:
    """The input, and in float32 its padded squares, their sum before the power and after it."""
    padded = shape[0] + layer.size - 1
    return Keeps(input=True, bytes=FLOAT * (padded + 2 * shape[0]) * prod(shape[1:]), widens=True)


def of_max_pool(layer: atoms.MaxPool, shape: Shape) -> Keeps:
    """The input, and where in it each maximum stood."""
    return Keeps(input=True, bytes=INDEX * prod(layer.output(shape)))


def of_tanh(layer: atoms.Tanh, shape: Shape) -> Keeps:
    """Its output, or where that is scaled, the tanh itself."""
    return OUTPUT if (layer.scale, layer.slope) == (1, 1) else Keeps(own=prod(shape))


def of_partial(layer: historic.PartialConv, shape: Shape) -> Keeps:
    """The input, and all maps' kernels with all maps, which are laid out anew in each step."""
    whole = len(layer.links) * shape[0] * layer.kernel**2
    links = sum(map(len, layer.links))
    return Keeps(input=True, statistics=2 * INDEX * links, weight=whole, fresh=True)


KEEPS: dict[type[Layer], Callable[[Any, Shape], Keeps]] = {
    atoms.Conv: of_product,
    atoms.Linear: of_product,
    atoms.BatchNorm: of_norm,
    atoms.LocalResponseNorm: of_response_norm,
    atoms.ReLU: lambda layer, shape: OUTPUT,
    atoms.Sigmoid: lambda layer, shape: OUTPUT,
    atoms.Tanh: of_tanh,
    atoms.MaxPool: of_max_pool,
    atoms.AvgPool: lambda layer, shape: INPUT,
    atoms.GlobalAvgPool: lambda layer, shape: NOTHING,  # a mean's gradient is the same everywhere
    atoms.AdaptiveAvgPool: lambda layer, shape: NOTHING if layer.size in (1, (1, 1)) else INPUT,
    atoms.Flatten: lambda layer, shape: NOTHING,
    atoms.Dropout: lambda layer, shape: Keeps(mask=prod(shape)) if 0 < layer.p < 1 else NOTHING,
    atoms.StochasticDepth: lambda layer, shape: Keeps(own=1) if layer.each == "image" else Keeps(statistics=FLOAT),
    atoms.Scale: lambda layer, shape: NOTHING,
    atoms.PadShortcut: lambda layer, shape: NOTHING,
    Slice: lambda layer, shape: NOTHING,
    historic.PartialConv: of_partial,
    historic.Subsampling: lambda layer, shape: Keeps(input=True, own=prod(layer.output(shape)), widens=True),
    historic.RadialBasis: lambda layer, shape: Keeps(bytes=FLOAT * len(layer.codes) * shape[0]),
}
