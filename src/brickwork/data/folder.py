"""A folder of class folders, with or without train, val and test above them."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from brickwork.data import notes
from brickwork.data.dataset import Dataset, FileSplit
from brickwork.data.names import natural, printable
from brickwork.data.scan import Listing, below, listing
from brickwork.data.shuffle import shuffled
from brickwork.errors import BrickworkError

SPLITS = {
    "train": "train", "training": "train",
    "val": "val", "valid": "val", "validation": "val",
    "test": "test", "testing": "test",
}  # fmt: skip
SHARE = 0.1  # of each class that goes to val, and to test, where the folder has no splits
LAYOUT = "data is a folder of class folders (cat/1.jpg, dog/2.jpg), with or without train, val and test above them"

Files = dict[str, list[str]]  # class name -> its pictures, relative to the data set's folder


@dataclass(frozen=True)
class Tree:
    """The class folders that stand in one folder."""

    files: Files  # also the classes without pictures
    loose: int  # pictures outside class folders
    hidden: int
    others: tuple[str, ...]


def open_folder(path: Path, seed: int) -> Dataset:
    """The data set in a folder; where there are no splits above the classes, the seed draws them.

    Class ids come from the union of the splits' class names, in natural order. Raises BrickworkError where
    there is no train split, no picture, or a single class.
    """
    top = listing(path)
    folders = split_folders(path, top)
    if folders:
        trees = [tree(path, f"{folder}/") for folder in folders.values()]
        splits = {split: part.files for split, part in zip(folders, trees, strict=True)}
        said = notes.beside(set(top.folders) - set(folders.values()))
    else:
        trees = [tree(path, "")]
        splits = drawn(trees[0].files, seed)
        said = notes.drawn(trees[0].files, SHARE, seed)
    classes = known_classes(path, top, splits, trees)
    others = [file for part in trees for file in part.others] + [*(top.others if folders else ())]
    hidden = sum(part.hidden for part in trees) + (top.hidden if folders else 0)
    loose = sum(part.loose for part in trees) + (len(top.pictures) if folders else 0)
    return Dataset(
        name=printable(path.resolve().name),
        classes=classes,
        splits={name: file_split(path, classes, files) for name, files in splits.items() if any(files.values())},
        ignored=hidden + len(others),
        notes=(*said, *notes.classes(splits), *notes.loose(loose), *notes.ignored(hidden, others)),
    )


def split_folders(path: Path, top: Listing) -> dict[str, str]:
    """The folders that hold splits, as {"train": "Training"}; none where the class folders stand at the top.

    A split's folder holds folders. One named "test" with nothing but pictures is a class among others.
    """
    named = [name for name in top.folders if name.lower() in SPLITS]
    if named != list(top.folders) and not any(listing(path / name).folders for name in named):
        return {}
    found: dict[str, str] = {}
    for split in ("train", "val", "test"):
        folders = [name for name in named if SPLITS[name.lower()] == split]
        if len(folders) > 1:
            raise BrickworkError(
                f"{path} has two folders for {split}, {folders[0]} and {folders[1]}: keep one of them."
            )
        if folders:
            found[split] = folders[0]
    if found and "train" not in found:
        raise BrickworkError(f"{path} has {', '.join(found.values())} but no train folder: expected one beside them.")
    return found


def tree(path: Path, inside: str) -> Tree:
    """The class folders in one folder; `inside` is where it lies in the data set, "" or "train/"."""
    top = listing(path / inside)
    parts = {name: below(path / inside / name) for name in top.folders}
    files: Files = {}
    for name, part in parts.items():
        # one spelling of accented letters: file systems differ in theirs
        files.setdefault(unicodedata.normalize("NFC", name), []).extend(f"{inside}{name}/{f}" for f in part.pictures)
    return Tree(
        files,
        loose=len(top.pictures),
        hidden=top.hidden + sum(part.hidden for part in parts.values()),
        others=(*top.others, *(file for part in parts.values() for file in part.others)),
    )


def drawn(files: Files, seed: int) -> dict[str, Files]:
    """Each class's pictures in three parts; every part gets one where there are three, all train where fewer."""
    splits: dict[str, Files] = {"train": {}, "val": {}, "test": {}}
    for name, pictures in files.items():
        share = max(1, round(SHARE * len(pictures))) if len(pictures) >= 3 else 0
        order = shuffled(pictures, seed)
        ends = {"val": order[:share], "test": order[share : 2 * share], "train": order[2 * share :]}
        for split, positions in ends.items():
            splits[split][name] = [pictures[i] for i in sorted(positions)]
    return splits


def known_classes(path: Path, top: Listing, splits: Mapping[str, Files], trees: list[Tree]) -> tuple[str, ...]:
    """The classes that have pictures; raises BrickworkError where they are fewer than two, or train has none."""
    classes = {name for files in splits.values() for name, pictures in files.items() if pictures}
    if not (top.folders or top.pictures or top.others):
        raise BrickworkError(f"{path} is empty: {LAYOUT}.")
    if not classes:
        loose = len(top.pictures) + sum(part.loose for part in trees)
        found = f"{loose:,} pictures, but in no class folder" if loose else "no pictures"
        raise BrickworkError(f"{path} holds {found}: {LAYOUT}.")
    if len(classes) == 1:
        (name,) = classes
        raise BrickworkError(
            f"{path} holds a single class, {printable(name)!r}: a network tells at least two apart. {hint(path, name)}"
        )
    if not any(splits["train"].values()):
        raise BrickworkError(f"{path}: the train folder holds no class folder with pictures: {LAYOUT}.")
    return tuple(sorted(classes, key=natural))


def hint(path: Path, name: str) -> str:
    """What to do about a single class: one level deeper there may be several."""
    inside = path / name
    deeper = inside.is_dir() and len(listing(inside).folders) > 1
    return f"Did you mean {inside}?" if deeper else "Add a folder for each further class."


def file_split(path: Path, classes: tuple[str, ...], files: Files) -> FileSplit:
    pairs = [(label, file) for label, name in enumerate(classes) for file in files.get(name, ())]
    return FileSplit(np.array([label for label, _ in pairs], np.int64), path, tuple(file for _, file in pairs))
