import math
from typing import Any

import pytest

from brickwork import zoo
from brickwork.errors import BrickworkError
from brickwork.scaling.cluster import Cluster
from brickwork.scaling.work import count_work

RESNET = count_work(zoo.network("resnet50"))


def test_a_measured_rate_is_what_the_device_comes_to_at_its_batch() -> None:
    cluster = Cluster(batch=64, rate=200)
    assert 64 / cluster.compute_seconds(RESNET, 64) == pytest.approx(200)
    assert 32 / cluster.compute_seconds(RESNET, 32) == pytest.approx(200 * (64 + 8) / 64 * 32 / (32 + 8))


def test_an_image_costs_arithmetic_and_memory_traffic() -> None:
    v100, p100 = Cluster("V100", precision="mixed"), Cluster("P100", precision="float32")
    assert v100.image_seconds(RESNET) == pytest.approx(6 * RESNET.macs / (0.65 * 125e12) + 5 * RESNET.bytes / 2 / 900e9)
    assert p100.image_seconds(RESNET) == pytest.approx(
        6 * RESNET.winograd / (0.65 * 10.6e12) + 5 * RESNET.bytes / 732e9
    )


def test_within_a_machine_the_devices_own_link_holds() -> None:
    cluster = Cluster("P100", machine=4, link="25Gb")
    assert cluster.link_among(4).rate == 80e9
    assert cluster.link_among(5).rate == 3.125e9
    assert cluster.link_among(5).reached == pytest.approx(0.7 * 3.125e9)


def test_the_slowest_of_more_devices_is_slower() -> None:
    cluster = Cluster(jitter=0.02)
    assert cluster.waiting_share(1) == 0
    assert cluster.waiting_share(512) == pytest.approx(0.02 * math.sqrt(2 * math.log(512)))


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"device": "P1000"}, "unknown device 'P1000': did you mean 'P100'?"),
        ({"link": "fast"}, "a link is written as 100Gb"),
        ({"batch": 0}, "a machine has 1 device at least, and a device 1 image"),
        ({"machine": 0}, "a machine has 1 device at least"),
        ({"rate": 0.0}, "a rate is images a second, above 0, not 0.0"),
        ({"rate": math.inf}, "a rate is images a second, above 0, not inf"),
        ({"rate": math.nan}, "a rate is images a second, above 0, not nan"),
        ({"precision": "int8"}, "precision is 'float32' or 'mixed', not 'int8'"),
        ({"gradients": 3}, "gradients are sent in 4 bytes a weight or in 2, not 3"),
        ({"share": 1.5}, "share is above 0 and at most 1"),
    ],
)
def test_a_field_that_cannot_be_is_told(fields: dict[str, Any], says: str) -> None:
    with pytest.raises(BrickworkError) as told:
        Cluster(**fields)
    assert says in str(told.value)


def test_a_cluster_reads_as_a_line() -> None:
    assert str(Cluster("P100", 1, "10Gb", 32, "float32")) == (
        "P100 in float32; 32 images a device, 1 device a machine, 10 Gb/s between machines"
    )
    assert str(Cluster(rate=60)).startswith("60 images/s a device; 64 images a device, 8 devices a machine")
