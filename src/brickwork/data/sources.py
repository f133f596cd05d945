"""Where images come from: a word for an embedded set, or a folder."""

from dataclasses import replace
from os.path import expanduser
from pathlib import Path

from brickwork.data.dataset import Dataset
from brickwork.data.folder import open_folder
from brickwork.data.idx import holds_idx, open_idx
from brickwork.errors import BrickworkError, nearest

FOLDERS = "a folder of class folders or of idx files"
EMBEDDED = {"fashion": Path(__file__).parent / "fashion"}  # Fashion-MNIST's 10,000 + 2,000, see scripts/make_fashion.py


def open_data(source: str, *, seed: int = 0) -> Dataset:
    """The data set that a word or a path names; nothing is decoded yet.

    "fashion" is embedded. A folder holds idx files, or class folders with or without train, val and test
    above them; without, the seed draws 80, 10 and 10 % of each class. Raises BrickworkError.
    """
    if source in EMBEDDED:
        return replace(open_idx(EMBEDDED[source], source), source=source)
    path = Path(expanduser(source))  # Path's own raises where there is no such person
    if not source or not path.exists():
        raise BrickworkError(missing(source))
    if not path.is_dir():
        raise BrickworkError(f"{source} is a file: data is {FOLDERS}.")
    dataset = open_idx(path, path.resolve().name) if holds_idx(path) else open_folder(path, seed=seed)
    return replace(dataset, source=str(path.resolve()))


def missing(source: str) -> str:
    if any(mark in source for mark in "/\\.~"):
        return f"there is no folder {source}: data is {FOLDERS}, or one of: {', '.join(EMBEDDED)}."
    return f"unknown data {source!r}: {nearest(source, list(EMBEDDED))} There is no folder of this name here either."
