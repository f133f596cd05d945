"""Questions about a layer's parameters, and what groups or smaller kernels make of them."""

from collections.abc import Iterator
from dataclasses import replace
from math import prod

from brickwork.exam.kinds.subject import Drafts, Subject, reads
from brickwork.exam.question import Draft, counts
from brickwork.network import Layer
from brickwork.network.arithmetic.lines import parameter_lines
from brickwork.network.layer import pair
from brickwork.network.layers import BatchNorm, Conv, Linear
from brickwork.network.propagate import Signal

Numbers = tuple[tuple[int, str], ...]  # counts, and the mistakes that lead to them


def ask_parameters(subject: Subject) -> Drafts:
    if isinstance(subject.layer, Conv | Linear | BatchNorm):
        text = f"{reads(subject)} How many parameters does it have?"
        yield parameter_draft("parameters", subject, subject.layer, text, ())


def parameter_draft(
    kind: str, subject: Subject, layer: Layer, text: str, besides: tuple[tuple[int, str], ...]
) -> Draft:
    (line,) = parameter_lines(layer, subject.shape)
    wrong = counts([*besides, *parameter_mistakes(layer, subject.signal)])
    return Draft(kind, subject.path, text, f"{line.result:,}", str(line), wrong)


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


def ask_groups(subject: Subject) -> Drafts:
    """What groups do to the parameters."""
    layer = subject.layer
    if not isinstance(layer, Conv) or pair(layer.kernel) == (1, 1) or subject.shape[0] % 2 or layer.out % 2:
        return
    new = 2 if layer.groups == 1 else 1
    words = "it had 2 groups" if new == 2 else f"it had no groups, and not {layer.groups}"
    (line,) = parameter_lines(layer, subject.shape)
    text = f"{reads(subject)} How many parameters would it have if {words}?"
    overlooked = ((line.result, "the change overlooked"), (line.result * layer.groups // new, "biases divided, too"))
    yield parameter_draft("groups", subject, replace(layer, groups=new), text, overlooked)


def ask_two_small(subject: Subject) -> Drafts:
    """Two 3x3 convolutions in place of a 5x5 one (Simonyan and Zisserman 2014, section 2.3)."""
    layer = subject.layer
    if isinstance(layer, Conv) and pair(layer.kernel) == (5, 5) and layer.strides() == (1, 1) and layer.groups == 1:
        read, out = subject.shape[0], layer.out
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
        yield Draft("two 3x3", subject.path, text, f"{weights:,}", arithmetic, wrong)
