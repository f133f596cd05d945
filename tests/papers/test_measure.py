"""What stands in a table's cells, written out for small networks."""

from brickwork import zoo
from brickwork.network import Network, chain, concat, cost, named, residual, stages
from brickwork.network.blocks import inception
from brickwork.network.layers import BatchNorm, Conv, Flatten, GlobalAvgPool, Linear, ReLU
from brickwork.papers.measure import NUMBERS, TEXTS, Measured
from brickwork.papers.printed import as_printed

SMALL = Network(
    "small", (3, 12, 10), 5,
    stages(
        one=chain(Conv(4, (3, 5), bias=False), BatchNorm()),
        two=chain(
            named("2a", inception(2, (3, 4), (1, 2), 3)),
            residual(chain(Conv(11, 1), ReLU(), Conv(11, 3, padding=1)), Conv(11, 1)),
        ),
        three=concat(chain(Conv(2, 1), Conv(3, 1)), Conv(4, 1)),
    ),
    chain(GlobalAvgPool(), Flatten(), Linear(5)),
)  # fmt: skip
FOUND = Measured(SMALL, cost(SMALL))


def text(column: str, path: str, printed: str = "axbxc") -> str:
    return TEXTS[column](FOUND, path, printed)


def test_outputs_are_written_as_they_are_printed() -> None:
    assert [text("output", "one", printed) for printed in ("1x1x1", "1x1", "1")] == ["10x6x4", "10x6", "4"]
    assert [text("output", "head", printed) for printed in ("1x1x7", "7")] == ["1x1x5", "5"]
    assert [text("shape", "one", printed) for printed in ("1x1x1", "1x1")] == ["4x10x6", "10x6"]
    assert text("input", "") == "12x10x3"


def test_filters_are_those_of_the_body_and_not_of_the_shortcut() -> None:
    assert text("filters", "one") == "3x5 4"
    assert text("filters", "two.2a") == "2, 3-4(3x3), 1-2(5x5), 3"
    assert text("filters", "two.0") == "1x1 11, 3x3 11"
    assert text("filters", "three") == "2-3, 4"
    assert text("filters", "head") == "fc 5"
    assert text("kernels", "one.conv") == "4 of 3x5x3"


def test_numbers_are_those_of_written_out_arithmetic() -> None:
    assert NUMBERS["weights"](FOUND, "one") == 4 * 3 * 15
    assert NUMBERS["parameters"](FOUND, "one") == 4 * 3 * 15 + 2 * 4
    assert NUMBERS["with biases"](FOUND, "one") == 4 * 3 * 15 + 2 * 4 + 4
    assert NUMBERS["without factors, with averages"](FOUND, "one") == 4 * 3 * 15 + 4 + 2 * 4
    assert NUMBERS["with biases and averages"](FOUND, "one") == 4 * 3 * 15 + 4 + 4 * 4
    assert NUMBERS["weights"](FOUND, "two.0") == 11 * 11 + 11 * 11 * 9 + 11 * 11
    assert NUMBERS["MACs"](FOUND, "one") == 10 * 6 * 4 * 3 * 15
    assert NUMBERS["layers"](FOUND, "") == 1 + 2 + 2 + 2 + 1
    assert NUMBERS["convolutions"](FOUND, "") == 1 + 6 + 3 + 3
    assert NUMBERS["blocks"](FOUND, "two") == 1


def test_lenet_s_connections_are_those_of_written_out_arithmetic() -> None:
    network = zoo.network("lenet5_1998")
    found = Measured(network, cost(network))
    connections = {path: NUMBERS["connections"](found, path) for path in ("c1", "s2", "c3", "s4", "c5", "f6", "head")}
    assert connections == {
        "c1": 28 * 28 * 6 * (25 + 1),
        "s2": 14 * 14 * 6 * (4 + 1),
        "c3": 10 * 10 * (60 * 25 + 16),
        "s4": 5 * 5 * 16 * (4 + 1),
        "c5": 120 * (400 + 1),
        "f6": 84 * (120 + 1),
        "head": 10 * 84,
    }
    assert sum(connections.values()) == NUMBERS["connections"](found, "") == 340_908


def test_numbers_are_rounded_and_cut_as_they_are_printed() -> None:
    assert as_printed(3_663_761_408, "3.6x10^9") == ("3.7x10^9", "3.6x10^9")
    assert as_printed(163_328, "159K", 1024) == ("160K", "159K")
    assert as_printed(360_000_000, "360M", 1024) == ("360M", "360M")
    assert as_printed(60_965_224, "60 million") == ("61 million", "60 million")
    assert as_printed(60_000, "60,000") == ("60,000", "60,000")
    assert as_printed(48_000, "48k") == ("48k", "48k")
