"""Equivalent networks of torchvision, timm and Cadene, and their names there."""

from typing import Literal, NamedTuple

from brickwork import zoo
from brickwork.network import Network

Library = Literal["torchvision", "timm", "cadene"]


class Equivalent(NamedTuple):
    """A network here, and what it is called elsewhere."""

    network: str
    torchvision: str | None = None
    timm: str | None = None
    cadene: str | None = None


EQUIVALENTS = (
    #          network                  torchvision         timm                   cadene
    Equivalent("alexnet_owt",           "alexnet",          None,                  "alexnet"),
    Equivalent("vgg11",                 "vgg11",            "vgg11",               "vgg11"),
    Equivalent("vgg13",                 "vgg13",            "vgg13",               "vgg13"),
    Equivalent("vgg16",                 "vgg16",            "vgg16",               "vgg16"),
    Equivalent("vgg19",                 "vgg19",            "vgg19",               "vgg19"),
    Equivalent("vgg11[batchnorm=true]", "vgg11_bn",         "vgg11_bn",            "vgg11_bn"),
    Equivalent("vgg13[batchnorm=true]", "vgg13_bn",         "vgg13_bn",            "vgg13_bn"),
    Equivalent("vgg16[batchnorm=true]", "vgg16_bn",         "vgg16_bn",            "vgg16_bn"),
    Equivalent("vgg19[batchnorm=true]", "vgg19_bn",         "vgg19_bn",            "vgg19_bn"),
    Equivalent("googlenet_tv",          "googlenet"),
    Equivalent("inception_v3",          "inception_v3",     "inception_v3",        "inceptionv3"),
    Equivalent("inception_v4",          None,               "inception_v4",        "inceptionv4"),
    Equivalent("inception_resnet_v2",   None,               "inception_resnet_v2", "inceptionresnetv2"),
    Equivalent("resnet18",              "resnet18",         "resnet18",            "resnet18"),
    Equivalent("resnet34",              "resnet34",         "resnet34",            "resnet34"),
    Equivalent("resnet50",              "resnet50",         "resnet50",            "resnet50"),
    Equivalent("resnet101",             "resnet101",        "resnet101",           "resnet101"),
    Equivalent("resnet152",             "resnet152",        "resnet152",           "resnet152"),
    Equivalent("resnet50c",             None,               "resnet50c"),
    Equivalent("resnet50d",             None,               "resnet50d"),
    Equivalent("resnet18[stem=deep,shortcut=D]",  None,    "resnet18d"),
    Equivalent("resnet34[stem=deep,shortcut=D]",  None,    "resnet34d"),
    Equivalent("resnet101[stem=deep]",            None,    "resnet101c"),
    Equivalent("resnet101[stem=deep,shortcut=D]", None,    "resnet101d"),
    Equivalent("resnet152[stem=deep]",            None,    "resnet152c"),
    Equivalent("resnet152[stem=deep,shortcut=D]", None,    "resnet152d"),
    Equivalent("wide_resnet50_2",       "wide_resnet50_2",  "wide_resnet50_2"),
    Equivalent("wide_resnet101_2",      "wide_resnet101_2", "wide_resnet101_2"),
    Equivalent("resnext50_32x4d",       "resnext50_32x4d",  "resnext50_32x4d"),
    Equivalent("resnext50_32x4d[stem=deep,shortcut=D]", None, "resnext50d_32x4d"),
    Equivalent("resnext101_32x4d",      None,               "resnext101_32x4d"),
    Equivalent("resnext101_32x8d",      "resnext101_32x8d", "resnext101_32x8d"),
    Equivalent("resnext101_64x4d",      "resnext101_64x4d", "resnext101_64x4d"),
    Equivalent("seresnet50",            None,               "seresnet50"),
    Equivalent("seresnet101",           None,               "seresnet101"),
    Equivalent("seresnet152",           None,               "seresnet152"),
    Equivalent("seresnet152[stem=deep,shortcut=D]", None,  "seresnet152d"),
    Equivalent("seresnext50_32x4d",     None,               "seresnext50_32x4d"),
    Equivalent("seresnext101_32x4d",    None,               "seresnext101_32x4d"),
    Equivalent("seresnet50[stride=v1,stem=caffe]",  None,  "legacy_seresnet50",         "se_resnet50"),
    Equivalent("seresnet101[stride=v1,stem=caffe]", None,  "legacy_seresnet101",        "se_resnet101"),
    Equivalent("seresnet152[stride=v1,stem=caffe]", None,  "legacy_seresnet152",        "se_resnet152"),
    Equivalent("seresnext50_32x4d[stem=caffe]",     None,  "legacy_seresnext50_32x4d",  "se_resnext50_32x4d"),
    Equivalent("seresnext101_32x4d[stem=caffe]",    None,  "legacy_seresnext101_32x4d", "se_resnext101_32x4d"),
    Equivalent("preact_resnet18[stem=bare]",        None,  "resnetv2_18"),
    Equivalent("preact_resnet34[stem=bare]",        None,  "resnetv2_34"),
    Equivalent("preact_resnet50[stem=bare]",        None,  "resnetv2_50"),
    Equivalent("preact_resnet101[stem=bare]",       None,  "resnetv2_101"),
    Equivalent("preact_resnet152[stem=bare]",       None,  "resnetv2_152"),
)  # fmt: skip


def equivalent(network: Network) -> Equivalent | None:
    """The row of the network that this one is, whatever its name, input and classes; side heads may be missing."""
    return next((row for row in EQUIVALENTS if _same(network, row)), None)


def _same(network: Network, row: Equivalent) -> bool:
    other = zoo.network(row.network, input=network.input, classes=network.classes)
    sides = other.side_heads if network.side_heads else ()
    return (network.stages, network.head, network.side_heads) == (other.stages, other.head, sides)
