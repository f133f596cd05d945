"""The rewrites of lowering, each exact: value in, value out, with what becomes of the weights."""

from collections.abc import Callable
from dataclasses import replace

from brickwork.network.algebra import IDENTITY, Chain, Concat, Expr, chain
from brickwork.network.layers import BatchNorm, Conv, Dropout, Linear, Scale, StochasticDepth
from brickwork.network.lowering.siblings import merge_paths
from brickwork.network.lowering.trace import Step, Traced, rewrite
from brickwork.network.lowering.weights import Copy, FoldNorm, FoldScale
from brickwork.network.network import Network


def drop_training_parts(network: Network) -> Step:
    """Without what only training has: dropout, stochastic depth and side heads.

    Stochastic depth that its paper's way multiplies by the survival probability at test leaves that constant.
    """
    return rewrite(replace(network, side_heads=()), _at_inference)


def _at_inference(part: Expr) -> Expr:
    match part:
        case Traced(layer=Dropout()):
            return IDENTITY
        case Traced(layer=StochasticDepth(drop=drop, rescale=rescale)):
            return Traced(Scale(1 - drop), part.rule) if drop and rescale == "test" else IDENTITY
    return part


def fold_norms(network: Network) -> Step:
    """Batch norm folding: each norm into the convolution or dense layer right before it.

    A norm that follows something else stays: a sum, a pooling, or nothing, at the start of a residual's body.
    """
    return rewrite(network, lambda part: _fold_pairs(part, _fold_norm))


def fold_scales(network: Network) -> Step:
    """Each constant factor into the convolution or dense layer right before it."""
    return rewrite(network, lambda part: _fold_pairs(part, _fold_scale))


def merge_siblings(network: Network) -> Step:
    """1x1 convolutions side by side on one input, as one convolution and slices of its channels."""
    return rewrite(network, lambda part: merge_paths(part) if isinstance(part, Concat) else part)


def _fold_pairs(part: Expr, fold: Callable[[Traced, Traced], Traced | None]) -> Expr:
    """A chain with each layer taken into the one before it where `fold` can."""
    if not isinstance(part, Chain):
        return part
    kept: list[Expr] = []
    for layer in part.parts:
        both = isinstance(layer, Traced) and kept and isinstance(kept[-1], Traced) and fold(kept[-1], layer)
        kept[-1:] = [both] if both else [*kept[-1:], layer]
    return chain(*kept)


def _fold_norm(first: Traced, second: Traced) -> Traced | None:
    match first, second:
        case Traced(Conv() | Linear() as layer, Copy(source)), Traced(BatchNorm(eps=eps), Copy(norm)):
            return Traced(replace(layer, bias=True), FoldNorm(source, norm, eps))
    return None


def _fold_scale(first: Traced, second: Traced) -> Traced | None:
    match first, second:
        case Traced(Conv() | Linear() as layer, Copy(source)), Traced(Scale(factor)):
            return Traced(layer, FoldScale(source, factor))
    return None
