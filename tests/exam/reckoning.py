"""The key of a question a second time: arithmetic written out from a layer's fields, without the program's rules."""

import math
import re
from collections.abc import Callable

from brickwork.exam import Question
from brickwork.network import Row
from brickwork.network.layers import AvgPool, BatchNorm, Conv, Linear, MaxPool

Rows = tuple[Row, ...]


def both(size: int | tuple[int, int]) -> tuple[int, int]:
    return (size, size) if isinstance(size, int) else size


def steps(size: int, kernel: int, stride: int, padding: int, ceil: bool) -> int:
    """How many windows fit, counted one by one; with `ceil` also one that reaches beyond, if it begins in the map."""
    count, start = 0, -padding
    while start + kernel <= size + padding or (ceil and start < size and start - stride + kernel < size + padding):
        count, start = count + 1, start + stride
    return count


def size(row: Row, stride: tuple[int, int] | None = None, padding: tuple[int, int] | None = None) -> str:
    layer = row.parts[0]
    assert isinstance(layer, Conv | MaxPool | AvgPool)
    own = layer.kernel if layer.stride is None else layer.stride
    stride, padding = stride or both(own), padding or both(layer.padding)
    ceil = not isinstance(layer, Conv) and layer.ceil
    kernel = both(layer.kernel)
    return "x".join(str(steps(row.input[1 + i], kernel[i], stride[i], padding[i], ceil)) for i in (0, 1))


def with_stride(row: Row, question: Question) -> str:
    new = int(re.search(r"its stride were (\d+) and", question.text)[1])  # type: ignore[index]
    return size(row, stride=(new, new))


def with_padding(row: Row, question: Question) -> str:
    words = re.search(r"its padding were (\S+) and", question.text)[1]  # type: ignore[index]
    high, _, wide = words.partition("x")
    return size(row, padding=(int(high), int(wide or high)))


def parameters(row: Row, groups: int = 0) -> int:
    layer = row.parts[0]
    match layer:
        case Conv():
            high, wide = both(layer.kernel)
            each = row.input[0] // (groups or layer.groups) * high * wide + (1 if layer.bias else 0)
            return sum(each for _ in range(layer.out))
        case Linear():
            return layer.out * (row.input[0] + (1 if layer.bias else 0))
    assert isinstance(layer, BatchNorm)
    return row.input[0] + row.input[0]


def with_groups(row: Row, question: Question) -> int:
    return parameters(row, 2 if "if it had 2 groups" in question.text else 1)


def two_small(row: Row, question: Question) -> int:
    read, out = row.input[0], row.parts[0].out  # type: ignore[union-attr]
    return int(sum(3 * 3 * channels * out for channels in (read, out)))


def macs(row: Row) -> int:
    """One for each number of the output and each number that it reads."""
    layer = row.parts[0]
    if isinstance(layer, Linear):
        return layer.out * row.input[0]
    assert isinstance(layer, Conv)
    high, wide = map(int, size(row).split("x"))
    tall, broad = both(layer.kernel)
    return high * wide * layer.out * (row.input[0] // layer.groups) * tall * broad


def memory(row: Row) -> int:
    layer = row.parts[0]
    if isinstance(layer, Linear):
        return 4 * layer.out
    channels = layer.out if isinstance(layer, Conv) else row.input[0]
    return 4 * channels * math.prod(map(int, size(row).split("x")))


def field(row: Row, question: Question) -> str:
    """The table's field; it is also the question's own numbers, added."""
    seen, apart = re.search(r"sees (\d+)x\d+ pixels.* lie (\d+) pixel", question.text).groups()  # type: ignore[union-attr]
    kernel = both(row.parts[0].kernel)[0]  # type: ignore[union-attr]
    added = int(seen) + sum(int(apart) for _ in range(kernel - 1))
    return f"{added}x{added}" if (added, added) == row.field else f"not the table's {row.field}"


OF_LAYERS: dict[str, Callable[[Row, Question], object]] = {
    "size": lambda row, question: size(row),
    "stride": with_stride,
    "padding": with_padding,
    "parameters": lambda row, question: parameters(row),
    "groups": with_groups,
    "two 3x3": two_small,
    "MACs": lambda row, question: macs(row),
    "memory": lambda row, question: memory(row),
    "field": field,
}


def of_stages(rows: Rows) -> list[Row]:
    """Without the side heads' layers, which are no part of the way."""
    return [row for row in rows if not row.path.startswith("side")]


def sums(rows: Rows, what: Callable[[Row], int]) -> dict[str, int]:
    """Each stage's sum over its layers."""
    found: dict[str, int] = {}
    for row in of_stages(rows):
        stage = row.path.split(".")[0]
        found[stage] = found.get(stage, 0) + what(row)
    return found


def last_rows(rows: Rows) -> dict[str, Row]:
    """The last layer of each stage; of a stage that ends in paths side by side none, as no row has their sum."""
    return {row.path.split(".")[0]: row for row in of_stages(rows)}


def largest(amounts: dict[str, int]) -> str:
    return max(amounts, key=lambda stage: amounts[stage])


def first_size(rows: Rows, question: Question) -> str:
    most = int(re.search(r"no larger than (\d+)x", question.text)[1])  # type: ignore[index]
    return next(stage for stage, row in last_rows(rows).items() if len(row.output) == 3 and row.output[1] <= most)


def first_whole(rows: Rows, question: Question) -> str:
    """By the largest field of a stage's layers, of which one is at the stage's end."""
    side = int(re.search(r" on \d+x(\d+)x", question.text)[1])  # type: ignore[index]
    fields = dict.fromkeys(last_rows(rows), 0)
    for row in of_stages(rows):
        stage = row.path.split(".")[0]
        fields[stage] = max(fields[stage], row.field[0])
    return next(stage for stage, seen in fields.items() if seen >= side)


OF_STAGES: dict[str, Callable[[Rows, Question], str]] = {
    "most parameters": lambda rows, question: largest(sums(rows, lambda row: row.params)),
    "most MACs": lambda rows, question: largest(sums(rows, lambda row: row.macs)),
    "first size": first_size,
    "whole image": first_whole,
}


def text_of(answer: object) -> str:
    return f"{answer:,}" if isinstance(answer, int) else str(answer)


def right_answer(question: Question, rows: Rows) -> str:
    """What the right answer's text is, by a second way; the rows are those of all layers."""
    if question.kind in OF_STAGES:
        return OF_STAGES[question.kind](rows, question)
    (row,) = (row for row in rows if row.path == question.path)
    return text_of(OF_LAYERS[question.kind](row, question))
