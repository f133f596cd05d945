"""Blocks: functions that return expressions, known by their name and arguments."""

from brickwork.network.blocks.inception import inception
from brickwork.network.blocks.plain import conv, nin_block, vgg_block
from brickwork.network.blocks.residual import FLAVORS, Style, basic, bottleneck

__all__ = ["FLAVORS", "Style", "basic", "bottleneck", "conv", "inception", "nin_block", "vgg_block"]
