"""ResNet on ImageNet: what a block learns is added to what came in.

He, Zhang, Ren, Sun: Deep residual learning for image recognition, arXiv 1512.03385, Table 1. A bottleneck's
stride stands in its 3x3 convolution ("v1.5", as everybody trains it); `stride=v1` is the paper's first 1x1.
-C and -D: He et al.: Bag of tricks, arXiv 1812.01187, Fig. 2. `flavor` is an order of He et al. 2016, Fig. 4;
`drop` is 1 - p_L of stochastic depth (Huang et al. 2016, arXiv 1603.09382, equation 4).
"""

from collections.abc import Callable
from typing import Literal

from brickwork.network.algebra import Expr, chain
from brickwork.network.blocks import Shortcut, Style, basic, bottleneck, conv, opening_of, residual_stages
from brickwork.network.layer import Shape
from brickwork.network.layers import BatchNorm, Flatten, GlobalAvgPool, Linear, MaxPool
from brickwork.network.value import Facts, Network, stages

NETWORKS: dict[str, tuple[Callable[..., Expr], tuple[int, ...], str, Shortcut]] = {
    #  block       stage2 to stage5  stem    shortcut
    "resnet18":  (basic,      (2, 2, 2, 2),  "7x7",  "B"),
    "resnet34":  (basic,      (3, 4, 6, 3),  "7x7",  "B"),
    "resnet50":  (bottleneck, (3, 4, 6, 3),  "7x7",  "B"),
    "resnet101": (bottleneck, (3, 4, 23, 3), "7x7",  "B"),
    "resnet152": (bottleneck, (3, 8, 36, 3), "7x7",  "B"),
    "resnet50c": (bottleneck, (3, 4, 6, 3),  "deep", "B"),
    "resnet50d": (bottleneck, (3, 4, 6, 3),  "deep", "D"),
}  # fmt: skip

STEMS = {
    "7x7": conv(64, 7, stride=2, norm=BatchNorm()),
    "deep": chain(
        conv(32, 3, stride=2, norm=BatchNorm()),
        conv(32, 3, norm=BatchNorm()),
        conv(64, 3, norm=BatchNorm()),
    ),
}

HALVE = MaxPool(3, stride=2, padding=1)


def resnet(
    name: str,
    *,
    input: Shape = (3, 224, 224),
    classes: int = 1000,
    flavor: str = "original",
    shortcut: Shortcut | None = None,
    stride: Literal["v1.5", "v1"] = "v1.5",
    drop: float = 0.0,
) -> Network:
    block, depths, stem, own = NETWORKS[name]
    style = Style(flavor, shortcut or own, "1x1" if stride == "v1" else "3x3")
    facts = Facts("He, Zhang, Ren, Sun 2015, arXiv 1512.03385, Table 1", 2015)
    if stem == "deep":
        facts = Facts("He, Zhang, Zhang, Zhang, Xie, Li 2018, arXiv 1812.01187, Fig. 2", 2018)
    body = residual_stages(block, (64, 128, 256, 512), depths, style, drop=drop, first="absent")
    return imagenet(name, input, classes, chain(STEMS[stem], HALVE), body, style, facts)


def imagenet(
    name: str, input: Shape, classes: int, stem: Expr, body: list[Expr], style: Style, facts: Facts
) -> Network:
    """Table 1: a stem to a quarter of the size, four stages, the mean, a dense layer."""
    stage2, stage3, stage4, stage5 = body
    return Network(
        name, input, classes,
        stages(
            stem=stem,
            stage2=stage2, stage3=stage3, stage4=stage4, stage5=stage5,
        ),
        head=chain(*opening_of(style), GlobalAvgPool(), Flatten(), Linear(classes)),
        facts=facts,
    )  # fmt: skip
