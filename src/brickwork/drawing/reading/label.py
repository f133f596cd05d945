"""Labels of boxes, as papers write them: 3x3 conv, 128, /2."""

from brickwork.network import Block, Layer, Shape
from brickwork.network.historic import PartialConv, RadialBasis, Subsampling
from brickwork.network.layer import Pair, Size, pair, shape_text
from brickwork.network.layers import (
    AdaptiveAvgPool,
    AvgPool,
    BatchNorm,
    Conv,
    Dropout,
    Flatten,
    GlobalAvgPool,
    Linear,
    LocalResponseNorm,
    MaxPool,
    PadShortcut,
    ReLU,
    Scale,
    Sigmoid,
    StochasticDepth,
    Tanh,
)
from brickwork.network.text import span

LONGEST = 28  # characters of the label of a layer of one's own

STRIPES = {BatchNorm: "batch norm", ReLU: "ReLU", Tanh: "tanh", Sigmoid: "sigmoid"}  # drawn on a box's edge

LOOKS = {
    Conv: "conv",
    PartialConv: "conv",
    Linear: "dense",
    RadialBasis: "dense",
    MaxPool: "pool",
    AvgPool: "pool",
    GlobalAvgPool: "pool",
    AdaptiveAvgPool: "pool",
    Subsampling: "pool",
}


def look_of(layer: Layer) -> str:
    return LOOKS.get(type(layer), "other")


def layer_label(layer: Layer, input: Shape) -> str:
    """A layer as a paper's figure names it; `input` is the shape that reaches it."""
    match layer:
        case Conv(out, kernel):
            kind = "depthwise conv" if layer.groups == input[0] > 1 else "conv"
            groups = f", {layer.groups} groups" if layer.groups > 1 and kind == "conv" else ""
            return f"{kernel_text(kernel)} {kind}, {out}{step_text(layer.strides())}{groups}"
        case PartialConv(links, kernel):
            return f"{kernel_text(kernel)} conv, {len(links)}, partial"
        case Linear(out):
            return f"dense, {out}"
        case RadialBasis(codes):
            return f"radial basis, {len(codes)}"
        case PadShortcut(out, stride):
            return f"pad to {out}{step_text((stride, stride))}"
        case MaxPool() | AvgPool():
            kind = "max pool" if isinstance(layer, MaxPool) else "avg pool"
            return f"{kernel_text(layer.kernel)} {kind}{step_text(layer.strides())}"
    return plain_label(layer)


def plain_label(layer: Layer) -> str:
    """The label of a layer whose input says nothing."""
    match layer:
        case GlobalAvgPool():
            return "global avg pool"
        case AdaptiveAvgPool(size):
            return f"avg pool to {kernel_text(size)}"
        case Subsampling():
            return "2x2 subsampling, /2"
        case LocalResponseNorm():
            return "response norm"
        case Dropout():
            return "dropout"
        case StochasticDepth():
            return "stochastic depth"
        case Flatten():
            return "flatten"
        case Scale(factor):
            return f"times {factor:g}"
    words = STRIPES.get(type(layer)) or repr(layer)
    return words if len(words) <= LONGEST else f"{words[: LONGEST - 1]}…"


def rate_of(layer: Layer) -> float | None:
    """The chance to be dropped, which a label says apart."""
    match layer:
        case Dropout(p):
            return p
        case StochasticDepth(drop):
            return drop
    return None


def kernel_text(size: Size) -> str:
    return shape_text(pair(size))


def step_text(stride: Pair) -> str:
    """How a stride stands in a label: nothing where it is 1."""
    return f", /{span(stride)}" if max(stride) > 1 else ""


def block_label(block: Block, input: Shape, output: Shape) -> str:
    """A closed block: its name, its channels, and by how much the map is smaller."""
    name = block.name.replace("_", " ")
    name = f"{name} block" if len(name) == 1 else name
    maps = len(input) == len(output) == 3
    shrink = (round(input[1] / output[1]), round(input[2] / output[2])) if maps else (1, 1)
    return f"{name}, {output[0]}{step_text(shrink)}"


def rates_text(rates: tuple[float, ...]) -> str:
    """The range of chances to be dropped: 0.5, or 0.02 to 0.5."""
    low, high = (f"{value:.2g}" for value in (min(rates), max(rates)))
    return low if low == high else f"{low} to {high}"


def names_text(names: tuple[str, ...]) -> str:
    """The names of equal parts, as a range: 6c, or 6c to 6e."""
    return names[0] if len(set(names)) == 1 else f"{names[0]} to {names[-1]}"
