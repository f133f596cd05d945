"""ResNet on ImageNet and its relatives: what a block learns is added to what came in.

He, Zhang, Ren, Sun: Deep residual learning for image recognition, arXiv 1512.03385, Table 1. A bottleneck's
stride stands in its 3x3 convolution ("v1.5", as everybody trains it); `stride=v1` is the papers' first 1x1.
-C and -D: He et al.: Bag of tricks for image classification, arXiv 1812.01187, Fig. 2.
Wide: Zagoruyko, Komodakis: Wide residual networks, arXiv 1605.07146, Table 8: 3x3 convolutions twice as wide.
ResNeXt: Xie et al.: Aggregated residual transformations, arXiv 1611.05431, Table 1: "32x4d" is 32 groups of 4
channels. SE: Hu et al.: Squeeze-and-excitation networks, arXiv 1709.01507, Table 1: channels weigh themselves.
Pre-activation: He et al.: Identity mappings in deep residual networks, arXiv 1603.05027, Fig. 1b: the stem ends in
norm and ReLU, so the first block opens without them; `stem=bare` is timm's, where it opens like all others.
`stem=caffe` pools without padding, as the authors of the paper and of SE did.
`flavor` is an order of its Fig. 4; `drop` is 1 - p_L of stochastic depth (Huang et al. 2016, arXiv 1603.09382).
"""

from dataclasses import replace
from typing import Literal

from brickwork.network import Facts, Network, Shape, chain, stages
from brickwork.network.blocks import Opening, Shortcut, Style, basic, bottleneck, conv, opening_of, residual_stages
from brickwork.network.layers import BatchNorm, Conv, Flatten, GlobalAvgPool, Linear, MaxPool

RESNET = Facts("He, Zhang, Ren, Sun 2015, arXiv 1512.03385, Table 1", 2015)
TRICKS = Facts("He, Zhang, Zhang, Zhang, Xie, Li 2018, arXiv 1812.01187, Fig. 2", 2018)
PRE = Facts("He, Zhang, Ren, Sun 2016, arXiv 1603.05027, Fig. 1b", 2016)
WIDE = Facts("Zagoruyko, Komodakis 2016, arXiv 1605.07146, Table 8", 2016)
RESNEXT = Facts("Xie, Girshick, Dollar, Tu, He 2016, arXiv 1611.05431, Table 1", 2016)
SE = Facts("Hu, Shen, Albanie, Sun, Wu 2017, arXiv 1709.01507, Table 1", 2017)

NETWORKS = {  #           block       stage2 to stage5   in every block              stem    source
    "resnet18":           (basic,      (2, 2, 2, 2),  Style(),                       "7x7",  RESNET),
    "resnet34":           (basic,      (3, 4, 6, 3),  Style(),                       "7x7",  RESNET),
    "resnet50":           (bottleneck, (3, 4, 6, 3),  Style(),                       "7x7",  RESNET),
    "resnet101":          (bottleneck, (3, 4, 23, 3), Style(),                       "7x7",  RESNET),
    "resnet152":          (bottleneck, (3, 8, 36, 3), Style(),                       "7x7",  RESNET),
    "resnet50c":          (bottleneck, (3, 4, 6, 3),  Style(),                       "deep", TRICKS),
    "resnet50d":          (bottleneck, (3, 4, 6, 3),  Style(shortcut="D"),           "deep", TRICKS),
    "preact_resnet18":    (basic,      (2, 2, 2, 2),  Style("pre"),                  "7x7",  PRE),
    "preact_resnet34":    (basic,      (3, 4, 6, 3),  Style("pre"),                  "7x7",  PRE),
    "preact_resnet50":    (bottleneck, (3, 4, 6, 3),  Style("pre"),                  "7x7",  PRE),
    "preact_resnet101":   (bottleneck, (3, 4, 23, 3), Style("pre"),                  "7x7",  PRE),
    "preact_resnet152":   (bottleneck, (3, 8, 36, 3), Style("pre"),                  "7x7",  PRE),
    "preact_resnet200":   (bottleneck, (3, 24, 36, 3), Style("pre"),                 "7x7",  PRE),
    "wide_resnet50_2":    (bottleneck, (3, 4, 6, 3),  Style(base=128),               "7x7",  WIDE),
    "wide_resnet101_2":   (bottleneck, (3, 4, 23, 3), Style(base=128),               "7x7",  WIDE),
    "resnext50_32x4d":    (bottleneck, (3, 4, 6, 3),  Style(groups=32, base=4),      "7x7",  RESNEXT),
    "resnext101_32x4d":   (bottleneck, (3, 4, 23, 3), Style(groups=32, base=4),      "7x7",  RESNEXT),
    "resnext101_32x8d":   (bottleneck, (3, 4, 23, 3), Style(groups=32, base=8),      "7x7",  RESNEXT),
    "resnext101_64x4d":   (bottleneck, (3, 4, 23, 3), Style(groups=64, base=4),      "7x7",  RESNEXT),
    "seresnet50":         (bottleneck, (3, 4, 6, 3),  Style(squeeze=16),             "7x7",  SE),
    "seresnet101":        (bottleneck, (3, 4, 23, 3), Style(squeeze=16),             "7x7",  SE),
    "seresnet152":        (bottleneck, (3, 8, 36, 3), Style(squeeze=16),             "7x7",  SE),
    "seresnext50_32x4d":  (bottleneck, (3, 4, 6, 3),  Style(groups=32, base=4, squeeze=16), "7x7", SE),
    "seresnext101_32x4d": (bottleneck, (3, 4, 23, 3), Style(groups=32, base=4, squeeze=16), "7x7", SE),
}  # fmt: skip

HALVE = MaxPool(3, stride=2, padding=1)

STEMS = {
    "7x7": chain(conv(64, 7, stride=2, norm=BatchNorm()), HALVE),
    "deep": chain(
        conv(32, 3, stride=2, norm=BatchNorm()),
        conv(32, 3, norm=BatchNorm()),
        conv(64, 3, norm=BatchNorm()),
        HALVE,
    ),
    "bare": chain(Conv(64, 7, stride=2, padding=3, bias=False), HALVE),
    "caffe": chain(conv(64, 7, stride=2, norm=BatchNorm()), MaxPool(3, stride=2, ceil=True)),
}


def resnet(
    name: str,
    *,
    input: Shape = (3, 224, 224),
    classes: int = 1000,
    flavor: str | None = None,
    shortcut: Shortcut | None = None,
    stride: Literal["v1.5", "v1"] = "v1.5",
    stem: Literal["7x7", "deep", "bare", "caffe"] | None = None,
    drop: float = 0.0,
) -> Network:
    block, depths, own, own_stem, facts = NETWORKS[name]
    strided: Literal["3x3", "1x1"] = "1x1" if stride == "v1" else "3x3"
    style = replace(own, flavor=flavor or own.flavor, shortcut=shortcut or own.shortcut, strided=strided)
    first: Opening = "absent"
    if stem == "bare":  # a shortcut that is the identity then goes around the opening, too
        first = "before" if block is bottleneck else "body"
    stage2, stage3, stage4, stage5 = residual_stages(block, (64, 128, 256, 512), depths, style, drop=drop, first=first)
    return Network(
        name, input, classes,
        stages(
            stem=STEMS[stem or own_stem],
            stage2=stage2, stage3=stage3, stage4=stage4, stage5=stage5,
        ),
        head=chain(*opening_of(style), GlobalAvgPool(), Flatten(), Linear(classes)),
        facts=facts,
    )  # fmt: skip
