"""Counts as other tools make them, by arithmetic: their own numbers, and why they differ from ours."""

from brickwork.network.counts.counts import Addend, ToolCount, count_like
from brickwork.network.counts.rules import ToolName

__all__ = ["Addend", "ToolCount", "ToolName", "count_like"]
