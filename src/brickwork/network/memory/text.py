"""Memory of a training in words."""

from brickwork.network.memory.memory import Memory, Optimizer, Precision
from brickwork.network.text import count


def memory_text(memory: Memory, precision: Precision, optimizer: Optimizer) -> str:
    """What a step takes, and what of it: "Training with batch 64 in fp32 by sgd takes 6.2 GB: ..."."""
    parts = {
        "weights": memory.weights,
        "gradients": memory.gradients,
        "optimizer": memory.optimizer,
        "kept for backward": memory.kept,
        "the layer at work": memory.working,
    }
    words = ", ".join(f"{name} {count(size)}B" for name, size in parts.items())
    return f"Training with batch {memory.batch:,} in {precision} by {optimizer} takes {count(memory.total)}B: {words}."


def largest_text(memory: int, batch: int) -> str:
    """What a memory holds: "8.00 GB hold a batch of 74."."""
    if not batch:
        return f"{count(memory)}B do not hold a batch of one image."
    return f"{count(memory)}B hold a batch of {batch:,}."
