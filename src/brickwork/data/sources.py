"""Where images come from: a word for an embedded set, a folder, or a manifest."""

from dataclasses import replace
from os.path import expanduser
from pathlib import Path

from brickwork.data.dataset import Dataset
from brickwork.data.folder import open_folder
from brickwork.data.idx import holds_idx, open_idx
from brickwork.data.manifest import ENDINGS, open_manifest
from brickwork.errors import BrickworkError, nearest

KINDS = f"a folder of class folders or of idx files, or a manifest ({', '.join(ENDINGS)})"
EMBEDDED = {"fashion": Path(__file__).parent / "fashion"}  # Fashion-MNIST's 10,000 + 2,000, see scripts/make_fashion.py


def open_data(source: str, *, seed: int = 0, groups: str = "", training: bool = True) -> Dataset:
    """The data set that a word or a path names; nothing is decoded yet.

    "fashion" is embedded. A folder holds idx files, or class folders with or without train, val and test
    above them; a manifest is a table with a path and a label a row. Where there are no splits, the seed draws 80, 10
    and 10 % of each class. `groups` says which images stay together in one split: a pattern in their paths, or a
    manifest's column. What is only evaluated (`training=False`) needs neither a train split nor two classes.
    Raises BrickworkError.
    """
    if source in EMBEDDED:
        return replace(open_idx(EMBEDDED[source], source, groups=groups), source=source)
    path = Path(expanduser(source))  # Path's own raises where there is no such person
    if not source or not path.exists():
        raise BrickworkError(missing(source))
    dataset = opened(path, source, seed, groups, training)
    return replace(dataset, source=str(path.resolve()))


def opened(path: Path, source: str, seed: int, groups: str, training: bool) -> Dataset:
    if path.suffix.lower() in ENDINGS and path.is_file():
        return open_manifest(path, seed=seed, groups=groups, training=training)
    if not path.is_dir():
        raise BrickworkError(f"{source} is a file: data is {KINDS}.")
    if holds_idx(path):
        return open_idx(path, path.resolve().name, groups=groups, training=training)
    return open_folder(path, seed=seed, groups=groups, training=training)


def missing(source: str) -> str:
    if any(mark in source for mark in "/\\.~"):
        return f"there is no folder or file {source}: data is {KINDS}, or one of: {', '.join(EMBEDDED)}."
    return f"unknown data {source!r}: {nearest(source, list(EMBEDDED))} There is no folder of this name here either."
