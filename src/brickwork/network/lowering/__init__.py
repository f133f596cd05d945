"""Lowering: exact rewrites of a network for inference, with rules for its weights. Pure Python."""

from brickwork.network.lowering.lower import Lowering, lower_network
from brickwork.network.lowering.rewrites import drop_training_parts, fold_norms, fold_scales, merge_siblings
from brickwork.network.lowering.slicing import Slice
from brickwork.network.lowering.trace import Step
from brickwork.network.lowering.weights import Copy, FoldNorm, FoldScale, Rule, Stack

__all__ = [
    "Copy",
    "FoldNorm",
    "FoldScale",
    "Lowering",
    "Rule",
    "Slice",
    "Stack",
    "Step",
    "drop_training_parts",
    "fold_norms",
    "fold_scales",
    "lower_network",
    "merge_siblings",
]
