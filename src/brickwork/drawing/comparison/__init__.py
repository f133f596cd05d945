"""Comparison: two networks side by side with what changed between them, and the tree of a family."""

from brickwork.drawing.comparison.pair import draw_pair
from brickwork.drawing.comparison.tree import draw_family

__all__ = ["draw_family", "draw_pair"]
