"""ResNet on ImageNet: what a block learns is added to what came in.

He, Zhang, Ren, Sun: Deep residual learning for image recognition, arXiv 1512.03385, Table 1. The stride of a
bottleneck stands in its 3x3 convolution ("v1.5", as everybody trains it); `stride=v1` puts it in the first 1x1.
"""

from brickwork.network.algebra import Expr, chain
from brickwork.network.blocks import basic, bottleneck, conv
from brickwork.network.layer import Shape
from brickwork.network.layers import BatchNorm, Flatten, GlobalAvgPool, Linear, MaxPool
from brickwork.network.value import Facts, Network, stages

WIDTHS = (64, 128, 256, 512)

NETWORKS = {
    "resnet18":  (basic,      (2, 2, 2, 2)),
    "resnet34":  (basic,      (3, 4, 6, 3)),
    "resnet50":  (bottleneck, (3, 4, 6, 3)),
    "resnet101": (bottleneck, (3, 4, 23, 3)),
    "resnet152": (bottleneck, (3, 8, 36, 3)),
}  # fmt: skip

FACTS = Facts("He, Zhang, Ren, Sun 2015, arXiv 1512.03385, Table 1", 2015)


def resnet(name: str, *, input: Shape = (3, 224, 224), classes: int = 1000) -> Network:
    block, depths = NETWORKS[name]

    def stage(number: int) -> Expr:
        width, depth = WIDTHS[number - 2], depths[number - 2]
        first = block(width, stride=1 if number == 2 else 2)
        return chain(first, *[block(width)] * (depth - 1))

    return Network(
        name, input, classes,
        stages(
            stem=chain(conv(64, 7, 2, norm=BatchNorm()), MaxPool(3, stride=2, padding=1)),
            stage2=stage(2), stage3=stage(3), stage4=stage(4), stage5=stage(5),
        ),
        head=chain(GlobalAvgPool(), Flatten(), Linear(classes)),
        facts=FACTS,
    )  # fmt: skip
