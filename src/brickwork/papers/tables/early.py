"""LeNet-5, AlexNet, VGG and network in network as their papers print them."""

from brickwork.papers.printed import Deviation, PublishedTable, Reason

LENET = PublishedTable(
    "LeCun, Bottou, Bengio, Haffner 1998, Proc. IEEE 86(11), Fig. 2, section II.B and Table I",
    ("output", "filters", "parameters", "connections"),
    (
        ("c1",   "28x28x6",  "5x5 6",   "156",    "122,304"),
        ("s2",   "14x14x6",  "",        "12",     "5,880"),
        ("c3",   "10x10x16", "5x5 16",  "1,516",  "151,600"),
        ("s4",   "5x5x16",   "",        "32",     "2,000"),
        ("c5",   "1x1x120",  "5x5 120", "48,120", "48,120"),
        ("f6",   "84",       "fc 84",   "10,164", ""),
        ("head", "10",       "",        "",       ""),
        ("",     "",         "",        "60,000", "340,908"),
    ),
)  # fmt: skip

LENET_CAFFE = PublishedTable(
    "Caffe, examples/mnist/lenet.prototxt",
    ("filters",),
    (("stage1", "5x5 20"), ("stage2", "5x5 50"), ("head", "fc 500, fc 10")),
)

PIXELS = Reason(
    "An 11x11 convolution with stride 4 makes 54x54 of 224 pixels; the 55x55 of the paper's Fig. 2 needs 227 of them, "
    "or a padding of 2, which the paper does not name.",
    "arithmetic over the paper's own numbers; Caffe's bvlc_alexnet reads 227x227",
)

ALEXNET = PublishedTable(
    "Krizhevsky, Sutskever, Hinton 2012, NIPS, Fig. 2, section 3.5 and abstract",
    ("input", "output", "kernels", "parameters"),
    (
        ("",             "224x224x3", "",      "",               "60 million"),
        ("stage1.conv",  "",          "55x55", "96 of 11x11x3",  ""),
        ("stage2.conv",  "",          "27x27", "256 of 5x5x48",  ""),
        ("stage3.conv",  "",          "13x13", "384 of 3x3x256", ""),
        ("stage4.conv",  "",          "13x13", "384 of 3x3x192", ""),
        ("stage5.conv",  "",          "13x13", "256 of 3x3x192", ""),
        ("head.linear1", "",          "",      "4096",           ""),
        ("head.linear2", "",          "",      "4096",           ""),
        ("head.linear3", "",          "",      "1000",           ""),
    ),
    (Deviation("", "input", PIXELS),),
)  # fmt: skip

ALEXNET_OWT = PublishedTable(
    "Krizhevsky 2014, arXiv 1404.5997, as cuda-convnet2's layers-imagenet-1gpu.cfg has it",
    ("filters",),
    (
        ("stage1", "11x11 64"),
        ("stage2", "5x5 192"),
        ("stage3", "3x3 384"),
        ("stage4", "3x3 256"),
        ("stage5", "3x3 256"),
        ("head",   "fc 4096, fc 4096, fc 1000"),
    ),
)  # fmt: skip


def vgg_table(layers: str, parameters: str, *stages: str) -> PublishedTable:
    """A column of Table 1, and what Table 2 says of it."""
    rows = tuple((f"stage{number}", text, "", "") for number, text in enumerate(stages, 1))
    dense = ("head", "fc 4096, fc 4096, fc 1000", "", "")
    return PublishedTable(
        "Simonyan, Zisserman 2014, arXiv 1409.1556, Tables 1 and 2",
        ("filters", "layers", "parameters"),
        (*rows, dense, ("", "", layers, f"{parameters} million")),
    )


ONE, TWO = "3x3 {0}", "3x3 {0}, 3x3 {0}"
THREE, MIXED, FOUR = "3x3 {0}, 3x3 {0}, 3x3 {0}", "3x3 {0}, 3x3 {0}, 1x1 {0}", "3x3 {0}, 3x3 {0}, 3x3 {0}, 3x3 {0}"


def stage_texts(*texts: str) -> tuple[str, ...]:
    return tuple(text.format(width) for text, width in zip(texts, (64, 128, 256, 512, 512), strict=True))


NIN = PublishedTable(
    "the authors' ImageNet model (gist d802a5849de39225bcc6); the paper, arXiv 1312.4400, prints no widths",
    ("output", "filters"),
    (
        ("stage1.0", "54x54", "11x11 96, 1x1 96, 1x1 96"),
        ("stage1",   "27x27", ""),
        ("stage2.0", "27x27", "5x5 256, 1x1 256, 1x1 256"),
        ("stage2",   "13x13", ""),
        ("stage3.0", "13x13", "3x3 384, 1x1 384, 1x1 384"),
        ("stage3",   "6x6",   ""),
        ("head.0",   "6x6",   "3x3 1024, 1x1 1024, 1x1 1000"),
    ),
)  # fmt: skip

NIN_CIFAR = PublishedTable(
    "the authors' CIFAR-10 model (gist e56253735ef32c3c296d); the paper, arXiv 1312.4400, prints no widths",
    ("output", "filters"),
    (
        ("stage1.0", "32x32", "5x5 192, 1x1 160, 1x1 96"),
        ("stage1",   "16x16", ""),
        ("stage2.0", "16x16", "5x5 192, 1x1 192, 1x1 192"),
        ("stage2",   "8x8",   ""),
        ("head.0",   "8x8",   "3x3 192, 1x1 192, 1x1 10"),
    ),
)  # fmt: skip

TABLES = {
    "lenet5_1998": (LENET,),
    "lenet_caffe": (LENET_CAFFE,),
    "alexnet": (ALEXNET,),
    "alexnet_owt": (ALEXNET_OWT,),
    "vgg11": (vgg_table("11", "133", *stage_texts(ONE, ONE, TWO, TWO, TWO)),),
    "vgg11_lrn": (vgg_table("11", "133", *stage_texts(ONE, ONE, TWO, TWO, TWO)),),
    "vgg13": (vgg_table("13", "133", *stage_texts(TWO, TWO, TWO, TWO, TWO)),),
    "vgg16_c": (vgg_table("16", "134", *stage_texts(TWO, TWO, MIXED, MIXED, MIXED)),),
    "vgg16": (vgg_table("16", "138", *stage_texts(TWO, TWO, THREE, THREE, THREE)),),
    "vgg19": (vgg_table("19", "144", *stage_texts(TWO, TWO, FOUR, FOUR, FOUR)),),
    "nin": (NIN,),
    "nin_cifar": (NIN_CIFAR,),
}
