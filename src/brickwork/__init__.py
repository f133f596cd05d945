"""Brickwork: the convolutional networks from LeNet to ResNet. Importing it does not import torch.

from brickwork import build, cost, zoo

network = zoo.network("resnet20[width=0.5]", input=(1, 28, 28))  # a value
cost(network).params                                             # by arithmetic
model = build(network)                                           # an nn.Module
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from brickwork import zoo
from brickwork.errors import BrickworkError, require
from brickwork.network import Network, cost, from_json, summary_line, table, to_json

if TYPE_CHECKING:
    from brickwork.model import Model, ModelFile, build, load, save
    from brickwork.weights import create_model, list_models

__version__ = "0.1.0"

__all__ = [
    "BrickworkError",
    "Model",
    "ModelFile",
    "Network",
    "build",
    "cost",
    "create_model",
    "from_json",
    "list_models",
    "load",
    "save",
    "summary_line",
    "table",
    "to_json",
    "zoo",
]


def __getattr__(name: str) -> Any:
    """The names that need torch, which takes seconds to import, are fetched when they are first asked for."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    require("torch", "train", f"brickwork.{name}")
    room = "weights" if name in ("create_model", "list_models") else "model"
    return getattr(import_module(f"brickwork.{room}"), name)
