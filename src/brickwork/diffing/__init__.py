"""Diff: what makes one network of another, edit by edit, and the tree of cheapest edits between several."""

from brickwork.diffing.diff import Diff, diff, layer_pairs
from brickwork.diffing.edits import (
    Delete,
    Edit,
    Effect,
    Insert,
    Reattach,
    Reclass,
    Regroup,
    Rename,
    Replace,
    Reshape,
)
from brickwork.diffing.family import Family, family

__all__ = [
    "Delete",
    "Diff",
    "Edit",
    "Effect",
    "Family",
    "Insert",
    "Reattach",
    "Reclass",
    "Regroup",
    "Rename",
    "Replace",
    "Reshape",
    "diff",
    "family",
    "layer_pairs",
]
