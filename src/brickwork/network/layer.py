"""Layer: its output shape, its weights and its MACs, as rules over an input shape.

A shape is (channels, height, width) for a map and (features,) for a vector; the batch is never written.
"""

from dataclasses import MISSING, fields
from typing import Any, ClassVar, NamedTuple

from brickwork.errors import BrickworkError
from brickwork.validate import validate_fields

LARGEST = 2**31 - 1  # of a layer's whole numbers: torch's arithmetic has 32 bits in places
Shape = tuple[int, ...]
Pair = tuple[int, int]
Size = int | Pair  # one number for both directions, or (height, width)


class TooSmall(BrickworkError):
    """A map is smaller than a window: any smaller one is, too."""


def pair(size: Size) -> Pair:
    return (size, size) if isinstance(size, int) else size


def shape_text(shape: Shape) -> str:
    """A shape as people write it: 64x56x56."""
    return "x".join(map(str, shape))


def largest(value: object) -> int:
    """The largest whole number in a layer's field, whatever its sign; 0 where there is none."""
    if isinstance(value, tuple):
        return max(map(largest, value), default=0)
    return abs(value) if isinstance(value, int) else 0


class Keeps(NamedTuple):
    """What a layer's backward keeps of one image: what enters or leaves anyhow, and what is the layer's own."""

    input: bool = False
    output: bool = False
    own: int = 0  # numbers, in its input's precision
    bytes: int = 0  # whatever the precision, such as indices
    mask: int = 0  # numbers of a dropout's mask
    statistics: int = 0  # bytes for the whole batch
    weight: int = 0  # numbers of a weight that autocast copies into bfloat16, to compute in it
    fresh: bool = False  # whether that weight is made anew in each step
    widens: bool = False  # whether autocast gives float32


class Layer:
    """The rules of a layer for an input shape. The defaults are those of an activation."""

    kind: ClassVar[str]  # its name in paths and tables
    mixes: ClassVar[bool] = False  # whether each number that leaves a vector is made of all that enter

    def __post_init__(self) -> None:
        validate_fields(self)
        if max(map(largest, vars(self).values()), default=0) > LARGEST:
            raise BrickworkError(f"{type(self).__name__}: torch counts to {LARGEST:,} in a layer's arguments.")

    def output(self, shape: Shape) -> Shape:
        """The shape that leaves; raises BrickworkError where the input does not fit."""
        return shape

    def weights(self, shape: Shape) -> dict[str, Shape]:
        """Trainable tensors by name."""
        return {}

    def macs(self, shape: Shape) -> int:
        """Multiply-adds for one image; only convolutions and dense layers count."""
        return 0

    def window(self, shape: Shape) -> tuple[Pair, Pair]:
        """(kernel, stride), from which receptive fields follow."""
        return (1, 1), (1, 1)

    def margin(self, shape: Shape) -> Pair:
        """How many pixels before the map's first the first window begins: its padding."""
        return (0, 0)

    def keeps(self, shape: Shape) -> Keeps:
        """What torch keeps for its backward pass; the layers here have theirs in brickwork.network.memory."""
        return Keeps(input=True)

    def stated(self) -> dict[str, Any]:
        """The fields that say something: required ones, and those that differ from their default."""
        every = fields(self)  # type: ignore[arg-type]
        return {f.name: value for f in every if (value := getattr(self, f.name)) != f.default or f.default is MISSING}

    def __repr__(self) -> str:
        required = {f.name for f in fields(self) if f.default is MISSING}  # type: ignore[arg-type]
        words = [repr(value) if name in required else f"{name}={value!r}" for name, value in self.stated().items()]
        return f"{type(self).__name__}({', '.join(words)})"


class Window(Layer):
    """Sliding window: the arithmetic that convolutions and poolings share."""

    kernel: Size
    stride: Size | None
    padding: Size

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.stride is None:
            object.__setattr__(self, "stride", self.kernel)
        for name in ("kernel", "stride", "padding"):
            high, wide = pair(getattr(self, name))
            least = 0 if name == "padding" else 1
            if min(high, wide) < least:
                raise BrickworkError(f"{type(self).__name__}: {name} must be at least {least}, not {high}x{wide}.")
            object.__setattr__(self, name, high if high == wide else (high, wide))

    def strides(self) -> Pair:
        return pair(self.kernel if self.stride is None else self.stride)

    def rounds_up(self) -> bool:
        return False

    def window(self, shape: Shape) -> tuple[Pair, Pair]:
        return pair(self.kernel), self.strides()

    def margin(self, shape: Shape) -> Pair:
        return pair(self.padding)

    def slide(self, shape: Shape) -> Pair:
        """Height and width of the output."""
        if len(shape) != 3:
            raise BrickworkError(
                f"{self!r} needs a map of channels x height x width, but a vector of {shape_text(shape)} reaches it."
            )
        kernel, stride, padding = pair(self.kernel), self.strides(), pair(self.padding)
        for size, k, p in zip(shape[1:], kernel, padding, strict=True):
            if size + 2 * p < k:
                least = (max(kernel[0] - 2 * padding[0], 1), max(kernel[1] - 2 * padding[1], 1))
                raise TooSmall(
                    f"{self!r} needs a map of at least {shape_text(least)}, but {shape_text(shape[1:])} reaches it."
                )
        high, wide = (self._steps(*side) for side in zip(shape[1:], kernel, stride, padding, strict=True))
        return high, wide

    def _steps(self, size: int, kernel: int, stride: int, padding: int) -> int:
        room = size + 2 * padding - kernel
        if not self.rounds_up():
            return room // stride + 1
        steps = -(-room // stride) + 1
        # A last window that would start in the right padding does not count (Caffe and torch agree).
        return steps - 1 if (steps - 1) * stride >= size + padding else steps
