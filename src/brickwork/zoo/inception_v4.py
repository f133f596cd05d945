"""Inception v4: one uniform design for every size of map. It has no residual connections.

Szegedy, Ioffe, Vanhoucke, Alemi: Inception-v4, Inception-ResNet and the impact of residual connections on
learning, arXiv 1602.07261, Figs. 3 to 9 and Table 1. Means leave their padding out, as released.
"""

from brickwork.network import Expr, Facts, Network, Shape, block, chain, concat, stages
from brickwork.network.blocks import COLUMN, ROW, mean_pool, path
from brickwork.network.layers import Dropout, Flatten, GlobalAvgPool, Linear, MaxPool

NETWORKS = {
    "inception_v4": Facts("Szegedy, Ioffe, Vanhoucke, Alemi 2016, arXiv 1602.07261, Fig. 9", 2016),
}

MEAN = mean_pool(include_pad=False)
HALVE = MaxPool(3, stride=2)


def inception_v4(name: str, *, input: Shape = (3, 299, 299), classes: int = 1000) -> Network:
    return Network(
        name, input, classes,
        stages(
            stem=stem(),
            stage_a=chain(*[a()] * 4),
            reduce_a=reduce_a(192, 224, 256, 384),
            stage_b=chain(*[b()] * 7),
            reduce_b=reduce_b(),
            stage_c=chain(*[c()] * 3),
        ),
        head=chain(GlobalAvgPool(), Flatten(), Dropout(0.2), Linear(classes)),
        facts=NETWORKS[name],
    )  # fmt: skip


@block
def stem() -> Expr:
    """Fig. 3."""
    return chain(
        path((32, 3, "/2V"), (32, 3, "V"), (64, 3)),
        concat(HALVE, path((96, 3, "/2V"))),
        concat(
            path((64, 1), (96, 3, "V")),
            path((64, 1), (64, ROW), (64, COLUMN), (96, 3, "V")),
        ),
        concat(path((192, 3, "/2V")), HALVE),
    )


@block
def a() -> Expr:
    """Fig. 4."""
    return concat(
        path((96, 1)),
        path((64, 1), (96, 3)),
        path((64, 1), (96, 3), (96, 3)),
        chain(MEAN, path((96, 1))),
    )


@block
def reduce_a(k: int, l: int, m: int, n: int) -> Expr:  # noqa: E741
    """Fig. 7, with the letters of Table 1."""
    return concat(
        path((n, 3, "/2V")),
        path((k, 1), (l, 3), (m, 3, "/2V")),
        HALVE,
    )


@block
def b() -> Expr:
    """Fig. 5."""
    return concat(
        path((384, 1)),
        path((192, 1), (224, ROW), (256, COLUMN)),
        path((192, 1), (192, COLUMN), (224, ROW), (224, COLUMN), (256, ROW)),
        chain(MEAN, path((128, 1))),
    )


@block
def reduce_b() -> Expr:
    """Fig. 8."""
    return concat(
        path((192, 1), (192, 3, "/2V")),
        path((256, 1), (256, ROW), (320, COLUMN), (320, 3, "/2V")),
        HALVE,
    )


@block
def c() -> Expr:
    """Fig. 6."""
    return concat(
        path((256, 1)),
        chain(path((384, 1)), concat(path((256, (1, 3))), path((256, (3, 1))))),
        chain(path((384, 1), (448, (3, 1)), (512, (1, 3))), concat(path((256, (1, 3))), path((256, (3, 1))))),
        chain(MEAN, path((256, 1))),
    )
