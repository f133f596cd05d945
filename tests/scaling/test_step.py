import pytest

from brickwork import zoo
from brickwork.scaling.cluster import Cluster
from brickwork.scaling.link import Link, allreduce_seconds, tree_seconds
from brickwork.scaling.step import buckets, norm_seconds, step_time
from brickwork.scaling.work import Work, count_work

MIB = 2**20
STILL = Cluster("P100", machine=1, link="8Gb", batch=10, precision="float32", rate=10, share=1.0, jitter=0.0)


def made(*gradients: tuple[int, int]) -> Work:
    """Work of layers with so many weights and MACs, the last layer first."""
    params, macs = (sum(column) for column in zip(*gradients, strict=True))
    return Work(params, macs, macs, 0, gradients, 0)


def test_buckets_are_full_when_their_layers_are_done() -> None:
    work = made((10 * MIB, 1), (1, 5), (7 * MIB, 2), (3, 2))
    assert buckets(work, 30.0, 4) == [(3.0, 40 * MIB), (24.0, 28 * MIB + 4), (30.0, 12)]
    assert buckets(work, 30.0, 2)[0] == (24.0, 34 * MIB + 2)


def test_large_layers_at_the_end_are_sent_while_the_others_are_computed() -> None:
    """A step of 1 s: the backward pass takes 2/3 s, and its end and half of its weights are dense layers."""
    early = made((50_000_000, 0), (25_000_000, 100))  # 200 MB from its beginning, 100 MB at its end
    late = made((25_000_000, 100), (50_000_000, 0))
    link = Link(1e9, share=1.0)
    sent, rest = (allreduce_seconds(size, 2, link) for size in (2e8, 1e8))
    assert step_time(early, STILL, 2, 10).exposed == pytest.approx(rest)  # 0.2 s hide behind 0.67 s
    assert step_time(late, STILL, 2, 10).exposed == pytest.approx(sent + rest)
    assert step_time(early, STILL, 2, 10).allreduce == pytest.approx(sent + rest)


def test_a_bucket_waits_for_the_one_before_it() -> None:
    work = made((200_000_000, 0), (10_000_000, 100))
    step = step_time(work, STILL, 2, 10)  # 0.8 s for the first, of which 0.67 s are hidden
    assert step.exposed == pytest.approx(step.allreduce - 2 / 3, rel=1e-3)
    assert step.total == pytest.approx(1 + step.exposed)
    assert step.efficiency == pytest.approx(1 / step.total)


def test_one_device_waits_for_nobody() -> None:
    step = step_time(count_work(zoo.network("resnet50")), Cluster(), 1, 64)
    assert (step.waiting, step.allreduce, step.exposed, step.efficiency) == (0, 0, 0, 1)


def test_most_of_vggs_gradients_are_ready_when_the_backward_pass_has_hardly_begun() -> None:
    work = count_work(zoo.network("vgg16"))
    early = sum(size for time, size in buckets(work, 1.0, 4) if time < 0.01)
    assert early / (4 * work.params) > 0.89


@pytest.mark.parametrize("name", ["vgg16", "resnet50", "inception_v3"])
def test_efficiency_falls_with_devices_and_rises_with_images_and_links(name: str) -> None:
    work = count_work(zoo.network(name))

    def share(devices: int, batch: int = 64, link: str = "25Gb") -> float:
        return step_time(work, Cluster(link=link), devices, batch).efficiency

    assert share(16) > share(64) > share(512)
    assert share(64, 32) < share(64, 128) < share(64, 512)
    assert share(64, link="10Gb") < share(64, link="25Gb") < share(64, link="400Gb")


def test_synchronised_batch_norm_waits_for_each_of_its_layers_twice() -> None:
    work, cluster = count_work(zoo.network("resnet50")), Cluster(machine=8)
    assert work.norms == 53
    assert norm_seconds(work, cluster, 512) == pytest.approx(106 * tree_seconds(1, 512, cluster.link_among(512)))
    assert norm_seconds(count_work(zoo.network("vgg16")), cluster, 512) == norm_seconds(work, cluster, 1) == 0
