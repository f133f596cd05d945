"""Inception-ResNet: Inception blocks as the bodies of residuals, scaled down so that wide networks stay stable.

Szegedy, Ioffe, Vanhoucke, Alemi: Inception-v4, Inception-ResNet and the impact of residual connections on
learning, arXiv 1602.07261, Figs. 10 to 19 and Table 1. `inception_resnet_v2` is the network that was released, a
larger one than the figures'. `inception_resnet_v2_paper` is the figures', as far as they can be built: printed
widths of 1154 and 2048 cannot be added to their shortcuts, 1152 and 2144 are forced. The 1x1 convolution that ends
a body has a bias, and neither norm nor ReLU (section 3.2); section 3.3 scales bodies by 0.1 to 0.3.
"""

from brickwork.network import Expr, Facts, Network, Shape, block, chain, concat, residual, stages
from brickwork.network.blocks import COLUMN, ROW, mean_pool, path
from brickwork.network.layers import Conv, Dropout, Flatten, GlobalAvgPool, Linear, MaxPool, ReLU, Scale
from brickwork.zoo.inception_v4 import reduce_a
from brickwork.zoo.inception_v4 import stem as stem_v4

PAPER = "Szegedy, Ioffe, Vanhoucke, Alemi 2016, arXiv 1602.07261"

NETWORKS = {
    "inception_resnet_v1": Facts(f"{PAPER}, Figs. 10 to 15", 2016),
    "inception_resnet_v2": Facts(PAPER, 2016, "As released, larger than in the figures."),
    "inception_resnet_v2_paper": Facts(
        f"{PAPER}, Figs. 3 and 15 to 19", 2016, "1152 and 2144 wide, not 1154 and 2048."
    ),
}

HALVE = MaxPool(3, stride=2)


def inception_resnet(name: str, *, input: Shape = (3, 299, 299), classes: int = 1000) -> Network:
    body = {
        "inception_resnet_v1": stages(
            stem=stem_v1(),
            stage_a=chain(*[a(32, 32, 256)] * 5),
            reduce_a=reduce_a(192, 192, 256, 384),
            stage_b=chain(*[b(128, 128, 128, 896)] * 10),
            reduce_b=reduce_b(256, 256, 256),
            stage_c=chain(*[c(192, 192, 1792)] * 5),
        ),
        "inception_resnet_v2": stages(
            stem=stem_released(),
            stage_a=chain(*[a(48, 64, 320)] * 10),
            reduce_a=reduce_a(256, 256, 384, 384),
            stage_b=chain(*[b(128, 160, 192, 1088)] * 20),
            reduce_b=reduce_b(288, 288, 320),
            stage_c=chain(*[c(224, 256, 2080)] * 9, c(224, 256, 2080, last=True), path((1536, 1))),
        ),
        "inception_resnet_v2_paper": stages(
            stem=stem_v4(),
            stage_a=chain(*[a(48, 64, 384)] * 5),
            reduce_a=reduce_a(256, 256, 384, 384),
            stage_b=chain(*[b(128, 160, 192, 1152)] * 10),
            reduce_b=reduce_b(288, 288, 320),
            stage_c=chain(*[c(224, 256, 2144)] * 5),
        ),
    }[name]
    head = chain(GlobalAvgPool(), Flatten(), Dropout(0.2), Linear(classes))
    return Network(name, input, classes, body, head, facts=NETWORKS[name])


@block
def stem_v1() -> Expr:
    """Fig. 14."""
    return chain(
        path((32, 3, "/2V"), (32, 3, "V"), (64, 3)), HALVE,
        path((80, 1), (192, 3, "V"), (256, 3, "/2V")),
    )  # fmt: skip


@block
def stem_released() -> Expr:
    """Inception v3's stem and one Inception block to 320 channels."""
    return chain(
        path((32, 3, "/2V"), (32, 3, "V"), (64, 3)), HALVE,
        path((80, 1), (192, 3, "V")), HALVE,
        concat(
            path((96, 1)),
            path((48, 1), (64, 5)),
            path((64, 1), (96, 3), (96, 3)),
            chain(mean_pool(include_pad=False), path((64, 1))),
        ),
    )  # fmt: skip


@block
def a(middle: int, end: int, out: int) -> Expr:
    """Figs. 10 and 16."""
    paths = concat(
        path((32, 1)),
        path((32, 1), (32, 3)),
        path((32, 1), (middle, 3), (end, 3)),
    )
    return residual(chain(paths, Conv(out, 1), Scale(0.17)), after=ReLU())


@block
def b(inner: int, row: int, one: int, out: int) -> Expr:
    """Figs. 11 and 17."""
    paths = concat(
        path((one, 1)),
        path((inner, 1), (row, ROW), (one, COLUMN)),
    )
    return residual(chain(paths, Conv(out, 1), Scale(0.1)), after=ReLU())


@block
def reduce_b(two: int, three: int, four: int) -> Expr:
    """Figs. 12 and 18."""
    return concat(
        path((256, 1), (384, 3, "/2V")),
        path((256, 1), (two, 3, "/2V")),
        path((256, 1), (three, 3), (four, 3, "/2V")),
        HALVE,
    )


@block
def c(row: int, column: int, out: int, *, last: bool = False) -> Expr:
    """Figs. 13 and 19. The last one that was released is not scaled and has no ReLU."""
    paths = concat(
        path((192, 1)),
        path((192, 1), (row, (1, 3)), (column, (3, 1))),
    )
    if last:
        return residual(chain(paths, Conv(out, 1)))
    return residual(chain(paths, Conv(out, 1), Scale(0.2)), after=ReLU())
