"""Questions about the height and width of an output, and what another stride or padding makes of them."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from brickwork.exam.kinds.subject import Drafts, Subject, one_or_both, reads
from brickwork.exam.question import Choice, Draft
from brickwork.network import Shape
from brickwork.network.arithmetic.lines import size_lines
from brickwork.network.layer import Window, pair, shape_text
from brickwork.network.layers import Conv


def ask_size(subject: Subject) -> Drafts:
    if isinstance(subject.layer, Window) and pair(subject.layer.kernel) != (1, 1):
        text = f"{reads(subject)} How high and wide is its output?"
        yield size_draft("size", subject, subject.layer, text, ())


def size_draft(kind: str, subject: Subject, layer: Window, text: str, besides: tuple[Choice, ...]) -> Draft:
    right, arithmetic = shape_text(layer.slide(subject.shape)), lines_text(size_lines(layer, subject.shape))
    mistakes = tuple(size_mistakes(layer, subject.shape))
    return Draft(kind, subject.path, text, right, arithmetic, (*besides, *mistakes))


def lines_text(lines: Iterator[object]) -> str:
    return "; ".join(map(str, lines))


def size_mistakes(layer: Window, shape: Shape) -> Iterator[Choice]:
    """Sizes as they come out when the formula is misremembered."""
    up = layer.rounds_up()
    sides = list(zip(shape[1:], pair(layer.kernel), layer.strides(), pair(layer.padding), strict=True))
    rules: dict[str, Callable[[int, int, int, int], int]] = {
        "floor for ceiling" if up else "ceiling for floor": lambda n, k, s, p: quotient(n + 2 * p - k, s, not up) + 1,
        "padding left out": lambda n, k, s, p: quotient(n - k, s, up) + 1,
        "padding counted on one side": lambda n, k, s, p: quotient(n + p - k, s, up) + 1,
        "+ 1 forgotten": lambda n, k, s, p: quotient(n + 2 * p - k, s, up),
        "stride left out": lambda n, k, s, p: n + 2 * p - k + 1,
        "kernel left out": lambda n, k, s, p: quotient(n, s, up),
        "kernel left out, padding counted": lambda n, k, s, p: quotient(n + 2 * p, s, up),
    }
    for mistake, rule in rules.items():
        high, wide = (rule(*side) for side in sides)
        if min(high, wide) > 0:
            yield Choice(shape_text((high, wide)), mistake)


def quotient(room: int, stride: int, up: bool) -> int:
    return -(-room // stride) if up else room // stride


def ask_stride(subject: Subject) -> Drafts:
    """What a stride of 2 in place of 1 does, or of 1 in place of a larger one."""
    layer = subject.layer
    if isinstance(layer, Conv) and pair(layer.kernel) != (1, 1) and len(set(layer.strides())) == 1:
        old, new = layer.strides()[0], 2 if layer.strides() == (1, 1) else 1
        yield from size_change("stride", subject, replace(layer, stride=new), f"its stride were {new} and not {old}")


def ask_padding(subject: Subject) -> Drafts:
    """What becomes of the output without padding, or with half a kernel of it."""
    if isinstance(subject.layer, Conv) and pair(subject.layer.kernel) != (1, 1):
        (high, wide), old = pair(subject.layer.kernel), pair(subject.layer.padding)
        new = (0, 0) if old != (0, 0) else (high // 2, wide // 2)
        words = f"its padding were {one_or_both(new)} and not {one_or_both(old)}"
        yield from size_change("padding", subject, replace(subject.layer, padding=new), words)


def size_change(kind: str, subject: Subject, layer: Window, words: str) -> Drafts:
    high, wide = subject.shape[1:]
    (tall, broad), (top, left) = pair(layer.kernel), pair(layer.padding)
    if high + 2 * top >= tall and wide + 2 * left >= broad:
        text = f"{reads(subject)} How high and wide would its output be if {words}?"
        assert isinstance(subject.layer, Window)
        unchanged = Choice(shape_text(subject.layer.slide(subject.shape)), "the change overlooked")
        yield size_draft(kind, subject, layer, text, (unchanged,))
