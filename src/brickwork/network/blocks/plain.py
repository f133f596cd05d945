"""Convolutions one after another: VGG's block and the network in network's."""

from brickwork.network.algebra import IDENTITY, Expr, block, chain
from brickwork.network.layer import Size, pair
from brickwork.network.layers import BatchNorm, Conv, MaxPool, ReLU


def same(kernel: Size) -> Size:
    """The padding that keeps a map's size at stride 1."""
    high, wide = pair(kernel)
    return (high // 2, wide // 2)


def conv(out: int, kernel: Size, stride: Size = 1, padding: Size | None = None, norm: BatchNorm | None = None) -> Expr:
    """Convolution and ReLU at the size that comes in; a norm between them takes the bias's place."""
    padding = same(kernel) if padding is None else padding
    return chain(Conv(out, kernel, stride, padding, bias=norm is None), norm or IDENTITY, ReLU())


@block
def vgg_block(convs: int, out: int, *, last: int = 3, batchnorm: bool = False, after_first: Expr = IDENTITY) -> Expr:
    """3x3 convolutions, then halve the map (Simonyan & Zisserman 2014, section 2.1)."""
    kernels = [3] * (convs - 1) + [last]
    norm = BatchNorm() if batchnorm else IDENTITY
    first, *others = (chain(Conv(out, kernel, padding=kernel // 2), norm, ReLU()) for kernel in kernels)
    return chain(first, after_first, *others, MaxPool(2))


@block
def nin_block(
    out: int, kernel: int, *, stride: int = 1, padding: int = 0, inner: tuple[int, int] | None = None
) -> Expr:
    """A convolution and two 1x1 convolutions, a small network at every pixel (Lin et al. 2013, section 3.1)."""
    first, second = inner or (out, out)
    return chain(conv(out, kernel, stride, padding), conv(first, 1), conv(second, 1))
