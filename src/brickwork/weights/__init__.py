"""Published weights, in and out: torchvision's, timm's and Cadene's files, aligned, checked and written."""

from brickwork.weights.create import Features, bring, create_model, list_models
from brickwork.weights.fetch import fetch
from brickwork.weights.fingerprint import fingerprint
from brickwork.weights.load import Loaded, load
from brickwork.weights.save import save_as
from brickwork.weights.tags import tag, tags

__all__ = [
    "Features",
    "Loaded",
    "bring",
    "create_model",
    "fetch",
    "fingerprint",
    "list_models",
    "load",
    "save_as",
    "tag",
    "tags",
]
