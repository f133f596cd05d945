"""Depth, as papers count it: layers with weights on the longest way, what stands on shortcuts and in gates aside."""

from collections.abc import Iterable

from brickwork.network.algebra import Block, Chain, Concat, Expr, Named, OnChange, Residual
from brickwork.network.historic import PartialConv, RadialBasis
from brickwork.network.layers import Conv, Linear

WEIGHTED = (Conv, PartialConv, Linear, RadialBasis)


def count_depth(parts: Iterable[Expr]) -> int:
    """The layers with weights on the longest way through parts one after another."""
    known: dict[int, int] = {}  # by identity: equal blocks are often one object
    return sum(_depth(part, known) for part in parts)


def _depth(expr: Expr, known: dict[int, int]) -> int:
    if id(expr) not in known:
        inside = [_depth(part, known) for part in counted_parts(expr)]
        longest = max(inside) if isinstance(expr, Concat) else sum(inside)
        known[id(expr)] = int(isinstance(expr, WEIGHTED)) + longest
    return known[id(expr)]


def counted_parts(expr: Expr) -> tuple[Expr, ...]:
    """The parts directly inside that papers count."""
    match expr:
        case Chain(parts) | Concat(parts):
            return parts
        case Residual(body, _, before, after):
            return before, body, after
        case Block(body=body) | Named(body=body) | OnChange(body=body):
            return (body,)
    return ()
