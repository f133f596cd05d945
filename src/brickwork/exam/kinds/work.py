"""Questions about a layer's multiply-adds, the bytes of its output, and its receptive field."""

from collections.abc import Iterator
from math import prod

from brickwork.exam.kinds.subject import Drafts, Subject, layer_phrase, reads
from brickwork.exam.question import Choice, Draft, counts
from brickwork.network.arithmetic.lines import mac_lines
from brickwork.network.layer import Window, pair, shape_text
from brickwork.network.layers import AvgPool, Conv, Linear, MaxPool

FLOAT = 4  # bytes


def ask_macs(subject: Subject) -> Drafts:
    if isinstance(subject.layer, Conv | Linear):
        (line,) = mac_lines(subject.layer, subject.shape)
        text = f"{reads(subject)} How many MACs (multiply-adds) does it take for one image?"
        wrong = counts(mac_mistakes(subject, line.result))
        yield Draft("MACs", subject.path, text, f"{line.result:,}", str(line), wrong)


def mac_mistakes(subject: Subject, right: int) -> Iterator[tuple[int, str]]:
    layer, shape = subject.layer, subject.shape
    yield 2 * right, "FLOPs for MACs"
    if isinstance(layer, Conv):
        (high, wide), spots = pair(layer.kernel), prod(subject.output[1:])
        yield right * layer.groups, "groups ignored"
        yield right // spots * prod(shape[1:]), "the input's size for the output's"
        yield right // spots, "the output's size left out"
        yield right // (high * wide) * high, "the kernel counted in one direction"
        yield right // shape[0] * layer.groups, "input channels left out"
        yield right // layer.out, "filters left out"
    else:
        out = subject.output[0]
        yield right + out, "biases counted"
        yield out + shape[0], "a sum for a product"
        yield right // prod(subject.signal.map), "the map's height and width left out"
        yield out * out, "outputs counted twice"


def ask_memory(subject: Subject) -> Drafts:
    if isinstance(subject.layer, Conv | MaxPool | AvgPool | Linear):
        output, numbers = subject.output, prod(subject.output)
        text = f"{reads(subject)} How many bytes does its output take for one image in float32?"
        wrong = counts(
            [
                (numbers, "numbers for bytes"),
                (2 * numbers, "two bytes for a number, as in bfloat16"),
                (8 * numbers, "eight bytes for a number, as in float64"),
                (FLOAT * prod(subject.shape), "the input's bytes"),
                (FLOAT * prod(output[1:]) if output[1:] else 0, "channels left out"),
                (FLOAT * sum(map(prod, subject.layer.weights(subject.shape).values())), "the parameters' bytes"),
            ]
        )
        product = "*".join(map(str, output))
        arithmetic = f"bytes = {FLOAT} * output = {FLOAT} * {product} = {FLOAT * numbers:,}"
        yield Draft("memory", subject.path, text, f"{FLOAT * numbers:,}", arithmetic, wrong)


def ask_field(subject: Subject) -> Drafts:
    layer, signal = subject.layer, subject.signal
    if not isinstance(layer, Window) or signal.fixed != (0, 0):
        return
    (before, _), (jump, _), (kernel, _) = signal.field, signal.jump, pair(layer.kernel)
    same = len(set(signal.field)) == len(set(signal.jump)) == len(set(pair(layer.kernel))) == 1
    if same and kernel > 1 and before > 1:
        after, stride = before + (kernel - 1) * jump, layer.strides()[0]
        text = (
            f"{layer_phrase(layer)} reads a map each of whose numbers sees {before}x{before} pixels of the image; "
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
        answers = tuple(Choice(shape_text((number, number)), mistake) for number, mistake in wrong)
        yield Draft("field", subject.path, text, shape_text((after, after)), arithmetic, answers)
