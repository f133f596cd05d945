"""VGG: 3x3 convolutions only, deeper and deeper.

Simonyan, Zisserman: Very deep convolutional networks for large-scale image recognition, arXiv 1409.1556,
Table 1, configurations A, B, D and E.
"""

from brickwork.network.algebra import chain
from brickwork.network.blocks import vgg_block
from brickwork.network.layer import Shape
from brickwork.network.layers import Dropout, Flatten, Linear, ReLU
from brickwork.network.value import Facts, Network, stages

WIDTHS = (64, 128, 256, 512, 512)

NETWORKS = {         # 3x3 convolutions in each of the five stages
    "vgg11": (1, 1, 2, 2, 2),  # A
    "vgg13": (2, 2, 2, 2, 2),  # B
    "vgg16": (2, 2, 3, 3, 3),  # D
    "vgg19": (2, 2, 4, 4, 4),  # E
}  # fmt: skip

FACTS = Facts("Simonyan, Zisserman 2014, arXiv 1409.1556, Table 1", 2014)


def vgg(name: str, *, input: Shape = (3, 224, 224), classes: int = 1000, batchnorm: bool = False) -> Network:
    one, two, three, four, five = (
        vgg_block(convs, out, batchnorm=batchnorm) for convs, out in zip(NETWORKS[name], WIDTHS, strict=True)
    )
    return Network(
        name, input, classes,
        stages(stage1=one, stage2=two, stage3=three, stage4=four, stage5=five),
        head=chain(Flatten(), Linear(4096), ReLU(), Dropout(), Linear(4096), ReLU(), Dropout(), Linear(classes)),
        facts=FACTS,
    )  # fmt: skip
