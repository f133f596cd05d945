"""Which of our networks other libraries have, and what they call them."""

from typing import Literal, NamedTuple

from brickwork import zoo
from brickwork.network import Network

Library = Literal["torchvision", "timm", "cadene"]


class Twin(NamedTuple):
    """A network here, and what it is called elsewhere."""

    network: str
    torchvision: str | None = None
    timm: str | None = None
    cadene: str | None = None


TWINS = (
    #    network                                    torchvision         timm                 cadene
    Twin("alexnet_owt",                             "alexnet",          None,                "alexnet"),
    Twin("vgg11",                                   "vgg11",            "vgg11",             "vgg11"),
    Twin("vgg13",                                   "vgg13",            "vgg13",             "vgg13"),
    Twin("vgg16",                                   "vgg16",            "vgg16",             "vgg16"),
    Twin("vgg19",                                   "vgg19",            "vgg19",             "vgg19"),
    Twin("vgg11[batchnorm=true]",                   "vgg11_bn",         "vgg11_bn",          "vgg11_bn"),
    Twin("vgg13[batchnorm=true]",                   "vgg13_bn",         "vgg13_bn",          "vgg13_bn"),
    Twin("vgg16[batchnorm=true]",                   "vgg16_bn",         "vgg16_bn",          "vgg16_bn"),
    Twin("vgg19[batchnorm=true]",                   "vgg19_bn",         "vgg19_bn",          "vgg19_bn"),
    Twin("googlenet_tv",                            "googlenet"),
    Twin("inception_v3",                            "inception_v3",     "inception_v3",      "inceptionv3"),
    Twin("inception_v4",                            None,               "inception_v4",      "inceptionv4"),
    Twin("inception_resnet_v2",                     None,               "inception_resnet_v2", "inceptionresnetv2"),
    Twin("resnet18",                                "resnet18",         "resnet18",          "resnet18"),
    Twin("resnet34",                                "resnet34",         "resnet34",          "resnet34"),
    Twin("resnet50",                                "resnet50",         "resnet50",          "resnet50"),
    Twin("resnet101",                               "resnet101",        "resnet101",         "resnet101"),
    Twin("resnet152",                               "resnet152",        "resnet152",         "resnet152"),
    Twin("resnet50c",                               None,               "resnet50c"),
    Twin("resnet50d",                               None,               "resnet50d"),
    Twin("wide_resnet50_2",                         "wide_resnet50_2",  "wide_resnet50_2"),
    Twin("wide_resnet101_2",                        "wide_resnet101_2", "wide_resnet101_2"),
    Twin("resnext50_32x4d",                         "resnext50_32x4d",  "resnext50_32x4d"),
    Twin("resnext101_32x4d",                        None,               "resnext101_32x4d"),
    Twin("resnext101_32x8d",                        "resnext101_32x8d", "resnext101_32x8d"),
    Twin("resnext101_64x4d",                        "resnext101_64x4d", "resnext101_64x4d"),
    Twin("seresnet50",                              None,               "seresnet50"),
    Twin("seresnet101",                             None,               "seresnet101"),
    Twin("seresnet152",                             None,               "seresnet152"),
    Twin("seresnext50_32x4d",                       None,               "seresnext50_32x4d"),
    Twin("seresnext101_32x4d",                      None,               "seresnext101_32x4d"),
    Twin("seresnet50[stride=v1,stem=caffe]",         None,     "legacy_seresnet50",         "se_resnet50"),
    Twin("seresnet101[stride=v1,stem=caffe]",        None,     "legacy_seresnet101",        "se_resnet101"),
    Twin("seresnet152[stride=v1,stem=caffe]",        None,     "legacy_seresnet152",        "se_resnet152"),
    Twin("seresnext50_32x4d[stem=caffe]",            None,     "legacy_seresnext50_32x4d",  "se_resnext50_32x4d"),
    Twin("seresnext101_32x4d[stem=caffe]",           None,     "legacy_seresnext101_32x4d", "se_resnext101_32x4d"),
    Twin("preact_resnet18[stem=bare]",              None,               "resnetv2_18"),
    Twin("preact_resnet34[stem=bare]",              None,               "resnetv2_34"),
    Twin("preact_resnet50[stem=bare]",              None,               "resnetv2_50"),
    Twin("preact_resnet101[stem=bare]",             None,               "resnetv2_101"),
    Twin("preact_resnet152[stem=bare]",             None,               "resnetv2_152"),
)  # fmt: skip


def twin(network: Network) -> Twin | None:
    """The row of the network that this one is, whatever its name, input and classes; side heads may be missing."""
    return next((row for row in TWINS if _same(network, row)), None)


def _same(network: Network, row: Twin) -> bool:
    other = zoo.network(row.network, input=network.input, classes=network.classes)
    sides = other.side_heads if network.side_heads else ()
    return (network.stages, network.head, network.side_heads) == (other.stages, other.head, sides)
