"""A lecture's slides: Smola and Li, Berkeley, STAT 157, 2019. Images have one channel, and there are ten classes."""

from brickwork.papers.printed import PublishedTable

VGG = {  # a part: its output on the slide
    "stage1": "64x112x112",
    "stage2": "128x56x56",
    "stage3": "256x28x28",
    "stage4": "512x14x14",
    "stage5": "512x7x7",
    "head.linear1": "4096",
    "head.dropout1": "4096",
    "head.linear2": "4096",
    "head.dropout2": "4096",
    "head.linear3": "10",
}

NIN = {  # a part: height and width of its output on the slide
    "stage1.0": "54x54",
    "stage1.maxpool": "26x26",
    "stage2.0": "26x26",
    "stage2.maxpool": "12x12",
    "stage3.0": "12x12",
    "stage3.maxpool": "5x5",
    "head.0": "5x5",
}

GOOGLENET = {
    "stage2": "192x28x28",
    "stage3": "480x14x14",
    "stage4": "832x7x7",
    "head.flatten": "1024",
}

GOOGLENET_96 = {  # height and width
    "stage1": "24x24",
    "stage2": "12x12",
    "stage3": "6x6",
    "stage4": "3x3",
    "head.gap": "1x1",
}

DENSE = {  # a network: the product on the slide, and what it comes to there
    "lenet5": ("16*5*5*120", "48k"),
    "alexnet_lecture": ("256*5*5*4096", "26M"),
    "vgg16": ("512*7*7*4096", "102M"),
}

SLIDES = "Smola, Li 2019, Berkeley STAT 157, slides"


def shapes(slide: dict[str, str]) -> PublishedTable:
    return PublishedTable(SLIDES, ("shape",), tuple(slide.items()))


def dense(name: str) -> PublishedTable:
    return PublishedTable(f"{SLIDES} on the first dense layer", ("weights",), (("head.linear1", DENSE[name][1]),))


TABLES = {
    "lenet5": (dense("lenet5"),),
    "alexnet_lecture": (dense("alexnet_lecture"),),
    "vgg11": (shapes(VGG)._replace(input=(1, 224, 224), classes=10),),
    "vgg16": (dense("vgg16"),),
    "nin_lecture": (shapes(NIN),),
    "googlenet_lecture": (shapes(GOOGLENET)._replace(input=(3, 224, 224)), shapes(GOOGLENET_96)),
}
