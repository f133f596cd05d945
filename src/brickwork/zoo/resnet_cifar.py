"""ResNet for small images: three stages of n blocks on 32x32 pixels.

He, Zhang, Ren, Sun: Deep residual learning for image recognition, arXiv 1512.03385, section 4.2 and Table 6:
6n+2 layers of basic blocks, shortcuts of option A, no parameters. He et al.: Identity mappings in deep residual
networks, arXiv 1603.05027, Table 3: 9n+2 layers of bottlenecks, which need projections. The paper's 1001 layers
are pre-activation. `flavor` is an order of its Fig. 4; `drop` is 1 - p_L of stochastic depth (Huang et al. 2016).
"""

from collections.abc import Callable

from brickwork.network.algebra import Expr, chain
from brickwork.network.blocks import Shortcut, Style, basic, bottleneck, opening_of, residual_stages
from brickwork.network.layer import Shape
from brickwork.network.layers import BatchNorm, Conv, Flatten, GlobalAvgPool, Linear, ReLU
from brickwork.network.value import Facts, Network, stages

NETWORKS: dict[str, tuple[Callable[..., Expr], int, Shortcut, str]] = {
    #        block        n   shortcut  flavor
    "resnet20":          (basic,        3, "A", "original"),
    "resnet32":          (basic,        5, "A", "original"),
    "resnet44":          (basic,        7, "A", "original"),
    "resnet56":          (basic,        9, "A", "original"),
    "resnet110":         (basic,       18, "A", "original"),
    "resnet1202":        (basic,      200, "A", "original"),
    "resnet164":         (bottleneck,  18, "B", "original"),
    "preact_resnet164":  (bottleneck,  18, "B", "pre"),
    "preact_resnet1001": (bottleneck, 111, "B", "pre"),
}  # fmt: skip

FACTS = {
    "original": Facts("He, Zhang, Ren, Sun 2015, arXiv 1512.03385, section 4.2", 2015),
    "pre": Facts("He, Zhang, Ren, Sun 2016, arXiv 1603.05027, Table 3", 2016),
}


def resnet_cifar(
    name: str,
    *,
    input: Shape = (3, 32, 32),
    classes: int = 10,
    flavor: str | None = None,
    shortcut: Shortcut | None = None,
    drop: float = 0.0,
) -> Network:
    block, depth, way, order = NETWORKS[name]
    style = Style(flavor or order, shortcut or way, strided="1x1" if block is bottleneck else "3x3")
    stage1, stage2, stage3 = residual_stages(block, (16, 32, 64), (depth,) * 3, style, drop=drop)
    opening = opening_of(style)
    closing = [step for step in (BatchNorm(), ReLU()) if step not in opening]
    return Network(
        name, input, classes,
        stages(
            stem=chain(Conv(16, 3, padding=1, bias=False), *closing),
            stage1=stage1, stage2=stage2, stage3=stage3,
        ),
        head=chain(*opening, GlobalAvgPool(), Flatten(), Linear(classes)),
        facts=FACTS[order],
    )  # fmt: skip
