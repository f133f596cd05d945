"""Wide ResNet on ImageNet: a bottleneck whose 3x3 convolution has twice the channels.

Zagoruyko, Komodakis: Wide residual networks, arXiv 1605.07146, Table 8.
"""

from brickwork.network.algebra import chain
from brickwork.network.blocks import Style, bottleneck, residual_stages
from brickwork.network.layer import Shape
from brickwork.network.value import Facts, Network
from brickwork.zoo.resnet import HALVE, STEMS, imagenet

NETWORKS = {
    "wide_resnet50_2":  (3, 4, 6, 3),
    "wide_resnet101_2": (3, 4, 23, 3),
}  # fmt: skip

FACTS = Facts("Zagoruyko, Komodakis 2016, arXiv 1605.07146, Table 8", 2016)


def wide_resnet(name: str, *, input: Shape = (3, 224, 224), classes: int = 1000) -> Network:
    style = Style(base=128)
    body = residual_stages(bottleneck, (64, 128, 256, 512), NETWORKS[name], style)
    return imagenet(name, input, classes, chain(STEMS["7x7"], HALVE), body, style, FACTS)
