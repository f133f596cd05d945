"""Trace of a training step's tensors through a network: which are kept for the backward pass, each counted once."""

from dataclasses import dataclass, field
from math import prod

from brickwork.network.algebra import Block, Chain, Concat, Expr, Gate, Named, OnChange, Residual, children, join_path
from brickwork.network.cost import parts_of, tap
from brickwork.network.layer import Layer, Shape
from brickwork.network.layers import Dropout, Flatten
from brickwork.network.lowering.slicing import Slice
from brickwork.network.memory.rules import FLOAT, INDEX, keeps
from brickwork.network.network import Network
from brickwork.network.propagate import answer, shortcut_of

HALF = 2  # bytes of a number in bfloat16


@dataclass(eq=False)
class Tensor:
    """One image's numbers in one place of memory."""

    shape: Shape
    width: int = FLOAT  # bytes of a number
    learns: bool = False  # whether a gradient flows back to it
    kept: bool = False

    @property
    def bytes(self) -> int:
        return prod(self.shape) * self.width


@dataclass(eq=False)
class Trace:
    """What is kept, for each image and once for the batch, and the largest pair of tensors that a layer works on."""

    half: bool  # whether convolutions and dense layers compute in bfloat16 (autocast)
    mask: int | None  # bytes of a number in dropout's mask; None: as many as what is dropped has
    kept: dict[str, int] = field(default_factory=dict)  # bytes for each image by the path of the layer that keeps them
    fixed: int = 0  # bytes, whatever the batch
    pair: int = 0  # bytes for each image

    def through(self, expr: Expr, tensor: Tensor, path: str) -> Tensor:
        """The tensor that leaves an expression."""
        match expr:
            case Layer():
                return self.layer(expr, tensor, path)
            case Chain():
                for name, child in children(expr):
                    tensor = self.through(child, tensor, join_path(path, name))
                return tensor
            case Concat():
                ends = [self.through(child, tensor, join_path(path, name)) for name, child in children(expr)]
                return self.merge((sum(end.shape[0] for end in ends), *ends[0].shape[1:]), ends)
            case Residual():
                return self.residual(expr, tensor, path)
            case Gate(body):
                return self.gate(tensor, self.through(body, tensor, join_path(path, "gate")), path)
            case Block(body=body) | Named(body=body) | OnChange(body=body):
                return self.through(body, tensor, path)
        raise TypeError(f"{path}: {expr!r} is no layer and no combinator")

    def layer(self, layer: Layer, tensor: Tensor, path: str) -> Tensor:
        found = answer(layer, tensor.shape)
        if is_view(layer, tensor.shape):
            tensor.shape = found.output
            return tensor
        rule, learns = keeps(layer, tensor.shape), tensor.learns or found.params > 0
        computes_half = self.half and rule.weight > 0
        width = HALF if computes_half else FLOAT if rule.widens else tensor.width
        output = Tensor(found.output, width, learns)
        self.pair = max(self.pair, tensor.bytes + output.bytes)
        if not learns:
            return output
        if computes_half or rule.fresh:
            self.fixed += rule.weight * width
        if computes_half and tensor.width != HALF:
            self.add(path, prod(tensor.shape) * HALF)  # a copy of the input
        elif rule.input:
            self.keep(tensor, path)
        if rule.output:
            self.keep(output, path)
        mask = tensor.width if self.mask is None else self.mask
        self.add(path, rule.own * tensor.width + rule.bytes + rule.mask * mask)
        self.fixed += rule.statistics
        return output

    def merge(self, shape: Shape, ends: list[Tensor]) -> Tensor:
        """What several tensors are joined or added to: a new one, in the widest of their precisions."""
        return Tensor(shape, max(end.width for end in ends), any(end.learns for end in ends))

    def residual(self, expr: Residual, tensor: Tensor, path: str) -> Tensor:
        tensor = self.through(expr.before, tensor, join_path(path, "before"))
        body = self.through(expr.body, tensor, join_path(path, "body"))
        way = shortcut_of(expr, tensor.shape, body.shape)
        shortcut = self.through(way, tensor, join_path(path, "shortcut"))
        return self.through(expr.after, self.merge(body.shape, [body, shortcut]), join_path(path, "after"))

    def gate(self, tensor: Tensor, factor: Tensor, path: str) -> Tensor:
        self.keep(tensor, path)
        self.keep(factor, path)
        return self.merge(tensor.shape, [tensor, factor])

    def keep(self, tensor: Tensor, path: str) -> None:
        if not tensor.kept:
            tensor.kept = True
            self.add(path, tensor.bytes)

    def add(self, path: str, size: int) -> None:
        self.kept[path] = self.kept.get(path, 0) + size


def is_view(layer: Layer, shape: Shape) -> bool:
    """Whether what leaves a layer lies where its input does: a map of several pixels, channels last, is copied."""
    match layer:
        case Flatten():
            return len(shape) == 1 or shape[1:] == (1, 1)
        case Dropout(p=0) | Slice():
            return True
    return False


def trace(network: Network, *, half: bool, mask: int | None) -> Trace:
    """Traces a training step through stages, head, side heads and loss; raises BrickworkError as `cost` does."""
    run = Trace(half, mask)
    tensor, reads = Tensor(network.input), {}
    taps = {tap(network, side) for side in network.side_heads}
    for path, part in parts_of(network):
        tensor = run.through(part, tensor, path)
        if path in taps:
            reads[path] = tensor
    for side in network.side_heads:
        run.through(side.body, reads[tap(network, side)], side.name)
    for name in ("head", *(side.name for side in network.side_heads)):
        run.add(f"{name} loss", FLOAT * network.classes + INDEX)  # logarithms of probabilities, and the target
    return run
