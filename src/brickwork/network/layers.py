"""The atoms: each layer is a frozen value that knows its shape rule, its weights and its MACs.

Nobody writes input channels: they arrive with the shape. A layer of your own is one more frozen
dataclass with the same three rules, and a `module(shape)` that returns its torch module.
"""

from dataclasses import dataclass
from math import gcd, prod
from typing import ClassVar, Literal

from brickwork.errors import BrickworkError
from brickwork.network.layer import Layer, Pair, Shape, Size, Window, pair, shape_text


@dataclass(frozen=True, repr=False)
class Conv(Window):
    """Convolution: `out` channels, a kernel, and as many input channels as arrive."""

    out: int
    kernel: Size
    stride: Size = 1
    padding: Size = 0
    groups: int = 1
    bias: bool = True
    kind: ClassVar[str] = "conv"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.out < 1 or self.groups < 1 or self.out % self.groups:
            raise BrickworkError(f"Conv: {self.out} channels cannot be made in {self.groups} groups.")

    def output(self, shape: Shape) -> Shape:
        size = self.slide(shape)
        if shape[0] % self.groups:
            raise BrickworkError(
                f"a {shape_text(pair(self.kernel))} convolution with groups={self.groups} needs channels divisible by "
                f"{self.groups}, but {shape[0]} reach it."
            )
        return (self.out, *size)

    def weights(self, shape: Shape) -> dict[str, Shape]:
        weight = (self.out, shape[0] // self.groups, *pair(self.kernel))
        return {"weight": weight, "bias": (self.out,)} if self.bias else {"weight": weight}

    def macs(self, shape: Shape) -> int:
        return prod(self.output(shape)) * shape[0] // self.groups * prod(pair(self.kernel))


@dataclass(frozen=True, repr=False)
class Linear(Layer):
    """Dense layer on a vector."""

    out: int
    bias: bool = True
    kind: ClassVar[str] = "linear"
    mixes: ClassVar[bool] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.out < 1:
            raise BrickworkError(f"Linear: needs at least 1 output, not {self.out}.")

    def output(self, shape: Shape) -> Shape:
        if len(shape) != 1:
            raise BrickworkError(
                f"{self!r} needs a vector, but a map of {shape_text(shape)} reaches it: put Flatten() before it."
            )
        return (self.out,)

    def weights(self, shape: Shape) -> dict[str, Shape]:
        weight = (self.out, shape[0])
        return {"weight": weight, "bias": (self.out,)} if self.bias else {"weight": weight}

    def macs(self, shape: Shape) -> int:
        return self.out * shape[0]


@dataclass(frozen=True, repr=False)
class BatchNorm(Layer):
    """Batch normalisation per channel (Ioffe & Szegedy 2015); `momentum` is the weight of the new value."""

    eps: float = 1e-5
    momentum: float | None = 0.1  # None: the plain average over all batches
    kind: ClassVar[str] = "norm"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.eps < 0 or not 0 <= (self.momentum or 0) <= 1:
            raise BrickworkError(f"{self!r}: eps is at least 0, momentum from 0 to 1.")

    def weights(self, shape: Shape) -> dict[str, Shape]:
        return {"weight": (shape[0],), "bias": (shape[0],)}


@dataclass(frozen=True, repr=False)
class LocalResponseNorm(Layer):
    """x / (k + alpha/size * sum of x^2 over `size` channels)^beta.

    Krizhevsky et al. 2012, section 3.3, do not divide alpha by the size: their 1e-4 is 5e-4 here.
    """

    size: int = 5
    alpha: float = 5e-4
    beta: float = 0.75
    k: float = 2.0
    kind: ClassVar[str] = "lrn"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.size < 1:
            raise BrickworkError(f"{self!r}: size is at least 1.")


@dataclass(frozen=True, repr=False)
class ReLU(Layer):
    """max(0, x)."""

    kind: ClassVar[str] = "relu"


@dataclass(frozen=True, repr=False)
class Tanh(Layer):
    """`scale` * tanh(`slope` * x); LeNet-5 of 1998 has 1.7159 and 2/3 (LeCun et al. 1998, appendix A)."""

    scale: float = 1.0
    slope: float = 1.0
    kind: ClassVar[str] = "tanh"


@dataclass(frozen=True, repr=False)
class Sigmoid(Layer):
    """1 / (1 + exp(-x))."""

    kind: ClassVar[str] = "sigmoid"


class Pool(Window):
    """One number a channel and window."""

    ceil: bool

    def __post_init__(self) -> None:
        super().__post_init__()
        if any(2 * p > k for p, k in zip(pair(self.padding), pair(self.kernel), strict=True)):
            raise BrickworkError(f"{self!r}: padding is at most half of the kernel.")

    def rounds_up(self) -> bool:
        return self.ceil

    def output(self, shape: Shape) -> Shape:
        return (shape[0], *self.slide(shape))


@dataclass(frozen=True, repr=False)
class MaxPool(Pool):
    """Maximum over a window; the stride is the kernel's size unless given."""

    kernel: Size
    stride: Size | None = None
    padding: Size = 0
    ceil: bool = False  # round the output's size up, as Caffe does
    kind: ClassVar[str] = "maxpool"


@dataclass(frozen=True, repr=False)
class AvgPool(Pool):
    """Mean over a window; the stride is the kernel's size unless given."""

    kernel: Size
    stride: Size | None = None
    padding: Size = 0
    ceil: bool = False
    include_pad: bool = True  # count the padding's zeros in the mean (torchvision); TensorFlow does not
    kind: ClassVar[str] = "avgpool"


@dataclass(frozen=True, repr=False)
class GlobalAvgPool(Layer):
    """Mean over the whole map: one number a channel, kept as channels x 1 x 1 (Lin et al. 2013, section 3.2)."""

    kind: ClassVar[str] = "gap"

    def output(self, shape: Shape) -> Shape:
        if len(shape) != 3:
            raise BrickworkError(f"GlobalAvgPool() needs a map, but a vector of {shape_text(shape)} reaches it.")
        return (shape[0], 1, 1)

    def window(self, shape: Shape) -> tuple[Pair, Pair]:
        return (shape[1], shape[2]), (1, 1)


@dataclass(frozen=True, repr=False)
class AdaptiveAvgPool(Layer):
    """Mean over as many cells as asked for, whatever the input's size."""

    size: Size
    kind: ClassVar[str] = "adaptivepool"

    def __post_init__(self) -> None:
        super().__post_init__()
        if min(pair(self.size)) < 1:
            raise BrickworkError(f"{self!r}: size is at least 1.")

    def output(self, shape: Shape) -> Shape:
        if len(shape) != 3:
            raise BrickworkError(f"{self!r} needs a map, but a vector of {shape_text(shape)} reaches it.")
        return (shape[0], *pair(self.size))

    def window(self, shape: Shape) -> tuple[Pair, Pair]:
        (high, rows), (wide, columns) = zip(shape[1:], pair(self.size), strict=True)
        (tall, down), (broad, right) = cells(high, rows), cells(wide, columns)
        return (tall, broad), (down, right)


def cells(size: int, count: int) -> tuple[int, int]:
    """The largest of `count` cells that cover `size` pixels, and the step at which the last one ends where they end."""
    most = -(-(size + count - gcd(size, count)) // count)  # cell i begins i * size % count before a whole pixel
    return most, max(-(-(size - most) // max(count - 1, 1)), 1)


@dataclass(frozen=True, repr=False)
class Flatten(Layer):
    """A map laid out as one vector."""

    kind: ClassVar[str] = "flatten"

    def output(self, shape: Shape) -> Shape:
        return (prod(shape),)


@dataclass(frozen=True, repr=False)
class Dropout(Layer):
    """Sets each number to zero with probability p in training (Hinton et al. 2012)."""

    p: float = 0.5
    kind: ClassVar[str] = "dropout"

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 <= self.p <= 1:
            raise BrickworkError(f"{self!r}: p is a probability, from 0 to 1.")


@dataclass(frozen=True, repr=False)
class StochasticDepth(Layer):
    """Drops a residual's whole body with probability `drop` in training (Huang et al. 2016, section 3).

    The paper draws once for the mini-batch and multiplies by the survival probability at test; today's
    libraries draw for each image and divide in training.
    """

    drop: float
    each: Literal["batch", "image"] = "batch"
    rescale: Literal["test", "train"] = "test"
    kind: ClassVar[str] = "drop"

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 <= self.drop < 1:
            raise BrickworkError(f"{self!r}: drop is a probability, from 0 to less than 1.")


@dataclass(frozen=True, repr=False)
class Scale(Layer):
    """Multiplies by a constant: 0.1 to 0.3 on a residual's body (Szegedy et al. 2016, section 3.3)."""

    factor: float
    kind: ClassVar[str] = "scale"


@dataclass(frozen=True, repr=False)
class PadShortcut(Layer):
    """Shortcut option A: every `stride`-th pixel, and zeros for the new channels (He et al. 2015, section 3.3)."""

    out: int
    stride: int = 1
    kind: ClassVar[str] = "pad"

    def __post_init__(self) -> None:
        super().__post_init__()
        if min(self.out, self.stride) < 1:
            raise BrickworkError(f"{self!r}: out and stride are at least 1.")

    def output(self, shape: Shape) -> Shape:
        if len(shape) != 3 or shape[0] > self.out:
            raise BrickworkError(
                f"{self!r} adds channels to a map and takes none away, but {shape_text(shape)} reaches it."
            )
        return (self.out, -(-shape[1] // self.stride), -(-shape[2] // self.stride))

    def window(self, shape: Shape) -> tuple[Pair, Pair]:
        return (1, 1), (self.stride, self.stride)
