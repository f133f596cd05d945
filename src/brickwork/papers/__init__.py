"""What papers print of the networks, and how the networks here compare with it. Pure Python."""

from brickwork.papers.compare import faithful
from brickwork.papers.result import Comparison, Faithful

__all__ = ["Comparison", "Faithful", "faithful"]
