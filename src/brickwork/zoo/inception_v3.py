"""Inception v3: large kernels as several small ones, and n x n as 1 x n and n x 1.

Szegedy, Vanhoucke, Ioffe, Shlens, Wojna: Rethinking the Inception architecture, arXiv 1512.00567, Figs. 5 to 7 and
10. This is the network that was released, which all libraries have; the paper's Table 1 has another stem and
3, 5 and 2 blocks. "A" keeps a 5x5 path. Means count their padding, as in torchvision and timm.
"""

from brickwork.network import Expr, Facts, Network, Shape, SideHead, block, chain, concat, named, stages
from brickwork.network.blocks import COLUMN, ROW, mean_pool, path
from brickwork.network.layers import AvgPool, Dropout, Flatten, GlobalAvgPool, Linear, MaxPool

NETWORKS = {
    "inception_v3": Facts("Szegedy et al. 2015, arXiv 1512.00567", 2015, "As released."),
}

MEAN = mean_pool(include_pad=True)
HALVE = MaxPool(3, stride=2)


def inception_v3(name: str, *, input: Shape = (3, 299, 299), classes: int = 1000, side_heads: bool = True) -> Network:
    return Network(
        name, input, classes,
        stages(
            stem=chain(
                path((32, 3, "/2V"), (32, 3, "V"), (64, 3)), HALVE,
                path((80, 1), (192, 3, "V")), HALVE,
            ),
            stage_a=chain(named("5b", a(32)), named("5c", a(64)), named("5d", a(64))),
            reduce_a=reduce_a(),
            stage_b=chain(named("6b", b(128)), named("6c", b(160)), named("6d", b(160)), named("6e", b(192))),
            reduce_b=reduce_b(),
            stage_c=chain(named("7b", c()), named("7c", c())),
        ),
        head=chain(GlobalAvgPool(), Flatten(), Dropout(), Linear(classes)),
        side_heads=(SideHead("side1", "stage_b", side_head(classes), weight=0.4),) if side_heads else (),
        facts=NETWORKS[name],
    )  # fmt: skip


@block
def a(pool: int) -> Expr:
    """Fig. 5, with the 5x5 path that was released."""
    return concat(
        path((64, 1)),
        path((48, 1), (64, 5)),
        path((64, 1), (96, 3), (96, 3)),
        chain(MEAN, path((pool, 1))),
    )


@block
def reduce_a() -> Expr:
    """Fig. 10: halves the map and widens it without a bottleneck."""
    return concat(
        path((384, 3, "/2V")),
        path((64, 1), (96, 3), (96, 3, "/2V")),
        HALVE,
    )


@block
def b(inner: int) -> Expr:
    """Fig. 6: 7x7 as 1x7 and 7x1."""
    return concat(
        path((192, 1)),
        path((inner, 1), (inner, ROW), (192, COLUMN)),
        path((inner, 1), (inner, COLUMN), (inner, ROW), (inner, COLUMN), (192, ROW)),
        chain(MEAN, path((192, 1))),
    )


@block
def reduce_b() -> Expr:
    return concat(
        path((192, 1), (320, 3, "/2V")),
        path((192, 1), (192, ROW), (192, COLUMN), (192, 3, "/2V")),
        HALVE,
    )


@block
def c() -> Expr:
    """Fig. 7: the last kernels side by side, for more features on the coarsest map."""
    return concat(
        path((320, 1)),
        chain(path((384, 1)), concat(path((384, (1, 3))), path((384, (3, 1))))),
        chain(path((448, 1), (384, 3)), concat(path((384, (1, 3))), path((384, (3, 1))))),
        chain(MEAN, path((192, 1))),
    )


def side_head(classes: int) -> Expr:
    """Fig. 8, with batch norm."""
    return chain(AvgPool(5, stride=3), path((128, 1), (768, 5, "V")), GlobalAvgPool(), Flatten(), Linear(classes))
