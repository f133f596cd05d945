"""`scale`: what a training of a network on many devices would take."""

from collections.abc import Sequence
from dataclasses import dataclass

from brickwork import zoo
from brickwork.errors import BrickworkError
from brickwork.network import Network
from brickwork.network.memory import Precision, training_memory
from brickwork.scaling.cluster import Cluster
from brickwork.scaling.rule import is_past_rule, linear_rate, warmup_epochs
from brickwork.scaling.step import StepTime, norm_seconds, step_time
from brickwork.scaling.work import Work, count_work

IMAGES, EPOCHS = 1_281_167, 90  # ImageNet's training set, and how long ResNets are trained on it
PAYS = 0.8  # the efficiency from which more devices pay
MOST = 1 << 16  # images a device, and more than any holds


@dataclass(frozen=True)
class ScaleRow:
    """A training on so many devices. Times are seconds."""

    devices: int
    batch: int  # images a step, over all devices
    step: StepTime
    images_per_second: float
    seconds: float  # the whole training
    lr: float  # by the linear rule, for SGD with momentum
    warmup: int  # epochs
    past_rule: bool  # whether the batch is beyond those with which the linear rule was seen to hold
    norm_sync: float  # seconds a step that synchronised batch norm would add
    pays_from: int | None  # images a device from which the efficiency is 80 %; None where no batch reaches it


@dataclass(frozen=True)
class Scaling:
    """What a training of a network would take on some numbers of devices."""

    network: Network
    cluster: Cluster
    work: Work
    images: int
    epochs: int
    rows: tuple[ScaleRow, ...]

    @property
    def gradient_bytes(self) -> int:
        """Bytes of gradients of one step."""
        return self.work.params * self.cluster.gradients

    @property
    def memory(self) -> int:
        """Bytes that a device's step takes by SGD with momentum, buckets of gradients on their way included."""
        precision: Precision = "bf16" if self.cluster.precision == "mixed" else "fp32"
        step = training_memory(self.network, self.cluster.batch, precision=precision, optimizer="sgd")
        return step.total + step.gradients

    @property
    def norm_images(self) -> int | None:
        """Images that batch norm sees at a time: a device's; None where the network has none."""
        return self.cluster.batch if self.work.norms else None

    def __repr__(self) -> str:
        shares = ", ".join(f"{row.devices}: {row.step.efficiency:.0%}" for row in self.rows)
        return f"Scaling({self.network.name}, {self.gradient_bytes / 1e6:.0f} MB a step, efficiency {shares})"


def scale(
    network: Network | str,
    devices: Sequence[int] = (8, 64, 512),
    cluster: Cluster | None = None,
    *,
    images: int = IMAGES,
    epochs: int = EPOCHS,
) -> Scaling:
    """What a training on many devices would take: step time, efficiency, learning rate, memory; by arithmetic alone.

    Each device keeps its number of images, so the batch grows with the devices. Raises BrickworkError for an unknown
    network, and for numbers that cannot be.
    """
    if not devices or min(*devices, images, epochs, 10**9) < 1:
        raise BrickworkError("devices, images and epochs are 1 at least.")
    value = zoo.network(network) if isinstance(network, str) else network
    cluster = cluster or Cluster()
    needed = count_work(value)
    if not needed.params or not needed.macs:
        raise BrickworkError(f"{value.name} has no layer that multiplies by weights: there is nothing to train.")
    rows = tuple(_scale_row(needed, cluster, count, images * epochs) for count in devices)
    return Scaling(value, cluster, needed, images, epochs, rows)


def _scale_row(needed: Work, cluster: Cluster, devices: int, images: int) -> ScaleRow:
    step = step_time(needed, cluster, devices, cluster.batch)
    batch = devices * cluster.batch
    speed = batch / step.total
    rule = linear_rate(batch), warmup_epochs(batch), is_past_rule(batch)
    more = norm_seconds(needed, cluster, devices), pays_from(needed, cluster, devices)
    return ScaleRow(devices, batch, step, speed, images / speed, *rule, *more)


def pays_from(needed: Work, cluster: Cluster, devices: int) -> int | None:
    """The fewest images a device with which the efficiency is 80 %; with more it is no lower."""

    def pays(batch: int) -> bool:
        return step_time(needed, cluster, devices, batch).efficiency >= PAYS

    if not pays(MOST):
        return None
    low, high = 1, MOST
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if pays(middle) else (middle + 1, high)
    return low
