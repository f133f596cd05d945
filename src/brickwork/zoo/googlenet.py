"""GoogLeNet: nine Inception blocks, a global mean, and two side heads in training.

Szegedy et al.: Going deeper with convolutions, arXiv 1409.4842, Table 1. The 5x5 paths are 5x5. `googlenet_bn`
has batch norm in place of biases and response norms. `googlenet_tv` is torchvision's, which came by way of
TensorFlow: batch norm, 3x3 where the paper has 5x5, a 2x2 last pooling. `googlenet_lecture` is the lecture's: no
norms, no side heads, pools padded by 1.
"""

from dataclasses import replace
from typing import NamedTuple

from brickwork.network import IDENTITY, Block, Expr, Facts, Network, Shape, SideHead, chain, named, stages
from brickwork.network.blocks import TF_NORM, conv, inception
from brickwork.network.layers import (
    AdaptiveAvgPool,
    AvgPool,
    BatchNorm,
    Dropout,
    Flatten,
    GlobalAvgPool,
    Linear,
    LocalResponseNorm,
    MaxPool,
    ReLU,
)

PAPER = Facts("Szegedy et al. 2014, arXiv 1409.4842, Table 1", 2014)
CEIL, PAD = MaxPool(3, stride=2, ceil=True), MaxPool(3, stride=2, padding=1)


class Form(NamedTuple):
    norm: BatchNorm | None = None  # in place of biases
    response_norm: Expr = IDENTITY
    largest: int = 5  # kernel of the "5x5" paths
    halve: Expr = CEIL
    halve_last: Expr = CEIL
    dropout: float = 0.4
    side_pool: Expr | None = AvgPool(5, stride=3)  # None: no side heads
    input: Shape = (3, 224, 224)
    classes: int = 1000
    facts: Facts = PAPER


NETWORKS = {
    "googlenet": Form(response_norm=LocalResponseNorm(), facts=replace(PAPER, init="xavier")),
    "googlenet_bn": Form(norm=BatchNorm(), facts=replace(PAPER, note="With batch norm.")),
    "googlenet_tv": Form(
        norm=TF_NORM,
        largest=3,
        halve_last=MaxPool(2, ceil=True),
        dropout=0.2,
        side_pool=AdaptiveAvgPool(4),
        facts=replace(PAPER, note="As torchvision has it."),
    ),
    "googlenet_lecture": Form(
        halve=PAD,
        halve_last=PAD,
        dropout=0,
        side_pool=None,
        input=(1, 96, 96),
        classes=10,
        facts=replace(PAPER, note="As lectures teach it.", init="xavier"),
    ),
}


def googlenet(name: str, *, input: Shape | None = None, classes: int | None = None, side_heads: bool = True) -> Network:
    form = NETWORKS[name]
    norm, lrn, halve = form.norm, form.response_norm, form.halve
    classes = form.classes if classes is None else classes

    def block(one: int, three: tuple[int, int], five: tuple[int, int], pool: int) -> Block:
        return inception(one, three, five, pool, norm=norm, largest=form.largest)

    return Network(
        name, input or form.input, classes,
        stages(
            stage1=chain(conv(64, 7, 2, norm=norm), halve, lrn),
            stage2=chain(conv(64, 1, norm=norm), conv(192, 3, norm=norm), lrn, halve),
            stage3=chain(  #     1x1  3x3: reduce, out  5x5    pool
                named("3a", block(64, (96, 128), (16, 32), 32)),
                named("3b", block(128, (128, 192), (32, 96), 64)),
                halve,
            ),
            stage4=chain(
                named("4a", block(192, (96, 208), (16, 48), 64)),
                named("4b", block(160, (112, 224), (24, 64), 64)),
                named("4c", block(128, (128, 256), (24, 64), 64)),
                named("4d", block(112, (144, 288), (32, 64), 64)),
                named("4e", block(256, (160, 320), (32, 128), 128)),
                form.halve_last,
            ),
            stage5=chain(
                named("5a", block(256, (160, 320), (32, 128), 128)),
                named("5b", block(384, (192, 384), (48, 128), 128)),
            ),
        ),
        head=chain(GlobalAvgPool(), Flatten(), Dropout(form.dropout) if form.dropout else IDENTITY, Linear(classes)),
        side_heads=(
            SideHead("side1", "stage4.4a", side_head(form.side_pool, classes, norm), weight=0.3),
            SideHead("side2", "stage4.4d", side_head(form.side_pool, classes, norm), weight=0.3),
        ) if side_heads and form.side_pool else (),
        facts=form.facts,
    )  # fmt: skip


def side_head(pool: Expr, classes: int, norm: BatchNorm | None) -> Expr:
    """Section 5: what a block sees halfway, classified; it keeps gradients alive on the way down."""
    return chain(pool, conv(128, 1, norm=norm), Flatten(), Linear(1024), ReLU(), Dropout(0.7), Linear(classes))
