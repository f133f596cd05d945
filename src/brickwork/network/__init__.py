"""The core: layers, combinators, and what follows from them by arithmetic. Pure Python."""

from brickwork.network.algebra import (
    IDENTITY,
    Block,
    Chain,
    Concat,
    Expr,
    Gate,
    Named,
    OnChange,
    Residual,
    block,
    chain,
    children,
    concat,
    gate,
    named,
    on_change,
    residual,
    transform,
    walk,
)
from brickwork.network.classifier import classifiers, with_classes
from brickwork.network.cost import Cost, cost, smallest_input, smallest_size
from brickwork.network.layer import Layer, Shape
from brickwork.network.lowering import Lowering, lower_network
from brickwork.network.network import Facts, Network, SideHead, stages
from brickwork.network.propagate import Row, shape_after
from brickwork.network.rewrite import with_input, with_width
from brickwork.network.serialize import from_json, to_json
from brickwork.network.text import summary_line, table

__all__ = [
    "IDENTITY",
    "Block",
    "Chain",
    "Concat",
    "Cost",
    "Expr",
    "Facts",
    "Gate",
    "Layer",
    "Lowering",
    "Named",
    "Network",
    "OnChange",
    "Residual",
    "Row",
    "Shape",
    "SideHead",
    "block",
    "chain",
    "children",
    "classifiers",
    "concat",
    "cost",
    "from_json",
    "gate",
    "lower_network",
    "named",
    "on_change",
    "residual",
    "shape_after",
    "smallest_input",
    "smallest_size",
    "stages",
    "summary_line",
    "table",
    "to_json",
    "transform",
    "walk",
    "with_classes",
    "with_input",
    "with_width",
]
