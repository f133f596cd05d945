"""Counts as other tools make them, by arithmetic: their own numbers, and why they differ from ours."""

from brickwork.network.counts.counts import Difference, ToolCount, count_like
from brickwork.network.counts.rules import ToolName

__all__ = ["Difference", "ToolCount", "ToolName", "count_like"]
