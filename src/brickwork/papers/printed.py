"""What a paper prints of a network: tables whose cells are text as printed, and why a cell may differ."""

import re
from typing import Literal, NamedTuple

from brickwork.network import Shape

NUMBER = re.compile(r"([\d.,]*\d)\s*(.*)")
EXPONENTS = {"": 0, "k": 1, "K": 1, "M": 2, "million": 2, "x10^6": 2, "G": 3, "billion": 3, "x10^9": 3}


Verdict = Literal["as printed", "cut off", "differs"]


class Reason(NamedTuple):
    """Why a network differs from what is printed, and who says so."""

    text: str
    source: str


class Deviation(NamedTuple):
    """The cells of a table that differ for one reason."""

    paths: str  # a pattern, as of file names
    column: str
    reason: Reason


class PublishedTable(NamedTuple):
    """A published table: its columns, a row for each part of the network, and its known deviations.

    A cell that is not printed is empty. The path of a row is that of the network here; "" is the whole network.
    """

    source: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]  # the path, and a cell for each column
    deviations: tuple[Deviation, ...] = ()
    kilo: int = 1000  # what K stands for
    input: Shape | None = None  # where the table is of another input than the network's own
    classes: int | None = None


def scale_of(printed: str, kilo: int = 1000) -> tuple[int, int]:
    """The factor that a printed number's unit stands for, and its digits behind the point: (10**9, 1) of "3.8x10^9"."""
    digits, unit = NUMBER.fullmatch(printed).groups()  # type: ignore[union-attr]
    thousands = EXPONENTS[unit]
    return kilo if thousands == 1 else 1000**thousands, len(digits.partition(".")[2])


def as_printed(number: int, printed: str, kilo: int = 1000) -> tuple[str, str]:
    """A number to as many digits as a printed "1.22M" has: rounded, and with its end cut off."""
    scale, decimals = scale_of(printed, kilo)
    cut = number * 10**decimals // scale / 10**decimals
    return write_like(number / scale, decimals, printed), write_like(cut, decimals, printed)


def verdict_of(number: int, printed: str, kilo: int = 1000) -> Verdict:
    """Whether a number is the printed one."""
    rounded, cut = as_printed(number, printed, kilo)
    return "as printed" if printed == rounded else "cut off" if printed == cut else "differs"


def write_like(value: float, decimals: int, printed: str) -> str:
    """A number with so many decimals and the commas and the unit of a printed one."""
    digits = re.match(r"[\d.,]*\d", printed)
    assert digits, printed
    comma = "," if "," in printed else ""
    return f"{value:{comma}.{decimals}f}{printed[digits.end() :]}"
