"""Limits: what a network costs, judged by arithmetic before any of it is built or any image is decoded."""

from math import prod

from brickwork.errors import BrickworkError
from brickwork.network.cost import cost
from brickwork.network.historic import PartialConv
from brickwork.network.layer import Layer, Shape, Window, pair, shape_text
from brickwork.network.layers import AdaptiveAvgPool, LocalResponseNorm, Pool
from brickwork.network.network import Network
from brickwork.network.propagate import Row

FLOAT = 4  # bytes of a number in float32
MOST_BYTES = 16 << 30  # of one layer's maps for one image
MOST_OPERATIONS = 10**13  # for one image: minutes, where ResNet-152 on 224x224 has 1.2e10


def check_limits(network: Network, memory: int) -> None:
    """Raises BrickworkError where weights or one image's maps need more memory (bytes), or an image takes for ever.

    It is a lower bound of what is needed: what is refused could not have been computed.
    """
    total = cost(network)
    weights = FLOAT * total.params_with_side_heads
    if weights > memory:
        raise BrickworkError(f"{network.name}: its weights take {gigabytes(weights)}, {free_text(memory)}.")
    rows = total.rows_with_side_heads
    largest = max(rows, key=row_bytes, default=None)
    if largest and row_bytes(largest) > min(memory, MOST_BYTES):
        raise BrickworkError(
            f"{network.name} on {shape_text(network.input)}: {largest.path} takes {gigabytes(row_bytes(largest))} for "
            f"one image, {free_text(min(memory, MOST_BYTES))}."
        )
    if (operations := sum(map(row_operations, rows))) > MOST_OPERATIONS:
        raise BrickworkError(
            f"{network.name} on {shape_text(network.input)}: one image takes {operations:.1e} operations, and more "
            f"than {MOST_OPERATIONS:.0e} are not begun: take a smaller input."
        )


def images_at_once(network: Network, memory: int, most: int) -> int:
    """How many images can be computed at a time: `most`, or as many as a quarter of the memory takes; 1 at least."""
    return max(1, min(most, memory // 4 // max(map(row_bytes, cost(network).rows_with_side_heads), default=1)))


def row_bytes(row: Row) -> int:
    """Bytes for one image while a layer computes: what it reads, with its padding, and what it writes."""
    return FLOAT * sum(working_numbers(layer, row.input) for layer in row.parts if isinstance(layer, Layer)) + row.bytes


def row_operations(row: Row) -> int:
    layers = (layer for layer in row.parts if isinstance(layer, Layer))
    return max(row.macs, *(operations_of(layer, row.input, row.output) for layer in layers))


def working_numbers(layer: Layer, shape: Shape) -> int:
    """The numbers that a layer reads, as torch lays them out."""
    match layer:
        case Window():
            high, wide = pair(layer.padding)
            return shape[0] * (shape[1] + 2 * high) * (shape[2] + 2 * wide)
        case LocalResponseNorm():
            return (shape[0] + layer.size) * prod(shape[1:])
        case PartialConv():
            return prod(shape) + len(layer.links) * shape[0] * layer.kernel**2  # of all maps with all maps
    return prod(shape)


def operations_of(layer: Layer, shape: Shape, output: Shape) -> int:
    """The numbers that a layer reads for all that it writes, one by one."""
    match layer:
        case Pool() | AdaptiveAvgPool():
            return prod(output) * prod(layer.window(shape)[0])
        case LocalResponseNorm():
            return prod(shape) * layer.size
    return prod(output)


def gigabytes(size: int) -> str:
    return f"{size / 1e9:,.1f} GB"


def free_text(memory: int) -> str:
    return f"and {gigabytes(memory)} can be had: take a smaller one, or a machine with more memory"
