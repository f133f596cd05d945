"""Questions about one layer: its output, parameters, MACs, receptive field and memory, and what a change does."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from math import prod
from typing import NamedTuple

from brickwork.exam.question import Draft, Option, counts
from brickwork.network import Layer, Shape
from brickwork.network.arithmetic.lines import mac_lines, parameter_lines, size_lines
from brickwork.network.layer import Pair, Window, pair, shape_text
from brickwork.network.layers import AvgPool, BatchNorm, Conv, Linear, MaxPool
from brickwork.network.propagate import Signal

Drafts = Iterator[Draft]
FLOAT = 4  # bytes


class Place(NamedTuple):
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


def describe(layer: Layer) -> str:
    """A layer in the words of a question."""
    match layer:
        case Conv(out=out, kernel=kernel, groups=groups, bias=bias):
            inside = f", in {groups} groups" if groups > 1 else ""
            biases = f"with{'' if bias else 'out'} biases"
            return f"A convolution with {out} filters of {span_text(kernel)}, {steps_text(layer)}{inside}, {biases},"
        case MaxPool() | AvgPool():
            word = "max" if isinstance(layer, MaxPool) else "mean"
            sizes = "up" if layer.ceil else "down"
            return f"A {word} pooling over {span_text(layer.kernel)}, {steps_text(layer)}, sizes rounded {sizes},"
        case Linear(out=out, bias=bias):
            return f"A dense layer with {out:,} outputs, with{'' if bias else 'out'} biases,"
    return "A batch norm"


def span_text(size: int | Pair) -> str:
    return shape_text(pair(size))


def steps_text(layer: Window) -> str:
    return f"stride {one_or_both(layer.strides())}, padding {one_or_both(pair(layer.padding))}"


def one_or_both(size: Pair) -> str:
    return str(size[0]) if size[0] == size[1] else shape_text(size)


def reads(place: Place) -> str:
    """A layer with what it reads, as a question begins."""
    return f"{describe(place.layer)} reads {shape_text(place.shape)}."


# Sizes


def size(place: Place) -> Drafts:
    if isinstance(place.layer, Window) and pair(place.layer.kernel) != (1, 1):
        text = f"{reads(place)} How high and wide is its output?"
        yield size_draft("size", place, place.layer, text, ())


def size_draft(kind: str, place: Place, layer: Window, text: str, besides: tuple[Option, ...]) -> Draft:
    right, arithmetic = size_text(layer.slide(place.shape)), lines_text(size_lines(layer, place.shape))
    mistakes = tuple(size_mistakes(layer, place.shape))
    return Draft(kind, place.path, text, right, arithmetic, (*besides, *mistakes))


def size_text(size: Pair) -> str:
    return shape_text(size)


def lines_text(lines: Iterator[object]) -> str:
    return "; ".join(map(str, lines))


def size_mistakes(layer: Window, shape: Shape) -> Iterator[Option]:
    """Sizes as they come out when the formula is misremembered."""
    up = layer.rounds_up()
    sides = list(zip(shape[1:], pair(layer.kernel), layer.strides(), pair(layer.padding), strict=True))
    rules: dict[str, Callable[[int, int, int, int], int]] = {
        "floor for ceiling" if up else "ceiling for floor": lambda n, k, s, p: divide(n + 2 * p - k, s, not up) + 1,
        "padding left out": lambda n, k, s, p: divide(n - k, s, up) + 1,
        "padding counted on one side": lambda n, k, s, p: divide(n + p - k, s, up) + 1,
        "+ 1 forgotten": lambda n, k, s, p: divide(n + 2 * p - k, s, up),
        "stride left out": lambda n, k, s, p: n + 2 * p - k + 1,
        "kernel left out": lambda n, k, s, p: divide(n, s, up),
        "kernel left out, padding counted": lambda n, k, s, p: divide(n + 2 * p, s, up),
    }
    for mistake, rule in rules.items():
        high, wide = (rule(*side) for side in sides)
        if min(high, wide) > 0:
            yield Option(size_text((high, wide)), mistake)


def divide(room: int, stride: int, up: bool) -> int:
    return -(-room // stride) if up else room // stride


def other_stride(place: Place) -> Drafts:
    """What a stride of 2 in place of 1 does, or of 1 in place of a larger one."""
    if isinstance(place.layer, Conv) and pair(place.layer.kernel) != (1, 1) and len(set(place.layer.strides())) == 1:
        old, new = place.layer.strides()[0], 2 if place.layer.strides() == (1, 1) else 1
        yield from changed_size(
            "stride", place, replace(place.layer, stride=new), f"its stride were {new} and not {old}"
        )


def other_padding(place: Place) -> Drafts:
    """What becomes of the output without padding, or with half a kernel of it."""
    if isinstance(place.layer, Conv) and pair(place.layer.kernel) != (1, 1):
        (high, wide), old = pair(place.layer.kernel), pair(place.layer.padding)
        new = (0, 0) if old != (0, 0) else (high // 2, wide // 2)
        words = f"its padding were {one_or_both(new)} and not {one_or_both(old)}"
        yield from changed_size("padding", place, replace(place.layer, padding=new), words)


def changed_size(kind: str, place: Place, layer: Window, words: str) -> Drafts:
    high, wide = place.shape[1:]
    (tall, broad), (top, left) = pair(layer.kernel), pair(layer.padding)
    if high + 2 * top >= tall and wide + 2 * left >= broad:
        text = f"{reads(place)} How high and wide would its output be if {words}?"
        assert isinstance(place.layer, Window)
        unchanged = Option(size_text(place.layer.slide(place.shape)), "the change overlooked")
        yield size_draft(kind, place, layer, text, (unchanged,))


# Parameters


def parameters(place: Place) -> Drafts:
    if isinstance(place.layer, Conv | Linear | BatchNorm):
        text = f"{reads(place)} How many parameters does it have?"
        yield parameter_draft("parameters", place, place.layer, text, ())


def parameter_draft(kind: str, place: Place, layer: Layer, text: str, besides: tuple[tuple[int, str], ...]) -> Draft:
    (line,) = parameter_lines(layer, place.shape)
    wrong = counts([*besides, *parameter_mistakes(layer, place.signal)])
    return Draft(kind, place.path, text, f"{line.result:,}", str(line), wrong)


def parameter_mistakes(layer: Layer, signal: Signal) -> Iterator[tuple[int, str]]:
    shape, output = signal.shape, layer.output(signal.shape)
    match layer:
        case Conv(out=out, groups=groups, bias=bias):
            high, wide = pair(layer.kernel)
            own = out * bias
            weights = out * shape[0] * high * wide // groups
            yield (weights, "biases forgotten") if bias else (weights + out, "biases counted that are not there")
            yield weights * groups + own, "groups ignored"
            yield weights // groups + own, "groups counted twice"
            yield out * shape[0] // groups * high + own, "the kernel counted in one direction"
            yield out * high * wide + own, "input channels left out"
            yield weights + shape[0] * bias, "a bias for each input channel"
            yield (weights + own) * prod(output[1:]), "each place of the output given weights of its own"
        case Linear(out=out, bias=bias):
            read, own = shape[0], out * bias
            yield (out * read, "biases forgotten") if bias else (out * read + out, "biases counted that are not there")
            yield out * (read // prod(signal.map)) + own, "the map's height and width left out"
            yield out * read + read, "a bias for each input"
            yield out + read, "a sum for a product"
            yield 2 * out * read + own, "each multiply-add counted as two"
        case BatchNorm():
            channels, rest = shape[0], prod(shape[1:])
            yield channels, "factors without summands"
            yield 4 * channels, "running mean and variance counted, which are not trained"
            yield 2, "one factor and one summand for all channels"
            yield 2 * channels * rest, "a factor and a summand for each number"


def other_groups(place: Place) -> Drafts:
    """What groups do to the parameters."""
    layer = place.layer
    if not isinstance(layer, Conv) or pair(layer.kernel) == (1, 1) or place.shape[0] % 2 or layer.out % 2:
        return
    new = 2 if layer.groups == 1 else 1
    words = "it had 2 groups" if new == 2 else f"it had no groups, and not {layer.groups}"
    (line,) = parameter_lines(layer, place.shape)
    text = f"{reads(place)} How many parameters would it have if {words}?"
    overlooked = ((line.result, "the change overlooked"), (line.result * layer.groups // new, "biases divided, too"))
    yield parameter_draft("groups", place, replace(layer, groups=new), text, overlooked)


def two_small(place: Place) -> Drafts:
    """Two 3x3 convolutions in place of a 5x5 one (Simonyan and Zisserman 2014, section 2.3)."""
    layer = place.layer
    if isinstance(layer, Conv) and pair(layer.kernel) == (5, 5) and layer.strides() == (1, 1) and layer.groups == 1:
        read, out = place.shape[0], layer.out
        weights = 9 * read * out + 9 * out * out
        text = (
            f"A 5x5 convolution with {out} filters reads {read} channels. Two 3x3 convolutions with {out} filters "
            "each, one after the other, see as far. How many weights do the two have together, biases not counted?"
        )
        wrong = counts(
            [
                (25 * read * out, "the 5x5 convolution's own"),
                (9 * read * out, "one 3x3 convolution"),
                (18 * read * out, "the second reading the input's channels"),
                (18 * out * out, "the first reading the output's channels"),
                (9 * read * out * out, "a product for a sum"),
            ]
        )
        arithmetic = (
            f"weights = 3*3 * in * out + 3*3 * out * out = 9 * {read} * {out} + 9 * {out} * {out} = {weights:,}"
        )
        yield Draft("two 3x3", place.path, text, f"{weights:,}", arithmetic, wrong)


# Work and memory


def macs(place: Place) -> Drafts:
    if isinstance(place.layer, Conv | Linear):
        (line,) = mac_lines(place.layer, place.shape)
        text = f"{reads(place)} How many MACs (multiply-adds) does it take for one image?"
        wrong = counts(mac_mistakes(place, line.result))
        yield Draft("MACs", place.path, text, f"{line.result:,}", str(line), wrong)


def mac_mistakes(place: Place, right: int) -> Iterator[tuple[int, str]]:
    layer, shape = place.layer, place.shape
    yield 2 * right, "FLOPs for MACs"
    if isinstance(layer, Conv):
        (high, wide), spots = pair(layer.kernel), prod(place.output[1:])
        yield right * layer.groups, "groups ignored"
        yield right // spots * prod(shape[1:]), "the input's size for the output's"
        yield right // spots, "the output's size left out"
        yield right // (high * wide) * high, "the kernel counted in one direction"
        yield right // shape[0] * layer.groups, "input channels left out"
        yield right // layer.out, "filters left out"
    else:
        out = place.output[0]
        yield right + out, "biases counted"
        yield out + shape[0], "a sum for a product"
        yield right // prod(place.signal.map), "the map's height and width left out"
        yield out * out, "outputs counted twice"


def memory(place: Place) -> Drafts:
    if isinstance(place.layer, Conv | MaxPool | AvgPool | Linear):
        output, numbers = place.output, prod(place.output)
        text = f"{reads(place)} How many bytes does its output take for one image in float32?"
        wrong = counts(
            [
                (numbers, "numbers for bytes"),
                (2 * numbers, "two bytes for a number, as in bfloat16"),
                (8 * numbers, "eight bytes for a number, as in float64"),
                (FLOAT * prod(place.shape), "the input's bytes"),
                (FLOAT * prod(output[1:]) if output[1:] else 0, "channels left out"),
                (FLOAT * sum(map(prod, place.layer.weights(place.shape).values())), "the parameters' bytes"),
            ]
        )
        product = "*".join(map(str, output))
        arithmetic = f"bytes = 4 * output = 4 * {product} = {FLOAT * numbers:,}"
        yield Draft("memory", place.path, text, f"{FLOAT * numbers:,}", arithmetic, wrong)


# Receptive field


def field(place: Place) -> Drafts:
    layer, signal = place.layer, place.signal
    if not isinstance(layer, Window) or signal.fixed != (0, 0):
        return
    (before, _), (jump, _), (kernel, _) = signal.field, signal.jump, pair(layer.kernel)
    same = len(set(signal.field)) == len(set(signal.jump)) == len(set(pair(layer.kernel))) == 1
    if same and kernel > 1 and before > 1:
        after, stride = before + (kernel - 1) * jump, layer.strides()[0]
        text = (
            f"{describe(layer)} reads a map each of whose numbers sees {before}x{before} pixels of the image; "
            f"neighbours lie {jump} {'pixel' if jump == 1 else 'pixels'} apart. How many pixels of the image does a "
            "number of its output see?"
        )
        wrong = [
            (before + kernel - 1, "strides before left out"),
            (before + kernel * jump, "kernel for kernel - 1"),
            (before + (kernel - 1) * jump * stride, "its own stride counted, which acts only behind it"),
            (before * kernel, "a product for a sum"),
            (before + kernel, "kernel for kernel - 1, strides before left out"),
            (kernel * jump, "the field before left out"),
        ]
        arithmetic = (
            f"field = field before + (kernel - 1) * stride before = {before} + ({kernel} - 1) * {jump} = {after}"
        )
        options = tuple(Option(size_text((number, number)), mistake) for number, mistake in wrong)
        yield Draft("field", place.path, text, size_text((after, after)), arithmetic, options)


LAYER_KINDS: tuple[Callable[[Place], Drafts], ...] = (
    size, other_stride, other_padding, parameters, other_groups, two_small, macs, memory, field,
)  # fmt: skip
