"""What torchvision, timm and Cadene call the layers of our networks. None of them is needed to know it."""

from collections.abc import Sequence
from fnmatch import fnmatch
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
from brickwork.weights.names.resnet import RESNET, RESNET_C, RESNET_CADENE, RESNET_D, SENET_CADENE, pre
from brickwork.weights.names.rules import Rename
from brickwork.zoo.brackets import parse


class ForeignPlace(NamedTuple):
    """Where another library keeps a layer."""

    name: str
    window: tuple[int, ...] = ()  # the kernel, where a dense layer here is a convolution there


LAYOUTS: tuple[tuple[str, str, Rename], ...] = (
    # networks              library        names
    ("alexnet_owt", "torchvision", ALEXNET),
    ("alexnet_owt", "cadene", ALEXNET_CADENE),
    ("vgg1?", "torchvision", VGG),
    ("vgg1?", "timm", VGG_TIMM),
    ("vgg1?", "cadene", VGG_CADENE),
    ("googlenet_tv", "torchvision", GOOGLENET),
    ("inception_bn_608", "cadene", INCEPTION_BN_CADENE),
    ("inception_v3", "torchvision", INCEPTION_V3),
    ("inception_v3", "timm", INCEPTION_V3),
    ("inception_v3", "cadene", INCEPTION_V3_CADENE),
    ("inception_v4", "timm", INCEPTION_V4),
    ("inception_v4", "cadene", INCEPTION_V4),
    ("inception_resnet_v2", "timm", INCEPTION_RESNET),
    ("inception_resnet_v2", "cadene", INCEPTION_RESNET_CADENE),
    ("resnet50c", "timm", RESNET_C),
    ("resnet50d", "timm", RESNET_D),
    ("resnet*", "torchvision", RESNET),
    ("resnet*", "timm", RESNET),
    ("resnet*", "cadene", RESNET_CADENE),
    ("resnext*", "torchvision", RESNET),
    ("resnext*", "timm", RESNET),
    ("wide_resnet*", "torchvision", RESNET),
    ("wide_resnet*", "timm", RESNET),
    ("preact_resnet*", "timm", pre),
    ("resnet*", "timm", pre),  # resnet50[flavor=pre]
    ("seresne*", "timm", RESNET),
    ("seresne*", "cadene", SENET_CADENE),
)

SIDE_HEADS = ("AuxLogits.", "aux1.", "aux2.")

WINDOWS = {  # dense layers that are convolutions there
    (VGG_TIMM, "head.linear1"): (7, 7),
    (VGG_TIMM, "head.linear2"): (1, 1),
    (pre, "head.linear"): (1, 1),
}


def layouts(network: Network, paths: Sequence[str]) -> list[tuple[str, dict[str, ForeignPlace]]]:
    """Every library's name with what it calls the layers at `paths`, most likely first."""
    base = parse(network.name)[0]
    return [(library, foreign_places(rename, paths)) for pattern, library, rename in LAYOUTS if fnmatch(base, pattern)]


def foreign_places(rename: Rename, paths: Sequence[str]) -> dict[str, ForeignPlace]:
    names = rename(paths)
    return {path: ForeignPlace(name, WINDOWS.get((rename, path), ())) for path, name in zip(paths, names, strict=True)}
