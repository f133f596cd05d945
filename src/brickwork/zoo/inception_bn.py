"""Inception-BN, also called Inception v2: GoogLeNet with batch norm, its 5x5 paths two 3x3 convolutions.

Ioffe, Szegedy: Batch normalization, arXiv 1502.03167, Fig. 5. The figure prints 576 channels for 4c and 4d, but its
paths add up to 608: `inception_bn` keeps the sums (96 after pooling, as TensorFlow and Torch released it),
`inception_bn_608` the paths (128 after pooling, as Caffe released it). `stem=separable` is the paper's first
convolution, 8 filters on each colour. `side_head=true` adds the one that makes the paper's 13.6 M parameters.
"""

from typing import Literal

from brickwork.network import Expr, Facts, Network, Shape, SideHead, block, chain, concat, named, stages
from brickwork.network.blocks import TF_NORM, conv, mean_pool, path
from brickwork.network.layers import AvgPool, BatchNorm, Conv, Dropout, Flatten, GlobalAvgPool, Linear, MaxPool, ReLU

PAPER = "Ioffe, Szegedy 2015, arXiv 1502.03167, Fig. 5"

NETWORKS = {  #       after pooling in 4c and 4d
    "inception_bn":     (96,  TF_NORM, Facts(PAPER, 2015, "Channels as the figure prints them.")),
    "inception_bn_608": (128, BatchNorm(), Facts(PAPER, 2015, "Paths as the figure prints them.")),
}  # fmt: skip

HALVE = MaxPool(3, stride=2, ceil=True)


def inception_bn(
    name: str,
    *,
    input: Shape = (3, 224, 224),
    classes: int = 1000,
    stem: Literal["dense", "separable"] = "dense",
    side_head: bool = False,
) -> Network:
    pooled, norm, facts = NETWORKS[name]
    first = {
        "dense": conv(64, 7, stride=2, norm=norm),
        "separable": chain(Conv(24, 7, stride=2, padding=3, groups=3, bias=False), conv(64, 1, norm=norm)),
    }[stem]
    avg, top = mean_pool(include_pad=True), MaxPool(3, stride=1, padding=1)
    return Network(
        name, input, classes,
        stages(
            stage1=chain(first, HALVE),
            stage2=chain(conv(64, 1, norm=norm), conv(192, 3, norm=norm), HALVE),
            stage3=chain(  #        1x1  3x3: reduce, out  double 3x3  pool
                named("3a", double(64, (64, 64), (64, 96), avg, 32, norm)),
                named("3b", double(64, (64, 96), (64, 96), avg, 64, norm)),
                named("3c", halving((128, 160), (64, 96), norm)),
            ),
            stage4=chain(
                named("4a", double(224, (64, 96), (96, 128), avg, 128, norm)),
                named("4b", double(192, (96, 128), (96, 128), avg, 128, norm)),
                named("4c", double(160, (128, 160), (128, 160), avg, pooled, norm)),
                named("4d", double(96, (128, 192), (160, 192), avg, pooled, norm)),
                named("4e", halving((128, 192), (192, 256), norm)),
            ),
            stage5=chain(
                named("5a", double(352, (192, 320), (160, 224), avg, 128, norm)),
                named("5b", double(352, (192, 320), (192, 224), top, 128, norm)),
            ),
        ),
        head=chain(GlobalAvgPool(), Flatten(), Linear(classes)),
        side_heads=(SideHead("side1", "stage4.4d", side(classes, norm)),) if side_head else (),
        facts=facts,
    )  # fmt: skip


@block
def double(one: int, three: tuple[int, int], twice: tuple[int, int], pool: Expr, out: int, norm: BatchNorm) -> Expr:
    """The 5x5 path as two 3x3 convolutions; pairs are (reduce, out)."""
    return concat(
        path((one, 1), norm=norm),
        path((three[0], 1), (three[1], 3), norm=norm),
        path((twice[0], 1), (twice[1], 3), (twice[1], 3), norm=norm),
        chain(pool, path((out, 1), norm=norm)),
    )


@block
def halving(three: tuple[int, int], twice: tuple[int, int], norm: BatchNorm) -> Expr:
    """The same with stride 2, no 1x1 path, and the pooling passed through."""
    return concat(
        path((three[0], 1), (three[1], 3, "/2"), norm=norm),
        path((twice[0], 1), (twice[1], 3), (twice[1], 3, "/2"), norm=norm),
        HALVE,
    )


def side(classes: int, norm: BatchNorm) -> Expr:
    return chain(
        AvgPool(5, stride=3), conv(128, 1, norm=norm), Flatten(), Linear(768), ReLU(), Dropout(0.7), Linear(classes)
    )
