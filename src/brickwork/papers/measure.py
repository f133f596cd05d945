"""What a network has where a paper prints a cell: the same words, from the expression and its cost."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from math import prod

from brickwork.network import Block, Chain, Concat, Cost, Expr, Gate, Layer, Named, Network, OnChange, Residual, Row
from brickwork.network.arithmetic.depth import count_depth
from brickwork.network.historic import PartialConv, RadialBasis, Subsampling
from brickwork.network.layer import pair, shape_text
from brickwork.network.layers import BatchNorm, Conv, Linear


@dataclass(frozen=True)
class Measured:
    """A network with its cost, and what stands at each path of it."""

    network: Network
    total: Cost

    @cached_property
    def rows(self) -> dict[str, Row]:
        """The rows of all depths, and those of the side heads."""
        every = [row for depth in ("stage", "block", "layer") for row in self.total.at(depth)]
        return {row.path: row for row in (*every, *self.total.rows_with_side_heads)}

    def parts(self, path: str) -> tuple[Expr, ...]:
        sides = {side.name: (side.body,) for side in self.network.side_heads}
        return sides[path] if path in sides else self.rows[path].parts if path else self.network.parts()

    def inside(self, path: str) -> list[Row]:
        """The layers of a part; without a path, those of the network without its side heads."""
        rows = self.total.rows_with_side_heads if path else self.total.rows
        return [row for row in rows if not path or row.path == path or row.path.startswith(f"{path}.")]


def output_text(found: Measured, path: str, printed: str) -> str:
    """Height x width x channels, as papers print it; only the two, or only the channels, where those are printed."""
    shape = found.rows[path].output
    if len(shape) == 1:
        return f"1x1x{shape[0]}" if printed.count("x") == 2 else str(shape[0])
    channels, *size = shape
    return {0: str(channels), 1: shape_text(tuple(size))}.get(printed.count("x"), shape_text((*size, channels)))


def map_text(found: Measured, path: str, printed: str) -> str:
    """Channels x height x width, as slides have it; without the channels where those are left out."""
    shape = found.rows[path].output
    return shape_text(shape[1:] if printed.count("x") == 1 else shape)


def input_text(found: Measured, path: str, printed: str) -> str:
    channels, *size = found.network.input
    return shape_text((*size, channels))


def filters_text(found: Measured, path: str, printed: str) -> str:
    """Kernel and filters of each convolution and dense layer, in order; equal neighbours once: 3 x (3x3 64, 3x3 64).

    An Inception block has those of each path, kernels of 1x1 left out: 64, 96-128(3x3), 16-32(5x5), 32.
    """
    parts = [open_blocks(part) for part in flat(found.parts(path))]
    if len(parts) == 1 and isinstance(parts[0], Concat):
        return paths_text(parts[0])
    units = list(filter(None, (", ".join(filters(part)) for part in parts)))
    groups = [(text, len(list(same))) for text, same in groupby(units)]
    return ", ".join(repeat(text, times) for text, times in groups)


def repeat(text: str, times: int) -> str:
    """A unit so many times; single layers each by themselves."""
    return f"{times} x ({text})" if times > 1 and "," in text else ", ".join([text] * times)


def flat(parts: tuple[Expr, ...]) -> Iterator[Expr]:
    """The parts of chains in place of the chains."""
    for part in parts:
        yield from flat(part.parts) if isinstance(part, Chain) else [part]


def filters(expr: Expr) -> Iterator[str]:
    """The filters of an expression without its shortcuts, which papers' tables leave out."""
    match expr:
        case Conv() | PartialConv() | Linear():
            yield filter_text(expr)
        case Chain(parts) | Concat(parts):
            for part in parts:
                yield from filters(part)
        case Residual(body=body):
            yield from filters(body)
        case Gate(body):
            yield from (f"fc {text.split()[-1]}" for text in filters(body))
        case Block(body=body) | Named(body=body) | OnChange(body=body):
            yield from filters(body)


def filter_text(layer: Layer) -> str:
    match layer:
        case Conv(groups=groups):
            return f"{shape_text(pair(layer.kernel))} {layer.out}{f' in {groups} groups' if groups > 1 else ''}"
        case PartialConv():
            return f"{shape_text(pair(layer.kernel))} {len(layer.links)}"
    assert isinstance(layer, Linear)
    return f"fc {layer.out}"


def open_blocks(expr: Expr) -> Expr:
    return open_blocks(expr.body) if isinstance(expr, Block | Named) else expr


def paths_text(expr: Concat) -> str:
    sides = ("-".join(map(short_text, filters(side))) for side in expr.paths)
    return ", ".join(filter(None, sides))


def short_text(text: str) -> str:
    kernel, out = text.split()
    return out if kernel == "1x1" else f"{out}({kernel})"


def kernels_text(found: Measured, path: str, printed: str) -> str:
    """A convolution's filters with what each reads, as in 256 of 5x5x48; a dense layer's numbers."""
    (row,) = found.inside(path)
    layer = row.parts[0]
    if not isinstance(layer, Conv):
        return shape_text(row.output)
    return f"{layer.out} of {shape_text((*pair(layer.kernel), row.input[0] // layer.groups))}"


def count_weights(found: Measured, path: str) -> int:
    """Weights of convolutions and dense layers, without biases and norms."""
    layers = ((row.parts[0], row.input) for row in found.inside(path))
    return sum(prod(layer.weights(shape)["weight"]) for layer, shape in layers if isinstance(layer, Conv | Linear))


def count_params(found: Measured, path: str) -> int:
    return sum(row.params for row in found.inside(path))


def count_with_sides(found: Measured, path: str) -> int:
    return found.total.params_with_side_heads


def count_with_biases(found: Measured, path: str) -> int:
    """Parameters where each convolution had a bias."""
    layers = [row.parts[0] for row in found.inside(path)]
    return count_params(found, path) + sum(layer.out for layer in layers if isinstance(layer, Conv) and not layer.bias)


def count_averages(found: Measured, path: str) -> int:
    """Channels of batch norms: so many running means, and as many variances."""
    return sum(row.output[0] for row in found.inside(path) if isinstance(row.parts[0], BatchNorm))


def count_without_factors(found: Measured, path: str) -> int:
    """Parameters and running averages, where batch norm has no factor."""
    return count_params(found, path) + count_averages(found, path)


def count_with_averages(found: Measured, path: str) -> int:
    """Parameters, running averages, and a bias for each convolution."""
    return count_with_biases(found, path) + 2 * count_averages(found, path)


def count_macs(found: Measured, path: str) -> int:
    return sum(row.macs for row in found.inside(path))


def count_connections(found: Measured, path: str) -> int:
    """What all numbers read, biases included (LeCun et al. 1998)."""
    return sum(connections_of(row) for row in found.inside(path))


def connections_of(row: Row) -> int:
    match row.parts[0]:
        case Conv() | PartialConv():
            return row.params * prod(row.output[1:])
        case Subsampling():
            return 5 * prod(row.output)  # four pixels and a bias
        case RadialBasis(codes):
            return sum(map(len, codes))
    return row.params


def depth_of(found: Measured, path: str) -> int:
    return count_depth(found.parts(path))


def count_convolutions(found: Measured, path: str) -> int:
    return sum(isinstance(row.parts[0], Conv) for row in found.inside(path))


def count_blocks(found: Measured, path: str) -> int:
    return sum(isinstance(part, Block) for part in (without_name(part) for part in flat(found.parts(path))))


def without_name(expr: Expr) -> Expr:
    return expr.body if isinstance(expr, Named) else expr


TEXTS: dict[str, Callable[[Measured, str, str], str]] = {  # a column: its cells' text, in the form that is printed
    "input": input_text,
    "output": output_text,
    "shape": map_text,
    "filters": filters_text,
    "kernels": kernels_text,
}

NUMBERS: dict[str, Callable[[Measured, str], int]] = {  # a column: its cells' number
    "weights": count_weights,
    "parameters": count_params,
    "with side heads": count_with_sides,
    "with biases": count_with_biases,
    "without factors, with averages": count_without_factors,
    "with biases and averages": count_with_averages,
    "MACs": count_macs,
    "connections": count_connections,
    "layers": depth_of,
    "convolutions": count_convolutions,
    "blocks": count_blocks,
}
