"""A run's learning curve as SVG: losses of training and validation, and the validation accuracy, epoch by epoch."""

from collections.abc import Sequence

from brickwork.figure import (
    FIGURE_CSS,
    FONT_CSS,
    AxisScale,
    adaptive_css,
    grid_lines,
    round_step,
    svg_circle,
    svg_document,
    svg_line,
    svg_polyline,
    svg_rect,
    svg_text,
    ticks,
)

WIDTH, HEIGHT = 720, 324
PLOT_WIDTH, PLOT_HEIGHT = 264, 180  # of one panel, inside its axes
TOP = 98  # of both panels
LEFTS = (64, 424)  # of each panel

COLOURS = ".paper { fill: $paper } .axis { stroke: $axis } .loss { stroke: $orange } .accuracy { stroke: $blue }"
SHAPES = """
.line { fill: none; stroke-width: 2.25; stroke-linejoin: round; stroke-linecap: round } .dot { stroke-width: 2.25 }
.val { stroke-dasharray: 5 4 }
svg .title { font-size: 15px; font-weight: 600 } svg .name { font-size: 13px; font-weight: 600 }
"""


def epoch_ticks(epochs: int) -> list[int]:
    """The first epoch, the last, and round numbers between them, at most about six."""
    if epochs <= 8:
        return list(range(1, epochs + 1))
    step = round(round_step(epochs, 5))
    return [1, *(epoch for epoch in range(step, epochs, step) if step / 2 <= epochs - epoch), epochs]


def epoch_axis(left: float, x: AxisScale, epochs: int) -> list[str]:
    bottom = TOP + PLOT_HEIGHT
    parts = [svg_line(left, bottom, left + PLOT_WIDTH, bottom, "axis")]
    for epoch in epoch_ticks(epochs):
        parts += [svg_line(x(epoch), bottom, x(epoch), bottom + 4, "axis")]
        parts += [svg_text(x(epoch), bottom + 18, str(epoch), "soft", "middle")]
    return [*parts, svg_text(left + PLOT_WIDTH / 2, bottom + 36, "epoch", "soft", "middle")]


def panel(
    left: float, name: str, kind: str, values: Sequence[float], marked: int, form: str, second: Sequence[float] = ()
) -> list[str]:
    """A name, the value of the marked epoch, a grid with numbers, the line, and a ring at the marked epoch.

    A second line of the same kind, of the validation, is dashed.
    """
    marks = ticks(min([*values, *second]), max([*values, *second]))
    x = AxisScale(1, max(len(values), 2), left, left + PLOT_WIDTH)
    y = AxisScale(marks[0], marks[-1], TOP + PLOT_HEIGHT, TOP)
    lines = [(values, f"line {kind}"), *([(second, f"line {kind} val")] if second else [])]
    return [
        svg_text(left, TOP - 32, name, "name ink"),
        svg_text(left, TOP - 14, f"{values[marked]:{form}} after epoch {marked + 1}", "soft"),
        *(legend(left + 136, kind, f"validation {second[marked]:{form}}") if second else []),
        *grid_lines(y, marks, left, left + PLOT_WIDTH, form),
        *epoch_axis(left, x, len(values)),
        *(svg_polyline([(x(epoch), y(value)) for epoch, value in enumerate(line, 1)], css) for line, css in lines),
        svg_circle(x(marked + 1), y(values[marked]), 4, f"dot {kind}"),
    ]


def legend(left: float, kind: str, words: str) -> list[str]:
    """The words for a dashed line, with a piece of it before them."""
    middle = TOP - 18
    return [svg_line(left, middle, left + 24, middle, f"line {kind} val"), svg_text(left + 30, TOP - 14, words, "soft")]


def curve(
    title: str,
    losses: Sequence[float],
    accuracies: Sequence[float],
    best: int,
    val_losses: Sequence[float] = (),
) -> str:
    """An SVG image for light and dark pages; the ring on the accuracy marks the best epoch (counted from 0).

    The validation loss is without label smoothing and side heads, so that it may lie below the training loss.
    """
    parts = [
        svg_rect(0, 0, WIDTH, HEIGHT, "paper", radius=8),
        svg_text(24, 32, title, "title ink"),
        *panel(LEFTS[0], "training loss", "loss", losses, len(losses) - 1, ".3f", val_losses),
        *panel(LEFTS[1], "validation accuracy", "accuracy", accuracies, best, ".2%"),
    ]
    return svg_document(WIDTH, HEIGHT, title, parts, adaptive_css(FIGURE_CSS + COLOURS) + FONT_CSS + SHAPES)
