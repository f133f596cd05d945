"""A run's curve as SVG: the training loss and the validation accuracy, side by side, epoch by epoch."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, log10

WIDTH, HEIGHT = 720, 324
PLOT_WIDTH, PLOT_HEIGHT = 264, 180  # of one panel, inside its axes
TOP = 98  # of both panels
LEFTS = (64, 424)  # of each panel

STYLE = """
  :root { color-scheme: light dark }
  .paper { fill: #ffffff } .ink { fill: #1f2328 } .soft { fill: #656d76 }
  .grid { stroke: #d8dee4; stroke-width: 1 } .axis { stroke: #8c959f; stroke-width: 1 }
  .loss { stroke: #b35900 } .accuracy { stroke: #0a69da }
  .line { fill: none; stroke-width: 2.25; stroke-linejoin: round; stroke-linecap: round }
  .dot { stroke-width: 2.25; fill: #ffffff }
  text { font: 12px system-ui, -apple-system, "Segoe UI", sans-serif }
  .title { font-size: 15px; font-weight: 600 } .name { font-size: 13px; font-weight: 600 }
  @media (prefers-color-scheme: dark) {
    .paper { fill: #0d1117 } .ink { fill: #e6edf3 } .soft { fill: #9198a1 }
    .grid { stroke: #262c36 } .axis { stroke: #5b636d }
    .loss { stroke: #f0883e } .accuracy { stroke: #58a6ff } .dot { fill: #0d1117 }
  }
"""


@dataclass(frozen=True)
class AxisScale:
    """Values on the page: `low` stands at `start`, `high` at `end`."""

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


def tick_form(marks: Sequence[float], form: str) -> str:
    """As many decimals as the step between two marks needs, in the form of the panel ("%" or "f")."""
    step = (marks[1] - marks[0]) * (100 if form.endswith("%") else 1)
    return f".{max(0, -floor(log10(step) + 1e-9))}{form[-1]}"


def epoch_ticks(epochs: int) -> list[int]:
    """The first epoch, the last, and round numbers between them, at most about six."""
    if epochs <= 8:
        return list(range(1, epochs + 1))
    step = round(round_step(epochs, 5))
    return [1, *(epoch for epoch in range(step, epochs, step) if step / 2 <= epochs - epoch), epochs]


def svg_text(x: float, y: float, words: str, kind: str, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}" text-anchor="{anchor}">{escape(words)}</text>'


def svg_line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{kind}"/>'


def grid_lines(left: float, y: AxisScale, marks: Sequence[float], form: str) -> list[str]:
    """Lines across, each with its number."""
    lines = [svg_line(left, y(mark), left + PLOT_WIDTH, y(mark), "grid") for mark in marks]
    return lines + [
        svg_text(left - 8, y(mark) + 4, f"{mark:{tick_form(marks, form)}}", "soft", "end") for mark in marks
    ]


def epoch_axis(left: float, x: AxisScale, epochs: int) -> list[str]:
    bottom = TOP + PLOT_HEIGHT
    parts = [svg_line(left, bottom, left + PLOT_WIDTH, bottom, "axis")]
    for epoch in epoch_ticks(epochs):
        parts += [svg_line(x(epoch), bottom, x(epoch), bottom + 4, "axis")]
        parts += [svg_text(x(epoch), bottom + 18, str(epoch), "soft", "middle")]
    return [*parts, svg_text(left + PLOT_WIDTH / 2, bottom + 36, "epoch", "soft", "middle")]


def panel(left: float, name: str, kind: str, values: Sequence[float], marked: int, form: str) -> list[str]:
    """A name, the value of the marked epoch, a grid with numbers, the line, and a ring at the marked epoch."""
    marks = ticks(min(values), max(values))
    x = AxisScale(1, max(len(values), 2), left, left + PLOT_WIDTH)
    y = AxisScale(marks[0], marks[-1], TOP + PLOT_HEIGHT, TOP)
    points = [f"{x(epoch):.1f},{y(value):.1f}" for epoch, value in enumerate(values, 1)]
    return [
        svg_text(left, TOP - 32, name, "name ink"),
        svg_text(left, TOP - 14, f"{values[marked]:{form}} after epoch {marked + 1}", "soft"),
        *grid_lines(left, y, marks, form),
        *epoch_axis(left, x, len(values)),
        f'<polyline points="{" ".join(points)}" class="line {kind}"/>',
        f'<circle cx="{x(marked + 1):.1f}" cy="{y(values[marked]):.1f}" r="4" class="dot {kind}"/>',
    ]


def curve(title: str, losses: Sequence[float], accuracies: Sequence[float], best: int) -> str:
    """An SVG image for light and dark pages; the ring on the accuracy marks the best epoch (counted from 0)."""
    parts = [
        svg_text(24, 32, title, "title ink"),
        *panel(LEFTS[0], "training loss", "loss", losses, len(losses) - 1, ".3f"),
        *panel(LEFTS[1], "validation accuracy", "accuracy", accuracies, best, ".2%"),
    ]
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
        f'role="img" aria-label="{escape(title)}">\n<style>{STYLE}</style>\n'
        f'<rect width="{WIDTH}" height="{HEIGHT}" rx="8" class="paper"/>\n{body}\n</svg>\n'
    )
