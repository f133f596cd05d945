"""From the value to torch: build a network, and write and read model files."""

from brickwork.model.batchnorm import recompute_averages
from brickwork.model.file import ModelFile, load, save
from brickwork.model.lower import lower
from brickwork.model.model import Model, build

__all__ = [
    "Model",
    "ModelFile",
    "build",
    "load",
    "lower",
    "recompute_averages",
    "save",
]
