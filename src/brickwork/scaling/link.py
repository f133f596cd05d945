"""Links between devices, and the all-reduce over them: ring and tree."""

import re
from dataclasses import dataclass
from math import ceil, log2

from brickwork.errors import BrickworkError

SHARE = 0.7  # of a link's rate that an all-reduce reaches: see docs/scaling.md for how it was chosen
LATENCY = 20e-6  # seconds from one device to the next

UNITS = {"k": 1e3, "m": 1e6, "g": 1e9, "t": 1e12}
RATE = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGT])(bit|b|B)(?:/s|ps)?", re.IGNORECASE)


@dataclass(frozen=True)
class Link:
    """What joins two neighbours: bytes a second one way, and the seconds until the first arrives."""

    rate: float
    latency: float = LATENCY
    share: float = SHARE

    @property
    def reached(self) -> float:
        """Bytes a second that an all-reduce comes to."""
        return self.rate * self.share


def parse_link(text: str) -> float:
    """Bytes a second of a rate as it is written, in bits ("100Gb", "25 Gbit/s") or bytes ("12.5GB/s")."""
    match = RATE.fullmatch(text.strip())
    if match is None or not 0 < float(match[1]) < 1e9:
        raise BrickworkError(f"a link is written as 100Gb (bits a second) or 12.5GB (bytes), not {text!r}.")
    return float(match[1]) * UNITS[match[2].lower()] / (1 if match[3] == "B" else 8)


def link_text(rate: float) -> str:
    """A rate in Gb/s, as networks are sold."""
    return f"{rate * 8 / 1e9:.4g} Gb/s"


def ring_seconds(size: float, devices: int, link: Link) -> float:
    """Ring all-reduce of `size` bytes: 2 (n - 1) rounds, in each of which every device passes on 1/n of them.

    Patarasuk, Yuan 2009, J. Parallel Distrib. Comput. 69(2). A ring enters and leaves each machine once, so the
    network has to carry no more where a machine holds several devices.
    """
    return 2 * (devices - 1) * (size / devices / link.reached + link.latency)


def tree_seconds(size: float, devices: int, link: Link) -> float:
    """Double binary tree, pipelined: all bytes go up and down once, over log2(n) hops each way.

    Sanders, Speck, Traeff 2009, Parallel Computing 35(12); in NCCL since 2.4.
    """
    return 2 * size / link.reached + 2 * ceil(log2(devices)) * link.latency


def allreduce_seconds(size: float, devices: int, link: Link) -> float:
    """The cheaper one, which a library chooses by size and number of devices."""
    if devices == 1 or not size:
        return 0.0
    return min(ring_seconds(size, devices, link), tree_seconds(size, devices, link))
