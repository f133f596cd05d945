"""Residual blocks. A flavor is an order of four things: convolution, norm, ReLU and the sum."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import cache, partial
from typing import Literal

from brickwork.errors import BrickworkError, nearest
from brickwork.network.algebra import IDENTITY, Expr, block, chain, gate, named, on_change, residual
from brickwork.network.layers import (
    AvgPool,
    BatchNorm,
    Conv,
    Dropout,
    GlobalAvgPool,
    PadShortcut,
    ReLU,
    Sigmoid,
    StochasticDepth,
)

# He et al. 2016 (Identity Mappings), Fig. 4 a to e. The order is repeated for every convolution of a
# block; "+" is where the sum stands in the last repeat.
FLAVORS = {
    "original": "conv norm + relu",
    "bn_after_add": "conv + norm relu",
    "relu_before_add": "conv norm relu +",
    "relu_only_pre": "relu conv norm +",
    "pre": "norm relu conv +",
}

Opening = Literal["body", "before", "absent"]
Shortcut = Literal["A", "B", "C", "D"]


@dataclass(frozen=True, repr=False)
class Style:
    """What all blocks of a residual network have in common."""

    flavor: str = "original"  # a name in FLAVORS, or an order of your own
    shortcut: Shortcut = "B"  # A pads, B projects on change, C always, D on change after pooling
    strided: Literal["3x3", "1x1"] = "3x3"  # a bottleneck's convolution with the stride: v1.5 or v1
    groups: int = 1  # of the 3x3 convolution: ResNeXt's cardinality
    base: int = 64  # inner width for each group where the block's width is 64: ResNeXt 4, wide ResNet 128
    squeeze: int = 0  # squeeze and excitation's reduction; 0 for none
    dropout: float = 0.0  # before the last convolution: wide ResNet

    def __repr__(self) -> str:
        words = [f"{f.name}={value!r}" for f in fields(self) if (value := getattr(self, f.name)) != f.default]
        return f"Style({', '.join(words)})"


PLAIN = Style()


@block
def basic(width: int, *, stride: int = 1, style: Style = PLAIN, opening: Opening = "body", drop: float = 0.0) -> Expr:
    """Two 3x3 convolutions (He et al. 2015, Fig. 5 left)."""
    convs = [
        Conv(width, 3, stride, 1, bias=False),
        Conv(width, 3, 1, 1, bias=False),
    ]
    return residual_block(convs, stride, style, opening, drop)


@block
def bottleneck(
    width: int, *, stride: int = 1, style: Style = PLAIN, opening: Opening = "body", drop: float = 0.0
) -> Expr:
    """1x1, 3x3, and 1x1 to four times the width (He et al. 2015, Fig. 5 right)."""
    inner = width * style.base // 64 * style.groups
    first, second = (stride, 1) if style.strided == "1x1" else (1, stride)
    convs = [
        Conv(inner, 1, first, bias=False),
        Conv(inner, 3, second, 1, style.groups, bias=False),
        Conv(4 * width, 1, bias=False),
    ]
    return residual_block(convs, stride, style, opening, drop)


def residual_block(convs: list[Conv], stride: int, style: Style, opening: Opening = "body", drop: float = 0.0) -> Expr:
    """A residual block from its convolutions and its style's order.

    `opening` says where the layers stand that come before the first convolution: in the body, before the
    split, where body and shortcut share them, or nowhere, because the stem has them already.
    """
    start, _, end = order_of(style.flavor).partition("conv")
    until, _, after = end.partition("+")
    head, tail, last = parse_steps(start), parse_steps(f"{until}{after}"), parse_steps(until)
    body = [*(head if opening == "body" else ()), convs[0]]
    for conv in convs[1:]:
        dropout = Dropout(style.dropout) if style.dropout and conv is convs[-1] else IDENTITY
        body += [*tail, *head, dropout, conv]
    extra = [squeeze_excite(convs[-1].out, style.squeeze), StochasticDepth(drop) if drop else IDENTITY]
    return residual(
        chain(*body, *last, *extra),
        shortcut(convs[-1].out, stride, style),
        before=chain(*head) if opening == "before" else IDENTITY,
        after=chain(*parse_steps(after)),
    )


def order_of(flavor: str) -> str:
    """The order that a flavor's name stands for, or the order itself; raises BrickworkError for anything else."""
    steps = FLAVORS.get(flavor, flavor).split()
    if sorted(steps) != ["+", "conv", "norm", "relu"]:
        close = nearest(flavor, list(FLAVORS))
        raise BrickworkError(f"unknown flavor {flavor!r}: {close} An order of your own is written 'conv norm + relu'.")
    if steps.index("+") < steps.index("conv"):
        raise BrickworkError(f"flavor {flavor!r}: the sum '+' comes after the convolution.")
    return " ".join(steps)


def opening_of(style: Style) -> list[Expr]:
    """The layers that a flavor puts before the first convolution: what the stem leaves out and the tail adds."""
    return parse_steps(order_of(style.flavor).partition("conv")[0])


def parse_steps(steps: str) -> list[Expr]:
    return [{"norm": BatchNorm(), "relu": ReLU()}[step] for step in steps.split()]


def shortcut(out: int, stride: int, style: Style) -> Expr:
    """The way around: options A, B and C (He et al. 2015, section 3.3), and D (He et al. 2018, Fig. 2c)."""
    # Where units open with their norm, the projection reads normalised input (He et al. 2016, section 4.1).
    norm = IDENTITY if BatchNorm() in opening_of(style) else BatchNorm()
    projection = chain(Conv(out, 1, stride, bias=False), norm)
    match style.shortcut:
        case "A":
            return on_change(PadShortcut(out, stride))
        case "C":
            return projection
        case "D":
            pool = AvgPool(2, stride, ceil=True, include_pad=False) if stride > 1 else IDENTITY
            return on_change(chain(pool, Conv(out, 1, bias=False), norm))
    return on_change(projection)


def squeeze_excite(channels: int, reduction: int) -> Expr:
    """Each channel times a number that all channels' means decide (Hu et al. 2017, Fig. 3)."""
    if not reduction:
        return IDENTITY
    squeeze = Conv(channels // reduction, 1)
    return named("se", gate(chain(GlobalAvgPool(), squeeze, ReLU(), Conv(channels, 1), Sigmoid())))


def residual_stages(
    block: Callable[..., Expr],
    widths: tuple[int, ...],
    depths: tuple[int, ...],
    style: Style,
    *,
    drop: float = 0.0,
    first: Opening = "before",
) -> list[Expr]:
    """A stage for each width, with as many blocks as its depth; every stage but the first halves the map.

    `drop` is the last block's chance to be dropped, reached linearly from the first's (Huang et al. 2016,
    equation 4). Where units open with their norm, a stage's first block has it before the split; `first` says where
    the very first has it: nowhere ("absent") if the stem ends in it.
    """
    if not 0 <= drop < 1:
        raise BrickworkError(f"drop={drop}: the last block's chance to be dropped is at least 0 and less than 1.")
    unit = cache(partial(block, style=style))  # equal blocks are one object
    shared = BatchNorm() in opening_of(style)
    built, total = 0, sum(depths)
    made: list[Expr] = []
    for number, (width, depth) in enumerate(zip(widths, depths, strict=True)):
        units = []
        for place in range(depth):
            built += 1
            opening: Opening = "body"
            if shared and not place:
                opening = "before" if number else first
            stride = 2 if number and not place else 1
            units.append(unit(width, stride=stride, opening=opening, drop=round(drop * built / total, 6)))
        made.append(chain(*units))
    return made
