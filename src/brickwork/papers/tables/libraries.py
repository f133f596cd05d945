"""Counts that libraries publish with their weights."""

from brickwork.papers.printed import PublishedTable

TORCHVISION = {  # parameters (side heads included) and GMACs in the metadata of its weights
    "alexnet_owt":            ("61,100,840",  "0.714G"),
    "vgg11":                  ("132,863,336", "7.609G"),
    "vgg11[batchnorm=true]":  ("132,868,840", "7.609G"),
    "vgg13":                  ("133,047,848", "11.308G"),
    "vgg13[batchnorm=true]":  ("133,053,736", "11.308G"),
    "vgg16":                  ("138,357,544", "15.470G"),
    "vgg16[batchnorm=true]":  ("138,365,992", "15.470G"),
    "vgg19":                  ("143,667,240", "19.632G"),
    "vgg19[batchnorm=true]":  ("143,678,248", "19.632G"),
    "googlenet_tv":           ("6,624,904",   "1.498G"),  # without its side heads
    "inception_v3":           ("27,161,264",  "5.713G"),
    "resnet18":               ("11,689,512",  "1.814G"),
    "resnet34":               ("21,797,672",  "3.664G"),
    "resnet50":               ("25,557,032",  "4.089G"),
    "resnet101":              ("44,549,160",  "7.801G"),
    "resnet152":              ("60,192,808",  "11.514G"),
    "wide_resnet50_2":        ("68,883,240",  "11.398G"),
    "wide_resnet101_2":       ("126,886,696", "22.753G"),
    "resnext50_32x4d":        ("25,028,904",  "4.230G"),
    "resnext101_32x8d":       ("88,791,336",  "16.414G"),
    "resnext101_64x4d":       ("83,455,272",  "15.460G"),
}  # fmt: skip

OTHERS = {  # a column of its own: what each library counts besides
    "inception_v3": ("Keras", "without factors, with averages", "23,851,784"),
    "inception_resnet_v2": ("Keras", "without factors, with averages", "55,873,736"),
    "resnet50[stride=v1]": ("Keras", "with biases and averages", "25,636,712"),
    "inception_bn_608": ("Cadene's pretrained-models.pytorch", "with biases", "11,295,240"),
}


def torchvision(name: str) -> PublishedTable:
    column = "with side heads" if name == "inception_v3" else "parameters"
    return PublishedTable("torchvision, metadata of its weights", (column, "MACs"), (("", *TORCHVISION[name]),))


def other(name: str) -> PublishedTable:
    library, column, count = OTHERS[name]
    return PublishedTable(f"{library}, parameters of its model", (column,), (("", count),))


TABLES = {
    name: (
        *((torchvision(name),) if name in TORCHVISION else ()),
        *((other(name),) if name in OTHERS else ()),
    )
    for name in (*TORCHVISION, *(name for name in OTHERS if name not in TORCHVISION))
}
