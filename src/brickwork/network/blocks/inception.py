"""Inception blocks: several paths look at the same input."""

from brickwork.network.algebra import Expr, block, chain, concat
from brickwork.network.blocks.plain import conv
from brickwork.network.layer import Size
from brickwork.network.layers import AvgPool, BatchNorm, MaxPool

Step = tuple[int, Size] | tuple[int, Size, str]  # channels, kernel, and how it moves where that is not "same"

ROW, COLUMN = (1, 7), (7, 1)

TF_NORM = BatchNorm(eps=1e-3)  # the Inception line's, as released


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


def path(*steps: Step, norm: BatchNorm = TF_NORM) -> Expr:
    """Convolutions with batch norm and ReLU one after another, as in path((64, 1), (96, 3), (96, 3, "/2V")).

    Without a third word a step keeps the map's size. "V" is without padding, "/2" has stride 2, as in
    the papers' figures (Szegedy et al. 2016, arXiv 1602.07261, Fig. 3).
    """
    return chain(*(_path_step(step, norm) for step in steps))


def _path_step(step: Step, norm: BatchNorm) -> Expr:
    out, kernel, *moves = step
    move = str(moves[0]) if moves else ""
    return conv(out, kernel, stride=2 if "/2" in move else 1, padding=0 if "V" in move else None, norm=norm)


def mean_pool(include_pad: bool) -> AvgPool:
    """A 3x3 mean at every pixel; TensorFlow leaves the padding out of the mean, torchvision does not."""
    return AvgPool(3, stride=1, padding=1, include_pad=include_pad)
