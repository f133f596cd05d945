"""Axes of a plot: a linear scale, round ticks, and grid lines with their numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

from brickwork.figure.svg import svg_line, svg_text


@dataclass(frozen=True)
class AxisScale:
    """A linear scale from values to places on the page: `low` stands at `start`, `high` at `end`."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)


def round_step(span: float, parts: int) -> float:
    """The step of 1, 2 or 5 times a power of ten that cuts a span into about so many parts."""
    rough = span / parts
    power = 10.0 ** floor(log10(rough))
    return next(power * digit for digit in (1, 2, 5, 10) if power * digit >= rough * 0.999)


def ticks(low: float, high: float, parts: int = 4) -> list[float]:
    """Round values from at or below `low` to at or above `high`."""
    step = round_step((high - low) or abs(high) or 1.0, parts)
    first, last = floor(low / step + 1e-9), ceil(high / step - 1e-9)
    return [round(number * step, 12) for number in range(first, max(last, first + 1) + 1)]


def tick_format(marks: Sequence[float], form: str) -> str:
    """As many decimals as the step between two ticks needs, in a form such as ".2%" or ".3f"."""
    step = (marks[1] - marks[0]) * (100 if form.endswith("%") else 1)
    return f".{max(0, -floor(log10(step) + 1e-9))}{form[-1]}"


def grid_lines(y: AxisScale, marks: Sequence[float], left: float, right: float, form: str) -> list[str]:
    """Horizontal grid lines at the ticks, each with its number on the left."""
    numbers = tick_format(marks, form)
    lines = [svg_line(left, y(mark), right, y(mark), "grid") for mark in marks]
    return lines + [svg_text(left - 8, y(mark) + 4, f"{mark:{numbers}}", "soft", "end") for mark in marks]
