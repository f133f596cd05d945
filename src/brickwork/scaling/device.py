"""Devices by name: their peaks from NVIDIA's data sheets, of which a training reaches a part."""

from typing import NamedTuple

from brickwork.errors import BrickworkError, nearest

TERA, GIGA = 1e12, 1e9


class Device(NamedTuple):
    """An accelerator. Floating-point operations and bytes a second; a multiply-add is two operations."""

    name: str
    float32: float  # the ordinary cores'
    tf32: float  # the tensor cores' for float32, to which torch sends convolutions; 0 where there are none
    half: float  # the tensor cores' for float16 and bfloat16, dense; 0 where there are none
    memory: float  # bytes
    bandwidth: float  # bytes a second to its memory
    link: float  # bytes a second to its neighbours in the machine, one way: PCIe or NVLink

    def peak(self, precision: str) -> float:
        """Operations a second of the cores that a training in this precision uses."""
        tensor = self.half if precision == "mixed" else self.tf32
        return tensor or self.float32

    def has_tensor_cores(self, precision: str) -> bool:
        return bool(self.half if precision == "mixed" else self.tf32)


def _device(
    name: str, float32: float, tf32: float, half: float, memory: float, bandwidth: float, link: float
) -> Device:
    return Device(name, float32 * TERA, tf32 * TERA, half * TERA, memory * GIGA, bandwidth * GIGA, link * GIGA)


DEVICES = (
    #     name     float32  tf32  half  memory  bandwidth  link     TFLOP/s, GB, GB/s
    _device("K80",        2.8,    0,    0,     12,       240, 15.8),  # one of a board's two, at its base clock; PCIe 3
    _device("TitanX",     6.6,    0,    0,     12,       336, 15.8),  # Maxwell
    _device("P100",      10.6,    0,    0,     16,       732,   80),  # SXM2: four NVLinks of 20 GB/s
    _device("V100",      15.7,    0,  125,     16,       900,  150),  # SXM2: six of 25
    _device("T4",         8.1,    0,   65,     16,       320, 15.8),
    _device("A100",      19.5,  156,  312,     40,      1555,  300),  # SXM4
    _device("H100",        67,  494,  989,     80,      3350,  450),  # SXM5
    _device("H200",        67,  494,  989,    141,      4800,  450),
)  # fmt: skip


def find_device(name: str) -> Device:
    """The device of a name, in capitals or not; raises BrickworkError, with the names that there are."""
    for device in DEVICES:
        if device.name.lower() == name.lower().replace(" ", ""):
            return device
    names = [device.name for device in DEVICES]
    close = nearest(name, names) or f"known: {', '.join(names)}."
    raise BrickworkError(f"unknown device {name!r}: {close} Of another, measure the images/s, and give --rate.")
