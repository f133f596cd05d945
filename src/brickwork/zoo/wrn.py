"""Wide ResNet for small images: fewer, wider pre-activation blocks. "28_10" is 28 layers, ten times the width.

Zagoruyko, Komodakis: Wide residual networks, arXiv 1605.07146, Table 1: 6n+4 layers. `dropout` stands between a
block's convolutions (section 2.4; the paper's is 0.3).
"""

from brickwork.network import Facts, Network, Shape, chain, stages
from brickwork.network.blocks import Style, basic, opening_of, residual_stages
from brickwork.network.layers import Conv, Flatten, GlobalAvgPool, Linear

NETWORKS = {  #  n   widths
    "wrn_16_4":  (2, (64, 128, 256)),
    "wrn_16_8":  (2, (128, 256, 512)),
    "wrn_22_8":  (3, (128, 256, 512)),
    "wrn_28_10": (4, (160, 320, 640)),
    "wrn_40_4":  (6, (64, 128, 256)),
    "wrn_40_8":  (6, (128, 256, 512)),
}  # fmt: skip

FACTS = Facts("Zagoruyko, Komodakis 2016, arXiv 1605.07146, Table 1", 2016)


def wrn(name: str, *, input: Shape = (3, 32, 32), classes: int = 10, dropout: float = 0.0) -> Network:
    n, widths = NETWORKS[name]
    style = Style("pre", dropout=dropout)
    stage1, stage2, stage3 = residual_stages(basic, widths, (n, n, n), style)
    return Network(
        name, input, classes,
        stages(stem=Conv(16, 3, padding=1, bias=False), stage1=stage1, stage2=stage2, stage3=stage3),
        head=chain(*opening_of(style), GlobalAvgPool(), Flatten(), Linear(classes)),
        facts=FACTS,
    )  # fmt: skip
