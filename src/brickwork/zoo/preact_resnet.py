"""Pre-activation ResNet: norm and ReLU come before each convolution, and the shortcut stays clean.

He, Zhang, Ren, Sun: Identity mappings in deep residual networks, arXiv 1603.05027, Fig. 1b and Table 5. The stem
ends in norm and ReLU, so the first block opens without them; a stage's first block shares them with its shortcut.
"""

from brickwork.network.blocks import Style, basic, bottleneck, residual_stages
from brickwork.network.layer import Shape
from brickwork.network.value import Facts, Network
from brickwork.zoo.resnet import STEMS, imagenet

NETWORKS = {
    "preact_resnet18":  (basic,      (2, 2, 2, 2)),
    "preact_resnet34":  (basic,      (3, 4, 6, 3)),
    "preact_resnet50":  (bottleneck, (3, 4, 6, 3)),
    "preact_resnet101": (bottleneck, (3, 4, 23, 3)),
    "preact_resnet152": (bottleneck, (3, 8, 36, 3)),
    "preact_resnet200": (bottleneck, (3, 24, 36, 3)),
}  # fmt: skip

FACTS = Facts("He, Zhang, Ren, Sun 2016, arXiv 1603.05027, Fig. 1b", 2016)


def preact_resnet(
    name: str, *, input: Shape = (3, 224, 224), classes: int = 1000, flavor: str = "pre", drop: float = 0.0
) -> Network:
    block, depths = NETWORKS[name]
    style = Style(flavor)
    body = residual_stages(block, (64, 128, 256, 512), depths, style, drop=drop, stem_opens=True)
    return imagenet(name, input, classes, STEMS["7x7"], body, style, FACTS)
