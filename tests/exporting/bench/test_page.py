"""docs/deploy.md, "How fast": its numbers are those of the source."""

from pathlib import Path

from brickwork import zoo
from brickwork.exporting.bench.bench import BOUNDS
from brickwork.exporting.bench.rates import COPIED, SIDE
from brickwork.network import cost, lower_network

TEXT = " ".join((Path(__file__).parents[3] / "docs" / "deploy.md").read_text().split())


def test_the_lowering_that_the_page_quotes_is_what_show_says() -> None:
    assert f'"{lower_network(zoo.network("resnet50"))}"' in TEXT


def test_the_norms_that_stay_are_as_many_as_the_page_says() -> None:
    whole = zoo.network("preact_resnet18")
    norms = [sum(row.kind == "norm" for row in cost(network).rows) for network in (lower_network(whole).network, whole)]
    assert f"keeps {norms[0]} of {norms[1]}" in TEXT


def test_the_bounds_and_sizes_are_those_of_the_benchmark() -> None:
    assert f"at most {BOUNDS['fp32']:.4f} in float32 and {BOUNDS['bf16']:g} in bfloat16" in TEXT
    assert f"({SIDE:,} x {SIDE:,}, in each precision) and the copy of {COPIED >> 20} MiB" in TEXT
