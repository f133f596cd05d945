"""What torchvision, timm, Cadene and others call the layers of our networks. None of them is needed to know it."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from brickwork.network import Network
from brickwork.weights.names.inception import (
    GOOGLENET,
    INCEPTION_BN_CADENE,
    INCEPTION_RESNET,
    INCEPTION_RESNET_CADENE,
    INCEPTION_V3,
    INCEPTION_V3_CADENE,
    INCEPTION_V4,
)
from brickwork.weights.names.plain import ALEXNET, ALEXNET_CADENE, VGG, VGG_CADENE, VGG_TIMM
from brickwork.weights.names.resnet import (
    RESNET,
    RESNET_CADENE,
    RESNET_D,
    RESNET_LINEAR,
    RESNET_SHORTCUT,
    RESNET_SHORTCUT_FC,
    RESNET_TIMM,
    SENET_CADENE,
    pre,
)
from brickwork.weights.names.rules import Rename


class ForeignPlace(NamedTuple):
    """Where another library keeps a layer."""

    name: str
    window: tuple[int, ...] = ()  # the kernel, where a dense layer here is a convolution there


# A layout is a network's where a layer has the path on the left, and where it has a name for every layer with weights.
POOLS = r"stage\d\.\d+\.shortcut\.avgpool"  # option D: the pooling is the projection's first layer there
LAYOUTS: tuple[tuple[str, str, Rename], ...] = (
    # one of its layers        library        names
    (r"stage5\.conv",          "torchvision", ALEXNET),
    (r"stage5\.conv",          "cadene",      ALEXNET_CADENE),
    (r"stage5\.maxpool",       "torchvision", VGG),
    (r"stage5\.maxpool",       "timm",        VGG_TIMM),
    (r"stage5\.maxpool",       "cadene",      VGG_CADENE),
    (r"stage3\.3b\.path4\..*", "torchvision", GOOGLENET),
    (r"stage3\.3c\.path2\..*", "cadene",      INCEPTION_BN_CADENE),
    (r"stage_a\.5b\..*",       "torchvision", INCEPTION_V3),
    (r"stage_a\.5b\..*",       "timm",        INCEPTION_V3),
    (r"stage_a\.5b\..*",       "cadene",      INCEPTION_V3_CADENE),
    (r"stem\.2\.path1\..*",    "timm",        INCEPTION_V4),
    (r"stem\.2\.path1\..*",    "cadene",      INCEPTION_V4),
    (r"stage_c\.9\..*",        "timm",        INCEPTION_RESNET),
    (r"stage_c\.9\..*",        "cadene",      INCEPTION_RESNET_CADENE),
    (POOLS,                    "timm",        RESNET_D),
    (r"stage\d\.\d+\.body.*",  "torchvision", RESNET),
    (r"stage\d\.\d+\.body.*",  "timm",        RESNET_TIMM),
    (r"stage\d\.\d+\.body.*",  "cadene",      RESNET_CADENE),
    (r"stage\d\.\d+\.body.*",  "cadene",      SENET_CADENE),
    (r"stage\d\.\d+\.body.*",  "cifar",       RESNET_LINEAR),
    (r"stage\d\.\d+\.body.*",  "cifar",       RESNET_SHORTCUT),
    (r"stage\d\.\d+\.body.*",  "cifar",       RESNET_SHORTCUT_FC),
    (r"head\.norm",            "timm",        pre),
)  # fmt: skip

OURS = re.compile(
    r"^(stage[\d_]|reduce_|side\d|stem\.(?!conv$)|head\.(?!fc$))|\.(body|before|after)\b|shortcut(?!\.\d)"
)

SIDE_HEADS = ("AuxLogits.", "aux1.", "aux2.")

WINDOWS = {  # dense layers that are convolutions there
    (VGG_TIMM, "head.linear1"): (7, 7),
    (VGG_TIMM, "head.linear2"): (1, 1),
    (pre, "head.linear"): (1, 1),
}


def layouts(network: Network, paths: Sequence[str]) -> list[tuple[str, dict[str, ForeignPlace]]]:
    """Every library's name with what it calls the layers at `paths`, most likely first.

    What a network is called does not matter: a layout follows from the paths of its layers.
    """
    every = [path for path, _ in network.layers()]
    pools = any(re.fullmatch(POOLS, path) for path in every)
    return [
        (library, foreign_places(rename, paths))
        for where, library, rename in LAYOUTS
        if any(re.fullmatch(where, path) for path in every)
        if not pools or where == POOLS
        if names_all(rename(paths))
    ]


def names_all(names: Sequence[str]) -> bool:
    """Whether a layout has names for all layers, each its own; what it does not know keeps its path here."""
    return len(set(names)) == len(names) and not any(OURS.search(name) for name in names)


def foreign_places(rename: Rename, paths: Sequence[str]) -> dict[str, ForeignPlace]:
    names = rename(paths)
    return {path: ForeignPlace(name, WINDOWS.get((rename, path), ())) for path, name in zip(paths, names, strict=True)}
