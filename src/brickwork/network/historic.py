"""Layers that only LeNet-5 of 1998 has (LeCun, Bottou, Bengio, Haffner 1998, section II.B)."""

from dataclasses import dataclass
from math import prod
from typing import ClassVar

from brickwork.errors import BrickworkError
from brickwork.network.layer import Layer, Pair, Shape, TooSmall, shape_text
from brickwork.network.layers import Conv

Links = tuple[tuple[int, ...], ...]  # for each map that leaves, the maps that it reads


@dataclass(frozen=True, repr=False)
class PartialConv(Layer):
    """Convolution in which each output map reads only some input maps (Table I)."""

    links: Links
    kernel: int
    kind: ClassVar[str] = "conv"

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.links or not all(self.links) or min(map(min, self.links)) < 0 or self.kernel < 1:
            raise BrickworkError("PartialConv: each map that leaves reads maps, counted from 0; kernel is at least 1.")

    def output(self, shape: Shape) -> Shape:
        most = max(max(maps) for maps in self.links) + 1
        if len(shape) != 3 or shape[0] < most:
            raise BrickworkError(f"a partial convolution over {most} maps cannot read {shape_text(shape)}.")
        return Conv(len(self.links), self.kernel).output(shape)

    def weights(self, shape: Shape) -> dict[str, Shape]:
        count = sum(len(maps) for maps in self.links)
        return {"weight": (count, self.kernel, self.kernel), "bias": (len(self.links),)}

    def macs(self, shape: Shape) -> int:
        return prod(self.weights(shape)["weight"]) * prod(self.output(shape)[1:])

    def window(self, shape: Shape) -> tuple[Pair, Pair]:
        return (self.kernel, self.kernel), (1, 1)


@dataclass(frozen=True, repr=False)
class Subsampling(Layer):
    """The sum over 2x2 pixels times a trainable coefficient, plus a trainable bias, for each map."""

    kind: ClassVar[str] = "subsampling"

    def output(self, shape: Shape) -> Shape:
        if len(shape) != 3 or min(shape[1:]) < 2:
            raise TooSmall(f"Subsampling() needs a map of at least 2x2, but {shape_text(shape)} reaches it.")
        return (shape[0], shape[1] // 2, shape[2] // 2)

    def weights(self, shape: Shape) -> dict[str, Shape]:
        return {"weight": (shape[0],), "bias": (shape[0],)}

    def window(self, shape: Shape) -> tuple[Pair, Pair]:
        return (2, 2), (2, 2)


@dataclass(frozen=True, repr=False)
class RadialBasis(Layer):
    """Minus the squared distance to a fixed code of +1 and -1 for each class: the nearest code wins."""

    codes: tuple[str, ...]  # a string of '#' (+1) and '.' (-1) for each class
    kind: ClassVar[str] = "rbf"
    mixes: ClassVar[bool] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        if not any(self.codes) or any(len(code) != len(self.codes[0]) or set(code) - {*"#."} for code in self.codes):
            raise BrickworkError("RadialBasis: codes are strings of '#' and '.', all of one length.")

    def output(self, shape: Shape) -> Shape:
        if shape != (len(self.codes[0]),):
            raise BrickworkError(
                f"codes of {len(self.codes[0])} numbers are compared with as many, not with {shape_text(shape)}."
            )
        return (len(self.codes),)


DIGITS = """
.#####. ...#... .#####. .#####. ....##. ####### ..####. ####### .#####. .#####.
#.....# ..##... #.....# #.....# ...#.#. #...... .#..... ......# #.....# #.....#
#.....# .#.#... ......# ......# ..#..#. #...... #...... .....#. #.....# #.....#
#....## ...#... ......# ......# .#...#. #...... #...... .....#. #.....# #.....#
#...#.# ...#... .....#. ......# #....#. ######. ######. ....#.. .#...#. #.....#
#..#..# ...#... ....#.. ..####. #....#. ......# #.....# ....#.. ..###.. .######
#.#...# ...#... ...#... ......# ####### ......# #.....# ...#... .#...#. ......#
##....# ...#... ..#.... ......# .....#. ......# #.....# ...#... #.....# ......#
#.....# ...#... .#..... ......# .....#. ......# #.....# ..#.... #.....# ......#
#.....# ...#... #...... ......# .....#. ......# #.....# ..#.... #.....# ......#
#.....# ...#... #...... #.....# .....#. #.....# #.....# .#..... #.....# .....#.
.#####. .#####. ####### .#####. .....#. .#####. .#####. .#..... .#####. .####..
"""


def digit_codes(classes: int) -> tuple[str, ...]:
    """A picture of 7x12 pixels for each of ten digits, row by row; further classes get negatives and rotations.

    The paper shows such pictures (Fig. 3) without giving their pixels: these are ours.
    """
    rows = [row.split() for row in DIGITS.split("\n") if row]
    digits = ["".join(row[digit] for row in rows) for digit in range(10)]
    most = 10 * len(digits[0])
    if classes > most:
        raise BrickworkError(f"there are codes for {most} classes at most, not {classes}.")
    swapped = str.maketrans("#.", ".#")
    return tuple(
        rotate_code(digits[i % 10].translate(swapped) if i // 10 % 2 else digits[i % 10], i // 10)
        for i in range(classes)
    )


def rotate_code(code: str, places: int) -> str:
    start = places % len(code)
    return code[start:] + code[:start]
