"""A cluster: devices, their links, and the share of the training that each takes."""

from dataclasses import dataclass
from math import log, sqrt
from typing import Literal

from brickwork.errors import BrickworkError
from brickwork.scaling.device import Device, find_device
from brickwork.scaling.link import SHARE, Link, link_text, parse_link
from brickwork.scaling.work import TRAFFIC, Work

Precision = Literal["float32", "mixed"]

REACHED = 0.65  # of the peak, in the arithmetic: see docs/scaling.md for how it was chosen
START = 8  # images whose time a step costs before its first: TensorFlow's P100 table, batches of 64 against 32
JITTER = 0.035  # spread of a device's step around its mean: likewise


@dataclass(frozen=True)
class Cluster:
    """What trains: `machine` devices in each machine, `batch` images a step on each device.

    `link` joins the machines and is a machine's; within one the device's own holds. `rate` is images a second of one
    device as measured at this batch, instead of what its data sheet leads to. `gradients` are bytes a weight on the
    way: 4, or 2 where they are sent in float16. `share` of a link's rate is what an all-reduce reaches, and `jitter`
    the spread of a device's step: the two constants that were chosen by published figures.
    """

    device: str = "A100"
    machine: int = 8
    link: str = "100Gb"
    batch: int = 64
    precision: Precision = "mixed"
    rate: float | None = None
    gradients: int = 4
    share: float = SHARE
    jitter: float = JITTER

    def __post_init__(self) -> None:
        find_device(self.device)
        parse_link(self.link)
        if min(self.machine, self.batch) < 1:
            raise BrickworkError("a machine has 1 device at least, and a device 1 image.")
        if self.rate is not None and not 0 < self.rate < float("inf"):
            raise BrickworkError(f"a rate is images a second, above 0, not {self.rate}.")
        if self.precision not in ("float32", "mixed"):
            raise BrickworkError(f"precision is 'float32' or 'mixed', not {self.precision!r}.")
        if not 0 < self.share <= 1 or not 0 <= self.jitter < 1:
            raise BrickworkError(
                f"share is above 0 and at most 1, jitter from 0 to 1, not {self.share}, {self.jitter}."
            )
        if self.gradients not in (2, 4):
            raise BrickworkError(f"gradients are sent in 4 bytes a weight or in 2, not {self.gradients}.")

    @property
    def chip(self) -> Device:
        return find_device(self.device)

    @property
    def between(self) -> float:
        """Bytes a second between machines."""
        return parse_link(self.link)

    def link_among(self, devices: int) -> Link:
        """The slowest link of a ring through so many devices: the machine's own where one machine has them all."""
        inside = devices <= self.machine
        return Link(self.chip.link if inside else self.between, share=self.share)

    def waiting_share(self, devices: int) -> float:
        """How much longer than the mean the slowest of n devices takes: the expected maximum of n normal numbers."""
        return self.jitter * sqrt(2 * log(devices))

    def compute_seconds(self, work: Work, batch: int) -> float:
        """Forward and backward pass of one device, which has no others to wait for."""
        if self.rate is None:
            return (batch + START) * self.image_seconds(work)
        return (batch + START) / (self.batch + START) * self.batch / self.rate

    def image_seconds(self, work: Work) -> float:
        """One image among many: arithmetic, and activations on their way to the memory and back."""
        winograd = not self.chip.has_tensor_cores(self.precision)
        arithmetic = work.operations(winograd) / (REACHED * self.chip.peak(self.precision))
        return arithmetic + TRAFFIC * work.bytes * self.activation_share / self.chip.bandwidth

    @property
    def activation_share(self) -> float:
        """Bytes of an activation, of float32's four."""
        return 0.5 if self.precision == "mixed" else 1.0

    def __str__(self) -> str:
        precision = "float32" if self.precision == "float32" else "mixed precision"
        speed = f"{self.rate:g} images/s a device" if self.rate else f"{self.chip.name} in {precision}"
        held = f"{self.machine} devices" if self.machine > 1 else "1 device"
        return f"{speed}; {self.batch} images a device, {held} a machine, {link_text(self.between)} between machines"
