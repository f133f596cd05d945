"""Sibling 1x1 convolutions: paths of a concat that open with one on the same input share it, and take slices."""

from itertools import accumulate, groupby, pairwise

from brickwork.network.algebra import Block, Chain, Concat, Expr, Named, chain
from brickwork.network.layers import Conv, ReLU
from brickwork.network.lowering.slicing import Slice
from brickwork.network.lowering.trace import LOWERED, Traced
from brickwork.network.lowering.weights import Copy, Stack

Opening = tuple[object, ...]  # what the first convolutions of two paths have in common where they can be merged


def merge_paths(join: Concat) -> Expr:
    """The concat with neighbouring paths that open alike as one path: the order of the channels stays."""
    paths: list[Expr] = []
    for opening, group in groupby(join.paths, _opening):
        siblings = list(group)
        paths += [_merge(siblings)] if opening and len(siblings) > 1 else siblings
    return paths[0] if len(paths) == 1 else Concat(tuple(paths))


def _opening(path: Expr) -> Opening | None:
    match _steps(path)[:1]:
        case (Traced(Conv(kernel=1, padding=0, groups=1) as conv, Copy()),):
            return conv.stride, conv.bias
    return None


def _merge(paths: list[Expr]) -> Expr:
    """One convolution, the ReLU where every path has it next, and a slice of the channels for each path."""
    firsts = [first for path in paths if isinstance(first := _steps(path)[0], Traced)]
    convs = [first.layer for first in firsts if isinstance(first.layer, Conv)]
    sources = tuple(first.rule.source for first in firsts if isinstance(first.rule, Copy))
    ends = list(accumulate((conv.out for conv in convs), initial=0))
    whole = Traced(Conv(ends[-1], 1, convs[0].stride, bias=convs[0].bias), Stack(sources))
    seconds = [path_steps[1] for path in paths if len(path_steps := _steps(path)) > 1]
    shared = [step for step in seconds if isinstance(step, Traced) and isinstance(step.layer, ReLU)]
    relu = shared[:1] if len(shared) == len(paths) else []
    slices = [Traced(Slice(*bounds), Copy("")) for bounds in pairwise(ends)]
    parts = (_begin(path, part, 1 + len(relu)) for path, part in zip(paths, slices, strict=True))
    return chain(whole, *relu, Concat(tuple(parts)))


def _steps(path: Expr) -> tuple[Expr, ...]:
    match path:
        case Chain(parts):
            return parts
        case Named(body=body) | Block(body=body):
            return _steps(body)
    return (path,)


def _begin(path: Expr, first: Expr, without: int) -> Expr:
    """The path with another beginning, in place of its first steps."""
    match path:
        case Named(name, body):
            return Named(name, _begin(body, first, without))
        case Block(body=body):
            return path.with_body(_begin(body, first, without), LOWERED)
    return chain(first, *_steps(path)[without:])
