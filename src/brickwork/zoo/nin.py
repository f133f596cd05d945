"""Network in network: 1x1 convolutions after every convolution, and the mean of a map as a class's score.

Lin, Chen, Yan: Network in network, arXiv 1312.4400, Fig. 2. The paper prints no widths: `nin` and `nin_cifar` have
those of the authors' models for ImageNet and CIFAR-10. `nin_lecture` is the form that lectures teach, whose last
block makes the classes. Every convolution has a ReLU, the last one too: no score is below 0.
"""

from brickwork.network import Facts, Network, Shape, chain, stages
from brickwork.network.blocks import nin_block
from brickwork.network.layers import AvgPool, Dropout, Flatten, GlobalAvgPool, MaxPool

PAPER = "Lin, Chen, Yan 2013, arXiv 1312.4400"

NETWORKS = {  #   input         classes  source
    "nin":         ((3, 224, 224), 1000, Facts(PAPER, 2013, "Widths from the authors' ImageNet model.", init="nin")),
    "nin_cifar":   ((3, 32, 32),     10, Facts(PAPER, 2013, "Widths from the authors' CIFAR-10 model.", init="nin")),
    "nin_lecture": ((1, 224, 224),   10, Facts(PAPER, 2013, "As lectures teach it.", init="nin")),
}  # fmt: skip

HALVE = MaxPool(3, stride=2, ceil=True)
FLOOR = MaxPool(3, stride=2)
MEAN = chain(GlobalAvgPool(), Flatten())


def nin(name: str, *, input: Shape | None = None, classes: int | None = None) -> Network:
    own_input, own_classes, facts = NETWORKS[name]
    classes = own_classes if classes is None else classes
    body, head = {
        "nin": (
            stages(
                stage1=chain(nin_block(96, 11, stride=4), HALVE),
                stage2=chain(nin_block(256, 5, padding=2), HALVE),
                stage3=chain(nin_block(384, 3, padding=1), HALVE, Dropout()),
            ),
            chain(nin_block(1024, 3, padding=1, inner=(1024, classes)), MEAN),
        ),
        "nin_cifar": (
            stages(
                stage1=chain(nin_block(192, 5, padding=2, inner=(160, 96)), HALVE, Dropout()),
                stage2=chain(nin_block(192, 5, padding=2), AvgPool(3, stride=2, ceil=True), Dropout()),
            ),
            chain(nin_block(192, 3, padding=1, inner=(192, classes)), MEAN),
        ),
        "nin_lecture": (
            stages(
                stage1=chain(nin_block(96, 11, stride=4), FLOOR),
                stage2=chain(nin_block(256, 5, padding=2), FLOOR),
                stage3=chain(nin_block(384, 3, padding=1), FLOOR, Dropout()),
            ),
            chain(nin_block(classes, 3, padding=1), MEAN),
        ),
    }[name]
    return Network(name, input or own_input, classes, body, head, facts=facts)
