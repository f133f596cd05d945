"""ResNeXt: a bottleneck whose 3x3 convolution works in many groups; their number is the cardinality.

Xie, Girshick, Dollar, Tu, He: Aggregated residual transformations for deep neural networks, arXiv 1611.05431,
Table 1. "32x4d" is 32 groups of 4 channels in the first stage.
"""

from brickwork.network.algebra import chain
from brickwork.network.blocks import Style, bottleneck, residual_stages
from brickwork.network.layer import Shape
from brickwork.network.value import Facts, Network
from brickwork.zoo.resnet import HALVE, STEMS, imagenet

NETWORKS = {  #         stage2 to stage5  cardinality, width
    "resnext50_32x4d":  ((3, 4, 6, 3),  32, 4),
    "resnext101_32x4d": ((3, 4, 23, 3), 32, 4),
    "resnext101_32x8d": ((3, 4, 23, 3), 32, 8),
    "resnext101_64x4d": ((3, 4, 23, 3), 64, 4),
}  # fmt: skip

FACTS = Facts("Xie, Girshick, Dollar, Tu, He 2016, arXiv 1611.05431, Table 1", 2016)


def resnext(name: str, *, input: Shape = (3, 224, 224), classes: int = 1000) -> Network:
    depths, cardinality, width = NETWORKS[name]
    style = Style(groups=cardinality, base=width)
    body = residual_stages(bottleneck, (64, 128, 256, 512), depths, style)
    return imagenet(name, input, classes, chain(STEMS["7x7"], HALVE), body, style, FACTS)
