"""GoogLeNet, Inception-BN, v3, v4 and Inception-ResNet as their papers print them."""

from brickwork.papers.printed import Deviation, PublishedTable, Reason

SEPARABLE = Reason(
    "2.7K weights and 34M MACs are those of 8 7x7 filters on each colour and 64 1x1 filters; a 7x7 convolution over "
    "three colours has 9,408 weights and 118M MACs.",
    "7*7*3*8 + 24*64 = 2,712; section 5 of arXiv 1502.03167 describes this stem, and TensorFlow's inception_v2 has it",
)
OWN_FILTERS = Reason(
    "The number does not follow from the filters that the row itself prints, which are the ones here.",
    "arithmetic over the row's own filters",
)
SMALLER = Reason(
    "3x3 convolutions stand where the paper has 5x5.",
    "torchvision, which took it from TensorFlow's slim (pytorch/vision issue 906)",
)

GOOGLENET_ROWS = (
    ("stage1.conv",    "112x112x64", "7x7 64",                              "2.7K",  "34M"),
    ("stage1.maxpool", "56x56x64",   "",                                    "",      ""),
    ("stage2.conv2",   "56x56x192",  "",                                    "",      ""),
    ("stage2",         "28x28x192",  "1x1 64, 3x3 192",                     "112K",  "360M"),
    ("stage3.3a",      "28x28x256",  "64, 96-128(3x3), 16-32(5x5), 32",     "159K",  "128M"),
    ("stage3.3b",      "28x28x480",  "128, 128-192(3x3), 32-96(5x5), 64",   "380K",  "304M"),
    ("stage3",         "14x14x480",  "",                                    "",      ""),
    ("stage4.4a",      "14x14x512",  "192, 96-208(3x3), 16-48(5x5), 64",    "364K",  "73M"),
    ("stage4.4b",      "14x14x512",  "160, 112-224(3x3), 24-64(5x5), 64",   "437K",  "88M"),
    ("stage4.4c",      "14x14x512",  "128, 128-256(3x3), 24-64(5x5), 64",   "463K",  "100M"),
    ("stage4.4d",      "14x14x528",  "112, 144-288(3x3), 32-64(5x5), 64",   "580K",  "119M"),
    ("stage4.4e",      "14x14x832",  "256, 160-320(3x3), 32-128(5x5), 128", "840K",  "170M"),
    ("stage4",         "7x7x832",    "",                                    "",      ""),
    ("stage5.5a",      "7x7x832",    "256, 160-320(3x3), 32-128(5x5), 128", "1072K", "54M"),
    ("stage5.5b",      "7x7x1024",   "384, 192-384(3x3), 48-128(5x5), 128", "1388K", "71M"),
    ("head.gap",       "1x1x1024",   "",                                    "",      ""),
    ("head.linear",    "1x1x1000",   "fc 1000",                             "1000K", "1M"),
    ("",               "",           "",                                    "",      "1.5 billion"),
    ("side1.avgpool",  "4x4x512",    "",                                    "",      ""),
    ("side1",          "",           "1x1 128, fc 1024, fc 1000",           "",      ""),
    ("side2.avgpool",  "4x4x528",    "",                                    "",      ""),
    ("side2",          "",           "1x1 128, fc 1024, fc 1000",           "",      ""),
)  # fmt: skip

GOOGLENET = PublishedTable(
    "Szegedy et al. 2014, arXiv 1409.4842, Table 1 and section 5 (K is 1024, biases not counted)",
    ("output", "filters", "weights", "MACs"),
    GOOGLENET_ROWS,
    (
        Deviation("stage1.conv", "weights", SEPARABLE),
        Deviation("stage1.conv", "MACs", SEPARABLE),
        Deviation("stage[345].*", "weights", OWN_FILTERS),
        Deviation("stage5.5a", "MACs", OWN_FILTERS),
    ),
    kilo=1024,
)

GOOGLENET_TV = GOOGLENET._replace(
    rows=tuple((path.replace("avgpool", "adaptivepool"), *cells) for path, *cells in GOOGLENET_ROWS),
    deviations=(
        Deviation("stage1.conv", "weights", SEPARABLE),
        Deviation("stage1.conv", "MACs", SEPARABLE),
        *(Deviation("stage[345].*", column, SMALLER) for column in ("filters", "weights", "MACs")),
    ),
)

INCONSISTENT = "The figure prints 576 channels, but its paths add up to 608"
NARROWER = Reason(f"{INCONSISTENT}: these keep the sum, with 96 after pooling.", "Torch's and TensorFlow's releases")
WIDER = Reason(f"{INCONSISTENT}, which these keep; so 4e passes on 608.", "Caffe's release")
SIDE_HEAD = Reason(
    "13.6 million is the count with one side head on the separable stem: inception_bn[stem=separable,side_head=true] "
    "has 13,604,904.",
    "computed; no other variant that was released rounds to it",
)

INCEPTION_BN = PublishedTable(
    "Ioffe, Szegedy 2015, arXiv 1502.03167, Fig. 5 and section 4.2",
    ("output", "filters", "with side heads"),
    (
        ("stage1",    "64",   "",                                                             ""),
        ("stage2",    "192",  "",                                                             ""),
        ("stage3.3a", "256",  "64, 64-64(3x3), 64-96(3x3)-96(3x3), 32",                       ""),
        ("stage3.3b", "320",  "64, 64-96(3x3), 64-96(3x3)-96(3x3), 64",                       ""),
        ("stage3.3c", "576",  "128-160(3x3), 64-96(3x3)-96(3x3)",                             ""),
        ("stage4.4a", "576",  "224, 64-96(3x3), 96-128(3x3)-128(3x3), 128",                   ""),
        ("stage4.4b", "576",  "192, 96-128(3x3), 96-128(3x3)-128(3x3), 128",                  ""),
        ("stage4.4c", "576",  "160, 128-160(3x3), 128-160(3x3)-160(3x3), 128",                ""),
        ("stage4.4d", "576",  "96, 128-192(3x3), 160-192(3x3)-192(3x3), 128",                 ""),
        ("stage4.4e", "1024", "128-192(3x3), 192-256(3x3)-256(3x3)",                          ""),
        ("stage5.5a", "1024", "352, 192-320(3x3), 160-224(3x3)-224(3x3), 128",                ""),
        ("stage5.5b", "1024", "352, 192-320(3x3), 192-224(3x3)-224(3x3), 128",                ""),
        ("head.gap",  "1024", "",                                                             ""),
        ("",          "",     "",                                                  "13.6x10^6"),
    ),
)  # fmt: skip

NARROW = (Deviation("stage4.4[cd]", "filters", NARROWER),)

RELEASED_V3 = Reason(
    "The network that was released has a 1x1 convolution and a second max pooling in place of two 3x3 convolutions.",
    "TensorFlow's inception_v3, which torchvision, timm and Keras follow",
)
FOUR = Reason(
    "The network that was released has four such blocks behind a reduction; the paper's Table 1 counts five.",
    "TensorFlow's inception_v3, which torchvision, timm and Keras follow",
)

INCEPTION_V3 = PublishedTable(
    "Szegedy et al. 2015, arXiv 1512.00567, Table 1 and abstract",
    ("output", "filters", "blocks", "MACs"),
    (
        ("stem.conv1",    "149x149x32", "3x3 32",  "",  ""),
        ("stem.conv2",    "147x147x32", "3x3 32",  "",  ""),
        ("stem.conv3",    "147x147x64", "3x3 64",  "",  ""),
        ("stem.maxpool1", "73x73x64",   "",        "",  ""),
        ("stem.conv4",    "71x71x80",   "3x3 80",  "",  ""),
        ("stem.conv5",    "35x35x192",  "3x3 192", "",  ""),
        ("stem",          "35x35x288",  "",        "",  ""),
        ("stage_a",       "35x35x288",  "",        "3", ""),
        ("stage_b",       "17x17x768",  "",        "5", ""),
        ("reduce_b",      "8x8x1280",   "",        "",  ""),
        ("stage_c",       "8x8x2048",   "",        "2", ""),
        ("head.gap",      "1x1x2048",   "",        "",  ""),
        ("head.linear",   "1x1x1000",   "fc 1000", "",  ""),
        ("",              "",           "",        "",  "5 billion"),
    ),
    (
        Deviation("stem.conv4", "output", RELEASED_V3),
        Deviation("stem.conv4", "filters", RELEASED_V3),
        Deviation("stem.conv5", "output", RELEASED_V3),
        Deviation("stem", "output", RELEASED_V3),
        Deviation("stage_b", "blocks", FOUR),
    ),
)  # fmt: skip

V4 = "Szegedy, Ioffe, Vanhoucke, Alemi 2016, arXiv 1602.07261"

INCEPTION_V4 = PublishedTable(
    f"{V4}, Figs. 3 to 9 and Table 1",
    ("output", "blocks", "filters"),
    (
        ("stem",     "35x35x384",  "",  ""),
        ("stage_a",  "35x35x384",  "4", ""),
        ("reduce_a", "17x17x1024", "",  "384(3x3), 192-224(3x3)-256(3x3)"),
        ("stage_b",  "17x17x1024", "7", ""),
        ("reduce_b", "8x8x1536",   "",  ""),
        ("stage_c",  "8x8x1536",   "3", ""),
        ("head.gap", "1x1x1536",   "",  ""),
    ),
)  # fmt: skip

INCEPTION_RESNET_V1 = PublishedTable(
    f"{V4}, Figs. 10 to 15 and Table 1",
    ("output", "blocks", "filters"),
    (
        ("stem",     "35x35x256", "",   ""),
        ("stage_a",  "35x35x256", "5",  ""),
        ("reduce_a", "17x17x896", "",   "384(3x3), 192-192(3x3)-256(3x3)"),
        ("stage_b",  "17x17x896", "10", ""),
        ("reduce_b", "8x8x1792",  "",   ""),
        ("stage_c",  "8x8x1792",  "5",  ""),
        ("head.gap", "1x1x1792",  "",   ""),
    ),
)  # fmt: skip

CANNOT_ADD = Reason(
    "A body is added to its shortcut, which is as wide as the reduction before it: 384+384+384 = 1152 and "
    "1152+384+288+320 = 2144.",
    "arithmetic over the paper's Figs. 7 and 18",
)
RELEASED = Reason(
    "The network that was released is larger than the figures': another stem, and 10, 20 and 10 blocks.",
    "TensorFlow's inception_resnet_v2, which timm and Keras follow",
)

INCEPTION_RESNET_V2 = PublishedTable(
    f"{V4}, Figs. 3 and 15 to 19 and Table 1",
    ("output", "blocks", "filters"),
    (
        ("stem",                "35x35x384", "",   ""),
        ("stage_a",             "",          "5",  ""),
        ("reduce_a",            "",          "",   "384(3x3), 256-256(3x3)-384(3x3)"),
        ("stage_b",             "",          "10", ""),
        ("stage_b.0.body.conv", "",          "",   "1x1 1154"),
        ("stage_c",             "",          "5",  ""),
        ("stage_c.0.body.conv", "",          "",   "1x1 2048"),
    ),
    (
        Deviation("stage_b.0.body.conv", "filters", CANNOT_ADD),
        Deviation("stage_c.0.body.conv", "filters", CANNOT_ADD),
    ),
)  # fmt: skip

LARGER = (
    Deviation("stem", "output", RELEASED),
    Deviation("stage_?", "blocks", RELEASED),
    Deviation("stage_?.0.body.conv", "filters", RELEASED),
)

TABLES = {
    "googlenet": (GOOGLENET,),
    "googlenet_bn": (GOOGLENET,),
    "googlenet_tv": (GOOGLENET_TV,),
    "inception_bn": (INCEPTION_BN._replace(deviations=(*NARROW, Deviation("", "with side heads", SIDE_HEAD))),),
    "inception_bn[stem=separable,side_head=true]": (INCEPTION_BN._replace(deviations=NARROW),),
    "inception_bn_608": (
        INCEPTION_BN._replace(
            deviations=(Deviation("stage4.4[cde]", "output", WIDER), Deviation("", "with side heads", SIDE_HEAD))
        ),
    ),
    "inception_v3": (INCEPTION_V3,),
    "inception_v4": (INCEPTION_V4,),
    "inception_resnet_v1": (INCEPTION_RESNET_V1,),
    "inception_resnet_v2": (INCEPTION_RESNET_V2._replace(deviations=LARGER),),
    "inception_resnet_v2_paper": (INCEPTION_RESNET_V2,),
}
