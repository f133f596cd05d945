"""The arithmetic of one row of a network's table, in symbols and numbers."""

from brickwork.network.arithmetic.why import Why, why

__all__ = ["Why", "why"]
