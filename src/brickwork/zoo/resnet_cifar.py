"""ResNet for small images: three stages of n blocks on 32x32 pixels.

He, Zhang, Ren, Sun: Deep residual learning for image recognition, arXiv 1512.03385, section 4.2 and Table 6:
6n+2 layers of basic blocks, shortcuts of option A, no parameters. He et al.: Identity mappings in deep residual
networks, arXiv 1603.05027, Table 3: 9n+2 layers of bottlenecks with the stride in the first 1x1, which need
projections. The paper's 1001 layers are pre-activation. `flavor` is an order of its Fig. 4; `drop` is 1 - p_L of
stochastic depth (Huang et al. 2016).
"""

from dataclasses import replace

from brickwork.network import Facts, Network, Shape, chain, stages
from brickwork.network.blocks import Shortcut, Style, basic, bottleneck, opening_of, residual_stages
from brickwork.network.layers import BatchNorm, Conv, Flatten, GlobalAvgPool, Linear, ReLU

DEEP = Facts("He, Zhang, Ren, Sun 2015, arXiv 1512.03385, section 4.2", 2015)
IDENTITY_MAPPINGS = Facts("He, Zhang, Ren, Sun 2016, arXiv 1603.05027, Table 3", 2016)

NETWORKS = {  #          block        n   in every block                source
    "resnet20":          (basic,        3, Style(shortcut="A"),          DEEP),
    "resnet32":          (basic,        5, Style(shortcut="A"),          DEEP),
    "resnet44":          (basic,        7, Style(shortcut="A"),          DEEP),
    "resnet56":          (basic,        9, Style(shortcut="A"),          DEEP),
    "resnet110":         (basic,       18, Style(shortcut="A"),          DEEP),
    "resnet1202":        (basic,      200, Style(shortcut="A"),          DEEP),
    "resnet164":         (bottleneck,  18, Style(strided="1x1"),         IDENTITY_MAPPINGS),
    "preact_resnet164":  (bottleneck,  18, Style("pre", strided="1x1"),  IDENTITY_MAPPINGS),
    "preact_resnet1001": (bottleneck, 111, Style("pre", strided="1x1"),  IDENTITY_MAPPINGS),
}  # fmt: skip


def resnet_cifar(
    name: str,
    *,
    input: Shape = (3, 32, 32),
    classes: int = 10,
    flavor: str | None = None,
    shortcut: Shortcut | None = None,
    drop: float = 0.0,
) -> Network:
    block, n, own, facts = NETWORKS[name]
    style = replace(own, flavor=flavor or own.flavor, shortcut=shortcut or own.shortcut)
    stage1, stage2, stage3 = residual_stages(block, (16, 32, 64), (n, n, n), style, drop=drop)
    opening = opening_of(style)
    closing = [step for step in (BatchNorm(), ReLU()) if step not in opening]
    return Network(
        name, input, classes,
        stages(
            stem=chain(Conv(16, 3, padding=1, bias=False), *closing),
            stage1=stage1, stage2=stage2, stage3=stage3,
        ),
        head=chain(*opening, GlobalAvgPool(), Flatten(), Linear(classes)),
        facts=facts,
    )  # fmt: skip
