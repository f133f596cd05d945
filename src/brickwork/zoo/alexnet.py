"""AlexNet: five convolutions and three dense layers that began the line.

Krizhevsky, Sutskever, Hinton: ImageNet classification with deep convolutional neural networks, NIPS 2012,
Fig. 2 and section 3.5. The paper says 224 pixels; its arithmetic needs 227. Two GPUs are two groups.
`alexnet_owt` is the network of Krizhevsky: One weird trick, arXiv 1404.5997, as torch and torchvision have it:
other widths, no normalisation, dropout before the dense layers, not after. `alexnet_ungrouped` is the network of
2012 on one GPU without normalisation. `alexnet_lecture` is the form that lectures teach, on 224 pixels padded by 1.
"""

from dataclasses import replace
from typing import NamedTuple

from brickwork.network import IDENTITY, Expr, Facts, Network, Shape, chain, stages
from brickwork.network.blocks import conv
from brickwork.network.layers import AdaptiveAvgPool, Conv, Dropout, Flatten, Linear, LocalResponseNorm, MaxPool, ReLU

HIDDEN = chain(Flatten(), Linear(4096), ReLU(), Dropout(), Linear(4096), ReLU(), Dropout())
HIDDEN_OWT = chain(AdaptiveAvgPool(6), Flatten(), Dropout(), Linear(4096), ReLU(), Dropout(), Linear(4096), ReLU())


class Form(NamedTuple):
    widths: tuple[int, int, int, int, int] = (96, 256, 384, 384, 256)
    padding: int = 0  # of the first convolution
    groups: int = 1  # of the second, fourth and fifth
    norm: Expr = IDENTITY  # after the first two
    hidden: Expr = HIDDEN  # between the last pooling and the logits
    input: Shape = (3, 227, 227)
    classes: int = 1000
    facts: Facts = Facts("Krizhevsky, Sutskever, Hinton 2012, NIPS, Fig. 2", 2012)


OWT = Facts("Krizhevsky 2014, arXiv 1404.5997", 2014, "As torchvision has it.")
PAPER = Form().facts

NETWORKS = {
    "alexnet":           Form(groups=2, norm=LocalResponseNorm(), facts=PAPER),
    "alexnet_owt":       Form((64, 192, 384, 256, 256), padding=2, hidden=HIDDEN_OWT, input=(3, 224, 224), facts=OWT),
    "alexnet_ungrouped": Form(facts=replace(PAPER, note="On one GPU, without response norms.")),
    "alexnet_lecture":   Form(
        padding=1, input=(1, 224, 224), classes=10, facts=replace(PAPER, note="As lectures teach it."),
    ),
}  # fmt: skip


def alexnet(name: str, *, input: Shape | None = None, classes: int | None = None) -> Network:
    widths, padding, groups, norm, hidden, own_input, own_classes, facts = NETWORKS[name]
    classes = own_classes if classes is None else classes
    return Network(
        name, input or own_input, classes,
        stages(
            stage1=chain(Conv(widths[0], 11, stride=4, padding=padding), ReLU(), norm, MaxPool(3, stride=2)),
            stage2=chain(Conv(widths[1], 5, padding=2, groups=groups), ReLU(), norm, MaxPool(3, stride=2)),
            stage3=conv(widths[2], 3),
            stage4=chain(Conv(widths[3], 3, padding=1, groups=groups), ReLU()),
            stage5=chain(Conv(widths[4], 3, padding=1, groups=groups), ReLU(), MaxPool(3, stride=2)),
        ),
        head=chain(hidden, Linear(classes)),
        facts=facts,
    )  # fmt: skip
