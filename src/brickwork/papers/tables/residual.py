"""ResNet and its relatives as their papers print them."""

from brickwork.papers.printed import Deviation, PublishedTable, Reason

WIDTHS = (64, 128, 256, 512)
SIZES = ("56x56", "28x28", "14x14", "7x7")
RESNET = "He, Zhang, Ren, Sun 2015, arXiv 1512.03385, Table 1"

Cells = dict[str, str]  # a column: what it prints of the whole network

STRIDE = Reason(
    "A bottleneck's stride stands in its 3x3 convolution here (v1.5), in its first 1x1 in the paper: add stride=v1 in "
    "brackets for the paper's.",
    "Facebook's fb.resnet.torch, which torchvision and timm follow",
)
STRIDED = (Deviation("", "MACs", STRIDE),)


def imagenet_table(
    source: str, block: str, depths: str, total: dict[str, str], *deviations: Deviation
) -> PublishedTable:
    """Table 1's form: a block in each stage so many times; in it, {0} to {2} are half, all and four times the width."""
    units = [block.format(width // 2, width, 4 * width, 2 * width, width // 4) for width in WIDTHS]
    counted = zip((2, 3, 4, 5), SIZES, depths.split(), units, strict=True)
    blank = [""] * len(total)
    return PublishedTable(
        source,
        ("output", "filters", *total),
        (
            ("stem.conv", "112x112", "7x7 64", *blank),
            ("stem", "56x56", "", *blank),
            *((f"stage{stage}", size, f"{times} x ({unit})", *blank) for stage, size, times, unit in counted),
            ("head.gap", "1x1", "", *blank),
            ("head", "", "fc 1000", *blank),
            ("", "", "", *total.values()),
        ),
        deviations,
    )


BASIC = "3x3 {1}, 3x3 {1}"
BOTTLENECK = "1x1 {1}, 3x3 {1}, 1x1 {2}"
AGGREGATED = "1x1 {3}, 3x3 {3} in 32 groups, 1x1 {2}"
SQUEEZED = ", fc {4}, fc {2}"


def resnet_table(block: str, depths: str, layers: str, flops: str, *deviations: Deviation) -> PublishedTable:
    return imagenet_table(RESNET, block, depths, {"layers": layers, "MACs": f"{flops}x10^9"}, *deviations)


def squeeze_table(block: str, depths: str) -> PublishedTable:
    return imagenet_table("Hu, Shen, Albanie, Sun, Wu 2017, arXiv 1709.01507, Table 1", block + SQUEEZED, depths, {})


def whole_table(source: str, cells: Cells, *deviations: Deviation) -> PublishedTable:
    """A table that prints of a network as a whole."""
    return PublishedTable(source, tuple(cells), (("", *cells.values()),), deviations)


def cifar_table(n: int, layers: str, parameters: str) -> PublishedTable:
    """Section 4.2's table, and Table 6."""
    sizes = (("stage1", "32x32", 16), ("stage2", "16x16", 32), ("stage3", "8x8", 64))
    return PublishedTable(
        "He, Zhang, Ren, Sun 2015, arXiv 1512.03385, section 4.2 and Table 6",
        ("output", "filters", "layers", "parameters"),
        (
            ("stem", "32x32", "3x3 16", "", ""),
            *((path, size, f"{n} x (3x3 {width}, 3x3 {width})", "", "") for path, size, width in sizes),
            ("", "", "", layers, parameters),
        ),
    )


def wide_table(n: int, k: int, cells: Cells) -> PublishedTable:
    """Table 1 with its N and k, and Table 4's parameters where it has this network."""
    sizes = (("stage1", "32x32", 16 * k), ("stage2", "16x16", 32 * k), ("stage3", "8x8", 64 * k))
    blank = [""] * len(cells)
    return PublishedTable(
        "Zagoruyko, Komodakis 2016, arXiv 1605.07146, Tables 1 and 4 (the depth counts shortcuts' convolutions)",
        ("output", "filters", *cells),
        (
            ("stem", "32x32", "3x3 16", *blank),
            *((path, size, f"{n} x (3x3 {width}, 3x3 {width})", *blank) for path, size, width in sizes),
            ("head.gap", "1x1", "", *blank),
            ("", "", "", *cells.values()),
        ),
    )


TRICKS = "He, Zhang, Zhang, Zhang, Xie, Li 2018, arXiv 1812.01187, Table 5"
RESNEXT = "Xie, Girshick, Dollar, Tu, He 2016, arXiv 1611.05431, Table 1"
WIDE = "Zagoruyko, Komodakis 2016, arXiv 1605.07146, Table 8"
MAPPINGS = "He, Zhang, Ren, Sun 2016, arXiv 1603.05027, Table 4"
DEEPER = "He, Zhang, Ren, Sun 2016, arXiv 1603.05027, Table 5"
PROJECTED = Reason(
    "10.2M are the 10,285,722 of option A with their end cut off; a bottleneck's shortcut needs the projections here.",
    "preact_resnet1001[shortcut=A] has that count; the authors' code, resnet-1k-layers, has projections",
)

TABLES = {
    "resnet18": (resnet_table(BASIC, "2 2 2 2", "18", "1.8"),),
    "resnet34": (resnet_table(BASIC, "3 4 6 3", "34", "3.6"),),
    "resnet50": (
        resnet_table(BOTTLENECK, "3 4 6 3", "50", "3.8", *STRIDED),
        whole_table(TRICKS, {"parameters": "25M", "MACs": "4.1G"}),
    ),
    "resnet101": (resnet_table(BOTTLENECK, "3 4 23 3", "101", "7.6", *STRIDED),),
    "resnet152": (resnet_table(BOTTLENECK, "3 8 36 3", "152", "11.3", *STRIDED),),
    "resnet50[stride=v1]": (
        resnet_table(BOTTLENECK, "3 4 6 3", "50", "3.8"),
        whole_table(TRICKS, {"parameters": "25M", "MACs": "3.8G"}),
    ),
    "resnet101[stride=v1]": (resnet_table(BOTTLENECK, "3 4 23 3", "101", "7.6"),),
    "resnet152[stride=v1]": (resnet_table(BOTTLENECK, "3 8 36 3", "152", "11.3"),),
    "resnet50c": (whole_table(TRICKS, {"parameters": "25M", "MACs": "4.3G"}),),
    "resnet50d": (whole_table(TRICKS, {"parameters": "25M", "MACs": "4.3G"}),),
    "preact_resnet152": (whole_table(DEEPER, {"layers": "152"}),),
    "preact_resnet200": (whole_table(DEEPER, {"layers": "200"}),),
    "wide_resnet50_2": (whole_table(WIDE, {"layers": "50", "parameters": "68.9M"}),),
    "resnext50_32x4d": (
        imagenet_table(RESNEXT, AGGREGATED, "3 4 6 3", {"parameters": "25.0x10^6", "MACs": "4.2x10^9"}),
    ),
    "seresnet50": (squeeze_table(BOTTLENECK, "3 4 6 3"),),
    "seresnext50_32x4d": (squeeze_table(AGGREGATED, "3 4 6 3"),),
    "resnet20": (cifar_table(3, "20", "0.27M"),),
    "resnet32": (cifar_table(5, "32", "0.46M"),),
    "resnet44": (cifar_table(7, "44", "0.66M"),),
    "resnet56": (cifar_table(9, "56", "0.85M"),),
    "resnet110": (cifar_table(18, "110", "1.7M"),),
    "resnet1202": (cifar_table(200, "1202", "19.4M"),),
    "resnet164": (whole_table(MAPPINGS, {"layers": "164", "parameters": "1.7M"}),),
    "preact_resnet164": (whole_table(MAPPINGS, {"layers": "164", "parameters": "1.7M"}),),
    "preact_resnet1001": (
        whole_table(MAPPINGS, {"layers": "1001", "parameters": "10.2M"}, Deviation("", "parameters", PROJECTED)),
    ),
    "wrn_16_4": (wide_table(2, 4, {"convolutions": "16"}),),
    "wrn_16_8": (wide_table(2, 8, {"convolutions": "16", "parameters": "11.0M"}),),
    "wrn_22_8": (wide_table(3, 8, {"convolutions": "22", "parameters": "17.2M"}),),
    "wrn_28_10": (wide_table(4, 10, {"convolutions": "28", "parameters": "36.5M"}),),
    "wrn_40_4": (wide_table(6, 4, {"convolutions": "40", "parameters": "8.9M"}),),
    "wrn_40_8": (wide_table(6, 8, {"convolutions": "40", "parameters": "35.7M"}),),
}
