"""AlexNet: five convolutions and three dense layers that began the line.

Krizhevsky, Sutskever, Hinton: ImageNet classification with deep convolutional neural networks, NIPS 2012,
Fig. 2 and section 3.5. The paper says 224 pixels; its arithmetic needs 227. Two GPUs are two groups.
`alexnet_lecture` is the form that lectures teach: one group, no normalisation, and 224 pixels padded by 1.
"""

from typing import NamedTuple

from brickwork.network.algebra import IDENTITY, Expr, chain
from brickwork.network.blocks import conv
from brickwork.network.layer import Shape
from brickwork.network.layers import Conv, Dropout, Flatten, Linear, LocalResponseNorm, MaxPool, ReLU
from brickwork.network.value import Facts, Network, stages


class Form(NamedTuple):
    input: Shape
    classes: int
    padding: int  # of the first convolution
    groups: int  # of the second, fourth and fifth
    norm: Expr
    facts: Facts


PAPER = "Krizhevsky, Sutskever, Hinton 2012, Fig. 2"

NETWORKS = {
    "alexnet": Form((3, 227, 227), 1000, 0, 2, LocalResponseNorm(), Facts(PAPER, 2012, init="alexnet")),
    "alexnet_lecture": Form((1, 224, 224), 10, 1, 1, IDENTITY, Facts(f"{PAPER}, as lectures teach it", 2012)),
}


def alexnet(name: str, *, input: Shape | None = None, classes: int | None = None) -> Network:
    form = NETWORKS[name]
    classes = classes or form.classes
    return Network(
        name, input or form.input, classes,
        stages(
            stage1=chain(Conv(96, 11, stride=4, padding=form.padding), ReLU(), form.norm, MaxPool(3, stride=2)),
            stage2=chain(Conv(256, 5, padding=2, groups=form.groups), ReLU(), form.norm, MaxPool(3, stride=2)),
            stage3=chain(conv(384, 3)),
            stage4=chain(Conv(384, 3, padding=1, groups=form.groups), ReLU()),
            stage5=chain(Conv(256, 3, padding=1, groups=form.groups), ReLU(), MaxPool(3, stride=2)),
        ),
        head=chain(Flatten(), Linear(4096), ReLU(), Dropout(), Linear(4096), ReLU(), Dropout(), Linear(classes)),
        facts=form.facts,
    )  # fmt: skip
