"""Pre-activation ResNet: norm and ReLU come before each convolution, and the shortcut stays clean.

He, Zhang, Ren, Sun: Identity mappings in deep residual networks, arXiv 1603.05027, Fig. 1b and Table 5. The stem
ends in norm and ReLU, so the first block opens without them; a stage's first block shares them with its shortcut.
`stem=bare` is timm's: convolution and pooling only, and the first block opens like all others.
"""

from typing import Literal

from brickwork.network.algebra import Expr, chain
from brickwork.network.blocks import Opening, Style, basic, bottleneck, residual_stages
from brickwork.network.layer import Shape
from brickwork.network.layers import Conv
from brickwork.network.value import Facts, Network
from brickwork.zoo.resnet import HALVE, STEMS, imagenet

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
    name: str,
    *,
    input: Shape = (3, 224, 224),
    classes: int = 1000,
    flavor: str = "pre",
    drop: float = 0.0,
    stem: Literal["normed", "bare"] = "normed",
) -> Network:
    block, depths = NETWORKS[name]
    style = Style(flavor)
    first: Expr = STEMS["7x7"]
    opening: Opening = "absent"
    if stem == "bare":  # a shortcut that is the identity then goes around the opening, too
        first, opening = Conv(64, 7, stride=2, padding=3, bias=False), "before" if block is bottleneck else "body"
    body = residual_stages(block, (64, 128, 256, 512), depths, style, drop=drop, first=opening)
    return imagenet(name, input, classes, chain(first, HALVE), body, style, FACTS)
