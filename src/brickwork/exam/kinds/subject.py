"""What a question about a layer is about, in the words of a question."""

from collections.abc import Iterator
from typing import NamedTuple

from brickwork.exam.question import Draft
from brickwork.network import Layer, Shape
from brickwork.network.layer import Pair, Window, pair, shape_text
from brickwork.network.layers import AvgPool, Conv, Linear, MaxPool
from brickwork.network.propagate import Signal

Drafts = Iterator[Draft]


class Subject(NamedTuple):
    """A layer in a network, and what reaches it."""

    path: str
    layer: Layer
    signal: Signal

    @property
    def shape(self) -> Shape:
        return self.signal.shape

    @property
    def output(self) -> Shape:
        return self.layer.output(self.shape)


def layer_phrase(layer: Layer) -> str:
    """A layer in the words of a question."""
    match layer:
        case Conv(out=out, kernel=kernel, groups=groups, bias=bias):
            inside = f", in {groups} groups" if groups > 1 else ""
            biases = f"with{'' if bias else 'out'} biases"
            return f"A convolution with {out} filters of {side_text(kernel)}, {steps_text(layer)}{inside}, {biases},"
        case MaxPool() | AvgPool():
            word = "max" if isinstance(layer, MaxPool) else "mean"
            sizes = "up" if layer.ceil else "down"
            return f"A {word} pooling over {side_text(layer.kernel)}, {steps_text(layer)}, sizes rounded {sizes},"
        case Linear(out=out, bias=bias):
            return f"A dense layer with {out:,} outputs, with{'' if bias else 'out'} biases,"
    return "A batch norm"


def side_text(size: int | Pair) -> str:
    return shape_text(pair(size))


def steps_text(layer: Window) -> str:
    return f"stride {one_or_both(layer.strides())}, padding {one_or_both(pair(layer.padding))}"


def one_or_both(size: Pair) -> str:
    return str(size[0]) if size[0] == size[1] else shape_text(size)


def reads(subject: Subject) -> str:
    """A layer with what it reads, as a question begins."""
    return f"{layer_phrase(subject.layer)} reads {shape_text(subject.shape)}."
