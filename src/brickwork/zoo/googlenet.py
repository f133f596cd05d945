"""GoogLeNet: nine Inception blocks, a global mean, and two side heads in training.

Szegedy et al.: Going deeper with convolutions, arXiv 1409.4842, Table 1. The 5x5 paths are 5x5.
"""

from brickwork.network.algebra import Expr, chain, named
from brickwork.network.blocks import conv, inception
from brickwork.network.layer import Shape
from brickwork.network.layers import AvgPool, Dropout, Flatten, GlobalAvgPool, Linear, LocalResponseNorm, MaxPool, ReLU
from brickwork.network.value import Facts, Network, SideHead, stages

NETWORKS = {
    "googlenet": Facts("Szegedy et al. 2014, arXiv 1409.4842, Table 1", 2014, init="xavier"),
}


def googlenet(name: str, *, input: Shape = (3, 224, 224), classes: int = 1000, side_heads: bool = True) -> Network:
    return Network(
        name, input, classes,
        stages(
            stage1=chain(conv(64, 7, 2), halve(), LocalResponseNorm()),
            stage2=chain(conv(64, 1), conv(192, 3), LocalResponseNorm(), halve()),
            stage3=chain(  #            1x1    3x3: reduce, out   5x5     pool
                named("3a", inception(64, (96, 128), (16, 32), 32)),
                named("3b", inception(128, (128, 192), (32, 96), 64)),
                halve(),
            ),
            stage4=chain(
                named("4a", inception(192, (96, 208), (16, 48), 64)),
                named("4b", inception(160, (112, 224), (24, 64), 64)),
                named("4c", inception(128, (128, 256), (24, 64), 64)),
                named("4d", inception(112, (144, 288), (32, 64), 64)),
                named("4e", inception(256, (160, 320), (32, 128), 128)),
                halve(),
            ),
            stage5=chain(
                named("5a", inception(256, (160, 320), (32, 128), 128)),
                named("5b", inception(384, (192, 384), (48, 128), 128)),
            ),
        ),
        head=chain(GlobalAvgPool(), Flatten(), Dropout(0.4), Linear(classes)),
        side_heads=(
            SideHead("side1", "stage4.4a", side_head(classes), weight=0.3),
            SideHead("side2", "stage4.4d", side_head(classes), weight=0.3),
        ) if side_heads else (),
        facts=NETWORKS[name],
    )  # fmt: skip


def halve() -> MaxPool:
    return MaxPool(3, stride=2, ceil=True)


def side_head(classes: int) -> Expr:
    """Section 5: what a block sees halfway, classified; it keeps gradients alive on the way down."""
    return chain(AvgPool(5, stride=3), conv(128, 1), Flatten(), Linear(1024), ReLU(), Dropout(0.7), Linear(classes))
