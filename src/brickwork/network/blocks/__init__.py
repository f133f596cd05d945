"""Blocks: functions that return expressions, known by their name and arguments."""

from brickwork.network.blocks.inception import COLUMN, ROW, TF_NORM, inception, mean_pool, path
from brickwork.network.blocks.plain import conv, nin_block, vgg_block
from brickwork.network.blocks.residual import (
    FLAVORS,
    Opening,
    Shortcut,
    Style,
    basic,
    bottleneck,
    opening_of,
    residual_stages,
)

__all__ = [
    "COLUMN",
    "FLAVORS",
    "ROW",
    "TF_NORM",
    "Opening",
    "Shortcut",
    "Style",
    "basic",
    "bottleneck",
    "conv",
    "inception",
    "mean_pool",
    "nin_block",
    "opening_of",
    "path",
    "residual_stages",
    "vgg_block",
]
