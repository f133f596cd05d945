"""ResNet for small images: 6n+2 layers in three stages.

He, Zhang, Ren, Sun: Deep residual learning for image recognition, arXiv 1512.03385, section 4.2 and Table 6.
Shortcuts are option A: no parameters.
"""

from brickwork.network.algebra import Expr, chain
from brickwork.network.blocks import Style, basic, conv
from brickwork.network.layer import Shape
from brickwork.network.layers import BatchNorm, Flatten, GlobalAvgPool, Linear
from brickwork.network.value import Facts, Network, stages

WIDTHS = (16, 32, 64)

NETWORKS = {       # n: blocks in each of the three stages
    "resnet20": 3,
    "resnet32": 5,
    "resnet44": 7,
    "resnet56": 9,
    "resnet110": 18,
}  # fmt: skip

FACTS = Facts("He, Zhang, Ren, Sun 2015, arXiv 1512.03385, section 4.2", 2015)


def resnet_cifar(name: str, *, input: Shape = (3, 32, 32), classes: int = 10) -> Network:
    depth = NETWORKS[name]
    style = Style(shortcut="A")

    def stage(width: int, stride: int) -> Expr:
        return chain(basic(width, stride=stride, style=style), *[basic(width, style=style)] * (depth - 1))

    return Network(
        name, input, classes,
        stages(
            stem=conv(16, 3, norm=BatchNorm()),
            stage1=stage(16, 1),
            stage2=stage(32, 2),
            stage3=stage(64, 2),
        ),
        head=chain(GlobalAvgPool(), Flatten(), Linear(classes)),
        facts=FACTS,
    )  # fmt: skip
