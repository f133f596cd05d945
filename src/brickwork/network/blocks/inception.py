"""Inception blocks: several paths look at the same input."""

from brickwork.network.algebra import Expr, block, chain, concat
from brickwork.network.blocks.plain import conv
from brickwork.network.layers import BatchNorm, MaxPool


@block
def inception(
    one: int,
    three: tuple[int, int],
    five: tuple[int, int],
    pool: int,
    *,
    norm: BatchNorm | None = None,
    largest: int = 5,
) -> Expr:
    """1x1, 3x3, 5x5 and pooling side by side (Szegedy et al. 2014, Fig. 2b); pairs are (reduce, out)."""
    return concat(
        conv(one, 1, norm=norm),
        chain(conv(three[0], 1, norm=norm), conv(three[1], 3, norm=norm)),
        chain(conv(five[0], 1, norm=norm), conv(five[1], largest, norm=norm)),
        chain(MaxPool(3, stride=1, padding=1), conv(pool, 1, norm=norm)),
    )
