"""ResNet-18 as lectures teach it: biases everywhere, and a shortcut convolution without a norm.

After He, Zhang, Ren, Sun: Deep residual learning for image recognition, arXiv 1512.03385, Table 1, on 96 pixels.
"""

from brickwork.network import Expr, Facts, Network, Shape, block, chain, on_change, residual, stages
from brickwork.network.layers import BatchNorm, Conv, Flatten, GlobalAvgPool, Linear, MaxPool, ReLU

PAPER = "He, Zhang, Ren, Sun 2015, arXiv 1512.03385, Table 1"

NETWORKS = {
    "resnet18_lecture": Facts(PAPER, 2015, "As lectures teach it.", init="xavier"),
}


def resnet_lecture(name: str, *, input: Shape = (1, 96, 96), classes: int = 10) -> Network:
    return Network(
        name, input, classes,
        stages(
            stem=chain(Conv(64, 7, stride=2, padding=3), BatchNorm(), ReLU(), MaxPool(3, stride=2, padding=1)),
            stage2=chain(unit(64), unit(64)),
            stage3=chain(unit(128, stride=2), unit(128)),
            stage4=chain(unit(256, stride=2), unit(256)),
            stage5=chain(unit(512, stride=2), unit(512)),
        ),
        head=chain(GlobalAvgPool(), Flatten(), Linear(classes)),
        facts=NETWORKS[name],
    )  # fmt: skip


@block
def unit(out: int, *, stride: int = 1) -> Expr:
    """Two 3x3 convolutions; where the shapes differ, a 1x1 convolution is the way around."""
    body = chain(Conv(out, 3, stride, padding=1), BatchNorm(), ReLU(), Conv(out, 3, padding=1), BatchNorm())
    return residual(body, on_change(Conv(out, 1, stride)), after=ReLU())
