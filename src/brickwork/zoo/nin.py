"""Network in network: 1x1 convolutions after every convolution, and the mean of a map as a class's score.

Lin, Chen, Yan: Network in network, arXiv 1312.4400, Fig. 2. The paper prints no widths. `nin` has those of the
authors' ImageNet model; `nin_lecture` is the form that lectures teach, whose last block makes the classes.
"""

from brickwork.network.algebra import chain
from brickwork.network.blocks import nin_block
from brickwork.network.layer import Shape
from brickwork.network.layers import Dropout, Flatten, GlobalAvgPool, MaxPool
from brickwork.network.value import Facts, Network, stages

NETWORKS = {
    "nin": Facts("Lin, Chen, Yan 2013, arXiv 1312.4400; widths from the authors' ImageNet model", 2013),
    "nin_lecture": Facts("Lin, Chen, Yan 2013, arXiv 1312.4400, as lectures teach it", 2013, init="xavier"),
}


def nin(name: str, *, input: Shape = (3, 224, 224), classes: int = 1000) -> Network:
    lecture = name == "nin_lecture"
    halve = MaxPool(3, stride=2, ceil=not lecture)
    last = (classes, (classes, classes)) if lecture else (1024, (1024, classes))
    return Network(
        name, input, classes,
        stages(
            stage1=chain(nin_block(96, kernel=11, stride=4, padding=0), halve),
            stage2=chain(nin_block(256, kernel=5, stride=1, padding=2), halve),
            stage3=chain(nin_block(384, kernel=3, stride=1, padding=1), halve, Dropout()),
        ),
        head=chain(nin_block(last[0], kernel=3, stride=1, padding=1, inner=last[1]), GlobalAvgPool(), Flatten()),
        facts=NETWORKS[name],
    )  # fmt: skip
