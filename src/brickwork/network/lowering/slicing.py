"""Slice: a layer that takes some channels of a map, as the merged convolutions of an Inception block need."""

from dataclasses import dataclass
from typing import ClassVar

from brickwork.errors import BrickworkError
from brickwork.network.layer import Layer, Shape, shape_text


@dataclass(frozen=True, repr=False)
class Slice(Layer):
    """The channels from `start` up to `stop`, which is not among them."""

    start: int
    stop: int
    kind: ClassVar[str] = "slice"

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 <= self.start < self.stop:
            raise BrickworkError(f"{self!r}: start is at least 0, and stop is beyond it.")

    def output(self, shape: Shape) -> Shape:
        if shape[0] < self.stop:
            raise BrickworkError(f"{self!r} needs {self.stop} channels at least, but {shape_text(shape)} reaches it.")
        return (self.stop - self.start, *shape[1:])
