"""Drawing: a network as its paper draws it, by arithmetic on the value: boxes, branches, arcs, stages."""

from brickwork.drawing.comparison import draw_family, draw_pair
from brickwork.drawing.picture import Picture, draw

__all__ = ["Picture", "draw", "draw_family", "draw_pair"]
