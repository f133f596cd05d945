"""The time of one step: forward and backward pass, the all-reduce that hides behind the latter, the slowest device."""

from dataclasses import dataclass

from brickwork.scaling.cluster import Cluster
from brickwork.scaling.link import allreduce_seconds
from brickwork.scaling.work import Work

BACKWARD = 2 / 3  # of the arithmetic: it computes two gradients where the forward pass computes one output
BUCKET = 25 * 2**20  # bytes of gradients that are sent together: torch's DistributedDataParallel


@dataclass(frozen=True)
class StepTime:
    """Seconds of one step."""

    compute: float  # one device's forward and backward pass
    waiting: float  # for the slowest of the devices
    allreduce: float  # all of it, hidden or not
    exposed: float  # what is left of it after the backward pass

    @property
    def total(self) -> float:
        return self.compute + self.waiting + self.exposed

    @property
    def efficiency(self) -> float:
        """Images a second over those of as many devices that need not wait."""
        return self.compute / self.total


def step_time(work: Work, cluster: Cluster, devices: int, batch: int) -> StepTime:
    """One step of so many devices with so many images each."""
    compute = cluster.compute_seconds(work, batch)
    backward = BACKWARD * compute
    allreduce, end = 0.0, 0.0
    for ready, size in buckets(work, backward, cluster.gradients):
        seconds = allreduce_seconds(size, devices, cluster.link_among(devices))
        allreduce += seconds
        end = max(end, ready) + seconds
    return StepTime(compute, compute * cluster.waiting_share(devices), allreduce, max(0.0, end - backward))


def norm_seconds(work: Work, cluster: Cluster, devices: int) -> float:
    """What synchronised batch norm would add: each layer waits for two small all-reduces, one on the way back.

    Two numbers a channel are so few that only the latency counts, and nothing hides it: the next layer needs them.
    """
    return 2 * work.norms * allreduce_seconds(1, devices, cluster.link_among(devices))


def buckets(work: Work, backward: float, bytes_each: int) -> list[tuple[float, int]]:
    """When each bucket of gradients is full, in seconds of the backward pass, and its bytes.

    The backward pass goes from the last layer to the first, and takes as long in each as its share of the MACs is:
    the dense layers of VGG, nine tenths of its weights, are ready when it has hardly begun.
    """
    found: list[tuple[float, int]] = []
    time, size = 0.0, 0
    for params, macs in work.gradients:
        time += backward * macs / work.macs
        size += params * bytes_each
        if size >= BUCKET:
            found.append((time, size))
            size = 0
    return [*found, (backward, size)] if size else found
