"""SE-ResNet and SE-ResNeXt: every block weighs its channels by what the whole map holds.

Hu, Shen, Albanie, Sun, Wu: Squeeze-and-excitation networks, arXiv 1709.01507, Table 1 and Fig. 3; reduction 16.
Strides stand in the 3x3 convolution; `stride=v1` is the authors' own, for their ResNets; `pool=ceil` is theirs for all.
"""

from typing import Literal

from brickwork.network.algebra import chain
from brickwork.network.blocks import Style, bottleneck, residual_stages
from brickwork.network.layer import Shape
from brickwork.network.layers import MaxPool
from brickwork.network.value import Facts, Network
from brickwork.zoo.resnet import HALVE, STEMS, imagenet

NETWORKS = {  #           stage2 to stage5  cardinality, width
    "seresnet50":         ((3, 4, 6, 3),  1, 64),
    "seresnet101":        ((3, 4, 23, 3), 1, 64),
    "seresnet152":        ((3, 8, 36, 3), 1, 64),
    "seresnext50_32x4d":  ((3, 4, 6, 3),  32, 4),
    "seresnext101_32x4d": ((3, 4, 23, 3), 32, 4),
}  # fmt: skip

POOLS = {
    "padded": HALVE,
    "ceil": MaxPool(3, stride=2, ceil=True),  # Caffe's
}

FACTS = Facts("Hu, Shen, Albanie, Sun, Wu 2017, arXiv 1709.01507, Table 1", 2017)


def seresnet(
    name: str,
    *,
    input: Shape = (3, 224, 224),
    classes: int = 1000,
    stride: Literal["v1.5", "v1"] = "v1.5",
    pool: Literal["padded", "ceil"] = "padded",
) -> Network:
    depths, cardinality, width = NETWORKS[name]
    style = Style(strided="1x1" if stride == "v1" else "3x3", groups=cardinality, base=width, squeeze=16)
    body = residual_stages(bottleneck, (64, 128, 256, 512), depths, style)
    return imagenet(name, input, classes, chain(STEMS["7x7"], POOLS[pool]), body, style, FACTS)
