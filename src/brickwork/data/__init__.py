"""Images with labels: where they come from, how they are decoded, and how they become a network's input."""

from brickwork.data.dataset import ArraySplit, Dataset, FileSplit, Split
from brickwork.data.decode import Unreadable, decode
from brickwork.data.memory import Pixels, Skipped, load_pixels, statistics
from brickwork.data.preprocessing import Preprocessing
from brickwork.data.sources import open_data

__all__ = [
    "ArraySplit",
    "Dataset",
    "FileSplit",
    "Pixels",
    "Preprocessing",
    "Skipped",
    "Split",
    "Unreadable",
    "decode",
    "load_pixels",
    "open_data",
    "statistics",
]
