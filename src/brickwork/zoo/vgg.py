"""VGG: 3x3 convolutions only, deeper and deeper.

Simonyan, Zisserman: Very deep convolutional networks for large-scale image recognition, arXiv 1409.1556, Table 1:
configurations A, A-LRN, B, C, D and E. `vgg11_quarter` is what the lecture trains, `vgg16_cifar` the form that
small images have come to be compared on (batch norm, one dense layer).
"""

from dataclasses import replace
from typing import NamedTuple

from brickwork.network import IDENTITY, Expr, Facts, Network, Shape, chain, stages
from brickwork.network.blocks import vgg_block
from brickwork.network.layers import Dropout, Flatten, Linear, LocalResponseNorm, ReLU

HIDDEN = chain(Linear(4096), ReLU(), Dropout(), Linear(4096), ReLU(), Dropout())


class Form(NamedTuple):
    convs: tuple[int, int, int, int, int]  # in each of the five stages
    last: tuple[int, int, int, int, int] = (3, 3, 3, 3, 3)  # kernel of each stage's last convolution
    norms: tuple[Expr, ...] = (IDENTITY,) * 5  # after each stage's first convolution
    widths: tuple[int, int, int, int, int] = (64, 128, 256, 512, 512)
    hidden: Expr = HIDDEN  # between the last map and the logits
    batchnorm: bool = False  # unless asked for
    input: Shape = (3, 224, 224)
    classes: int = 1000
    note: str = ""  # what differs from the paper


NETWORKS = {
    "vgg11":         Form((1, 1, 2, 2, 2)),                             # A
    "vgg11_lrn":     Form((1, 1, 2, 2, 2), norms=(LocalResponseNorm(), *[IDENTITY] * 4)),  # A-LRN
    "vgg13":         Form((2, 2, 2, 2, 2)),                             # B
    "vgg16_c":       Form((2, 2, 3, 3, 3), last=(3, 3, 1, 1, 1)),       # C
    "vgg16":         Form((2, 2, 3, 3, 3)),                             # D
    "vgg19":         Form((2, 2, 4, 4, 4)),                             # E
    "vgg11_quarter": Form(
        (1, 1, 2, 2, 2), widths=(16, 32, 64, 128, 128), input=(1, 224, 224), classes=10,
        note="A quarter as wide, as the lecture trains it.",
    ),
    "vgg16_cifar": Form(
        (2, 2, 3, 3, 3), hidden=IDENTITY, batchnorm=True, input=(3, 32, 32), classes=10,
        note="For small images: batch norm, one dense layer.",
    ),
}  # fmt: skip

FACTS = Facts("Simonyan, Zisserman 2014, arXiv 1409.1556, Table 1", 2014)


def vgg(name: str, *, input: Shape | None = None, classes: int | None = None, batchnorm: bool | None = None) -> Network:
    form = NETWORKS[name]
    classes = form.classes if classes is None else classes
    batchnorm = form.batchnorm if batchnorm is None else batchnorm
    one, two, three, four, five = (
        vgg_block(convs, out, last=last, batchnorm=batchnorm, after_first=norm)
        for convs, out, last, norm in zip(form.convs, form.widths, form.last, form.norms, strict=True)
    )
    return Network(
        name, input or form.input, classes,
        stages(stage1=one, stage2=two, stage3=three, stage4=four, stage5=five),
        head=chain(Flatten(), form.hidden, Linear(classes)),
        facts=replace(FACTS, note=form.note),
    )  # fmt: skip
