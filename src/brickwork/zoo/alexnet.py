"""AlexNet: five convolutions and three dense layers that began the line.

Krizhevsky, Sutskever, Hinton: ImageNet classification with deep convolutional neural networks, NIPS 2012,
Fig. 2 and section 3.5. The paper says 224 pixels; its arithmetic needs 227. Two GPUs are two groups.
"""

from brickwork.network.algebra import chain
from brickwork.network.blocks import conv
from brickwork.network.layer import Shape
from brickwork.network.layers import Conv, Dropout, Flatten, Linear, LocalResponseNorm, MaxPool, ReLU
from brickwork.network.value import Facts, Network, stages

NETWORKS = {
    "alexnet": Facts("Krizhevsky, Sutskever, Hinton 2012, Fig. 2", 2012, init="alexnet"),
}


def alexnet(name: str, *, input: Shape = (3, 227, 227), classes: int = 1000) -> Network:
    return Network(
        name, input, classes,
        stages(
            stage1=chain(Conv(96, 11, stride=4), ReLU(), LocalResponseNorm(), MaxPool(3, stride=2)),
            stage2=chain(Conv(256, 5, padding=2, groups=2), ReLU(), LocalResponseNorm(), MaxPool(3, stride=2)),
            stage3=chain(conv(384, 3)),
            stage4=chain(Conv(384, 3, padding=1, groups=2), ReLU()),
            stage5=chain(Conv(256, 3, padding=1, groups=2), ReLU(), MaxPool(3, stride=2)),
        ),
        head=chain(Flatten(), Linear(4096), ReLU(), Dropout(), Linear(4096), ReLU(), Dropout(), Linear(classes)),
        facts=NETWORKS[name],
    )  # fmt: skip
