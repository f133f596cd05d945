"""Figures as SVG in plain Python: primitives, axes, widths of text, and one palette for light and dark pages."""

from brickwork.figure.axes import AxisScale, grid_lines, round_step, tick_format, ticks
from brickwork.figure.palette import FIGURE_CSS, FONT_CSS, PALETTE, VARIABLES_CSS, adaptive_css, theme_colours
from brickwork.figure.svg import (
    svg_circle,
    svg_document,
    svg_group,
    svg_line,
    svg_number,
    svg_path,
    svg_polyline,
    svg_rect,
    svg_text,
)
from brickwork.figure.width import fit_text, helvetica_width, text_width

__all__ = [
    "FIGURE_CSS",
    "FONT_CSS",
    "PALETTE",
    "VARIABLES_CSS",
    "AxisScale",
    "adaptive_css",
    "fit_text",
    "grid_lines",
    "helvetica_width",
    "round_step",
    "svg_circle",
    "svg_document",
    "svg_group",
    "svg_line",
    "svg_number",
    "svg_path",
    "svg_polyline",
    "svg_rect",
    "svg_text",
    "text_width",
    "theme_colours",
    "tick_format",
    "ticks",
]
