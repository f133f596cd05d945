"""Memory of a training: what torch keeps for the backward pass, and all else that a step needs; by arithmetic."""

from brickwork.network.memory.memory import Memory, Precision, largest_batch, training_memory
from brickwork.network.memory.rules import keeps

__all__ = ["Memory", "Precision", "keeps", "largest_batch", "training_memory"]
