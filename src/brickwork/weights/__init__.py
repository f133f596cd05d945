"""Published weights, in and out: torchvision's, timm's and Cadene's files, aligned, checked and written."""

from brickwork.model.features import Features
from brickwork.weights.create import create_model, list_models, load_initial
from brickwork.weights.fetch import fetch
from brickwork.weights.fingerprint import fingerprint
from brickwork.weights.load import Loaded, load_weights
from brickwork.weights.save import save_weights
from brickwork.weights.tags import find_tag, tags

__all__ = [
    "Features",
    "Loaded",
    "create_model",
    "fetch",
    "find_tag",
    "fingerprint",
    "list_models",
    "load_initial",
    "load_weights",
    "save_weights",
    "tags",
]
