"""Images with labels: where they come from, how they are decoded, and how they become a network's input."""

from brickwork.data.dataset import ArraySplit, Dataset, FileSplit, Skipped, Split
from brickwork.data.images.decode import Unreadable, decode
from brickwork.data.preprocessing import Preprocessing
from brickwork.data.sources.open import open_data

__all__ = [
    "ArraySplit",
    "Dataset",
    "FileSplit",
    "Preprocessing",
    "Skipped",
    "Split",
    "Unreadable",
    "decode",
    "open_data",
]
