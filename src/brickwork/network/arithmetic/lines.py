"""Lines of arithmetic: each a formula in symbols, the same in numbers, and what it comes to."""

from collections.abc import Iterator
from math import prod
from typing import NamedTuple

from brickwork.network.layer import Layer, Pair, Shape, Window, pair
from brickwork.network.layers import BatchNorm, Conv, Linear
from brickwork.network.memory.rules import keeps
from brickwork.network.propagate import Signal

AXES = ("height", "width")


class Line(NamedTuple):
    """One number's arithmetic: "(224 + 2*2 - 11) / 4 + 1 = 55"."""

    what: str
    symbols: str
    numbers: str
    result: int
    note: str = ""

    def __str__(self) -> str:
        rest = f", {self.note}" if self.note else ""
        return f"{self.what} = {self.symbols} = {self.numbers} = {self.result:,}{rest}"


def size_lines(layer: Layer, shape: Shape) -> Iterator[Line]:
    """Height and width of the output; one line where both are the same."""
    if not isinstance(layer, Window):
        return
    both = [_size_line(layer, shape, axis) for axis in (0, 1)]
    if both[0][2:] == both[1][2:]:
        yield both[0]._replace(what="height and width")
    else:
        yield from both


def _size_line(layer: Window, shape: Shape, axis: int) -> Line:
    size, kernel = shape[1 + axis], pair(layer.kernel)[axis]
    stride, padding = layer.strides()[axis], pair(layer.padding)[axis]
    result, room = layer.slide(shape)[axis], size + 2 * padding - kernel
    up = layer.rounds_up() and result > room // stride + 1  # a window that began in the padding would not count
    form = "ceil({})" if up else "{}"
    numbers = form.format(f"({size} + 2*{padding} - {kernel}) / {stride}") + " + 1"
    symbols = form.format("(size + 2*padding - kernel) / stride") + " + 1"
    return Line(AXES[axis], symbols, numbers, result, remainder_note(room, stride, padding, up))


def remainder_note(room: int, stride: int, padding: int, up: bool) -> str:
    """What becomes of a division's remainder: lines that no window reads, or windows that reach beyond the map."""
    left = room % stride
    if not left:
        return ""
    if up:
        return "rounded up: the last window reaches beyond the map"
    unread = max(left - padding, 0)
    lines = "1 line is" if unread == 1 else f"{unread} lines are"
    return f"remainder {left}: {f'{lines} never read' if unread else 'of the padding alone'}"


def parameter_lines(layer: Layer, shape: Shape) -> Iterator[Line]:
    params = sum(prod(weight) for weight in layer.weights(shape).values())
    match layer:
        case Conv(groups=groups):
            reads, kernel, bias = shape[0] // groups, pair(layer.kernel), f" + {layer.out}" if layer.bias else ""
            of = " / groups" if groups > 1 else ""
            symbols = f"out * in{of} * kernel{' + out' if layer.bias else ''}"
            grouped = f"{shape[0]} / {groups}" if groups > 1 else f"{reads}"
            yield Line("parameters", symbols, f"{layer.out} * {grouped} * {kernel[0]}*{kernel[1]}{bias}", params)
        case Linear():
            bias, symbols = (f" + {layer.out}", "out * in + out") if layer.bias else ("", "out * in")
            yield Line("parameters", symbols, f"{layer.out} * {shape[0]}{bias}", params)
        case BatchNorm():
            yield Line("parameters", "2 * channels", f"2 * {shape[0]}", params, "a factor and a sum for each channel")
        case _ if params:
            each = " + ".join("*".join(map(str, weight)) for weight in layer.weights(shape).values())
            yield Line("parameters", " + ".join(layer.weights(shape)), each, params)


def mac_lines(layer: Layer, shape: Shape) -> Iterator[Line]:
    output, macs = layer.output(shape), layer.macs(shape)
    match layer:
        case Conv(groups=groups):
            kernel, of = pair(layer.kernel), " / groups" if groups > 1 else ""
            grouped = f"{shape[0]} / {groups}" if groups > 1 else f"{shape[0]}"
            numbers = f"{output[1]}*{output[2]} * {layer.out} * {grouped} * {kernel[0]}*{kernel[1]}"
            yield Line("MACs", f"height*width * out * in{of} * kernel", numbers, macs)
        case Linear():
            yield Line("MACs", "out * in", f"{layer.out} * {shape[0]}", macs)
        case _ if macs:
            yield Line("MACs", "weights * height*width", f"{macs // prod(output[1:])} * {output[1]}*{output[2]}", macs)


def field_lines(layer: Layer, signal: Signal, after: Signal) -> Iterator[Line]:
    """The receptive field before the layer, and what its kernel adds in strides of the input."""
    kernel, _ = layer.window(signal.shape)
    both = [_field_line(layer, kernel, signal, after, axis) for axis in (0, 1)]
    if both[0][1:] == both[1][1:]:
        yield both[0]._replace(what="field")
    else:
        yield from both


def _field_line(layer: Layer, kernel: Pair, signal: Signal, after: Signal, axis: int) -> Line:
    before, jump, times, word = signal.field[axis], signal.jump[axis], kernel[axis], "kernel"
    if layer.mixes:
        times, word = (signal.shape[1:] if len(signal.shape) == 3 else signal.map)[axis], "map"
    symbols, numbers = f"field before + ({word} - 1) * stride before", f"{before} + ({times} - 1) * {jump}"
    return Line(f"field's {AXES[axis]}", symbols, numbers, after.field[axis])


def stride_lines(layer: Layer, signal: Signal, after: Signal) -> Iterator[Line]:
    _, stride = layer.window(signal.shape)
    if stride == (1, 1) or len(after.shape) != 3:
        return
    same = stride[0] == stride[1] and signal.jump[0] == signal.jump[1]
    for axis in (0,) if same else (0, 1):
        what = "stride" if same else f"stride in {AXES[axis]}"
        yield Line(what, "stride before * stride", f"{signal.jump[axis]} * {stride[axis]}", after.jump[axis])


def keeping_line(layer: Layer, shape: Shape, here: int) -> Line:
    """The bytes that a layer's backward needs of one image in float32; `here` are those that no layer before keeps."""
    rule, output = keeps(layer, shape), layer.output(shape)
    parts = [
        ("4 * input", f"4 * {product_text(shape)}", 4 * prod(shape) * rule.input),
        ("4 * output", f"4 * {product_text(output)}", 4 * prod(output) * rule.output),
        ("4 * own numbers", f"4 * {rule.own}", 4 * rule.own),
        ("own bytes", f"{rule.bytes}", rule.bytes),
        ("mask", f"{rule.mask}", rule.mask),
    ]
    symbols, numbers, sizes = zip(*([part for part in parts if part[2]] or [("nothing", "0", 0)]), strict=True)
    note = "" if here == sum(sizes) else f"of which {sum(sizes) - here:,} are kept already, or without a gradient"
    return Line("bytes kept for backward", " + ".join(symbols), " + ".join(numbers), sum(sizes), note)


def product_text(shape: Shape) -> str:
    return "*".join(map(str, shape))
