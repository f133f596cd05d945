"""Every network's parameters, MACs and shapes equal the published ones to the last digit."""

import json
from pathlib import Path

import pytest

from brickwork import zoo
from brickwork.network.cost import cost

DOCUMENT = json.loads((Path(__file__).parent / "published.json").read_text())
PUBLISHED = DOCUMENT["networks"]

# Where our name for an entry is not the entry's own.
NAMES = {
    "lenet5_d2l": "lenet5",
    "alexnet_2012": "alexnet",
    "alexnet_d2l": "alexnet_lecture",
    "nin_imagenet": "nin",
    "nin_d2l": "nin_lecture",
    "googlenet_paper": "googlenet",
    "vgg11_d2l": "vgg11",
    **{f"cifar_resnet{depth}": f"resnet{depth}" for depth in (20, 32, 44, 56, 110)},
}
ENTRIES = [entry for entry in PUBLISHED if NAMES.get(entry, entry) in zoo.names()]


@pytest.mark.parametrize("entry", ENTRIES)
def test_parameters_and_macs_are_the_published_ones(entry: str) -> None:
    published = PUBLISHED[entry]
    network = zoo.network(NAMES.get(entry, entry), input=tuple(published["input"]), classes=published["output"][0])
    total = cost(network)
    assert (total.params, total.macs) == (published["params"], published["macs"])
    assert total.rows[-1].output == tuple(published["output"])
