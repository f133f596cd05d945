"""The names that Cadene's pretrainedmodels gave AlexNet's and VGG's layers; no library that is tested with has them."""

from brickwork.weights.names.plain import ALEXNET_CADENE, VGG_CADENE

DENSE = ["head.linear1", "head.linear2", "head.linear3"]


def test_alexnets_layers_have_cadenes_names() -> None:
    assert ALEXNET_CADENE([*(f"stage{i}.conv" for i in range(1, 6)), *DENSE]) == [
        *(f"_features.{i}" for i in (0, 3, 6, 8, 10)),
        *("linear0", "linear1", "last_linear"),
    ]


def test_vgg16s_layers_have_cadenes_names() -> None:
    convs = [f"stage{i}.conv{j + 1}" for i, depth in enumerate((2, 2, 3, 3, 3), 1) for j in range(depth)]
    assert VGG_CADENE([*convs, *DENSE]) == [
        *(f"_features.{i}" for i in (0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28)),
        *("linear0", "linear1", "last_linear"),
    ]
