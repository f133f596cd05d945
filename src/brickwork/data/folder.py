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

Files = dict[str, list[str]]  # class name -> its images, relative to the data set's folder


@dataclass(frozen=True)
class Tree:
    """The class folders that stand in one folder."""

    files: Files  # also the classes without images
    loose: int = 0  # images outside class folders
    hidden: int = 0
    others: tuple[str, ...] = ()

    def __add__(self, other: "Tree") -> "Tree":
        files = {name: [*self.files.get(name, ()), *other.files.get(name, ())] for name in self.files | other.files}
        return Tree(files, self.loose + other.loose, self.hidden + other.hidden, self.others + other.others)


def open_folder(path: Path, seed: int) -> Dataset:
    """The data set in a folder; where there are no splits above the classes, the seed draws them.

    Class ids come from the union of the splits' class names, in natural order. Raises BrickworkError where
    there is no train split, no image, or a single class.
    """
    top = listing(path)
    folders = split_folders(path, top)
    if folders:
        trees = {split: tree(path, f"{folder}/") for split, folder in folders.items()}
        whole = sum(trees.values(), Tree({}, len(top.images), top.hidden, top.others))
        splits = {split: part.files for split, part in trees.items()}
        said = notes.beside(set(top.folders) - set(folders.values()))
    else:
        whole = tree(path, "")
        splits = drawn(whole.files, seed)
        said = notes.drawn(whole.files, SHARE, seed) + notes.like_splits(set(top.folders), SPLITS)
    classes = known_classes(path, top, whole, splits)
    return Dataset(
        name=printable(path.resolve().name),
        classes=tuple(map(printable, classes)),
        splits={split: file_split(path, classes, files) for split, files in splits.items() if any(files.values())},
        ignored=whole.hidden + len(whole.others),
        notes=(*said, *notes.classes(splits), *notes.loose(whole.loose), *notes.ignored(whole.hidden, whole.others)),
    )


def split_folders(path: Path, top: Listing) -> dict[str, str]:
    """The folders that hold splits, as {"train": "Training"}; none where the class folders stand at the top.

    A split's folder holds folders. One named "test" with nothing but images is a class among others.
    """
    named = [name for name in top.folders if name.lower() in SPLITS]
    if named != list(top.folders) and not any(listing(path / name).folders for name in named):
        return {}
    found: dict[str, str] = {}
    for split in ("train", "val", "test"):
        folders = [name for name in named if SPLITS[name.lower()] == split]
        if len(folders) > 1:
            raise BrickworkError(f"{path} has two {split} folders, {' and '.join(folders[:2])}: keep one of them.")
        if folders:
            found[split] = folders[0]
    if found and "train" not in found:
        raise BrickworkError(f"{path} has no train folder beside {' and '.join(found.values())}: {LAYOUT}.")
    return found


def tree(path: Path, inside: str) -> Tree:
    """The class folders in one folder; `inside` is where it lies in the data set, "" or "train/"."""
    top = listing(path / inside)
    parts = [(name, below(path / inside / name)) for name in top.folders]
    files: Files = {}
    for name, part in parts:
        spelling = unicodedata.normalize("NFC", name)  # file systems differ in how they write an accent
        files.setdefault(spelling, []).extend(f"{inside}{name}/{file}" for file in part.images)
    hidden = top.hidden + sum(part.hidden for _, part in parts)
    return Tree(files, len(top.images), hidden, (*top.others, *(file for _, part in parts for file in part.others)))


def drawn(files: Files, seed: int) -> dict[str, Files]:
    """Each class's images in three parts; every part gets one where there are three, all train where fewer."""
    splits: dict[str, Files] = {"train": {}, "val": {}, "test": {}}
    for name, images in files.items():
        share = max(1, round(SHARE * len(images))) if len(images) >= 3 else 0
        order = shuffled(images, seed)
        ends = {"val": order[:share], "test": order[share : 2 * share], "train": order[2 * share :]}
        for split, positions in ends.items():
            splits[split][name] = [images[i] for i in sorted(positions)]
    return splits


def known_classes(path: Path, top: Listing, whole: Tree, splits: Mapping[str, Files]) -> list[str]:
    """The classes that have images, in natural order; raises BrickworkError where they are not enough to train."""
    classes = sorted((name for name, images in whole.files.items() if images), key=natural)
    if not (top.folders or top.images or top.others):
        raise BrickworkError(f"{path} is empty: {LAYOUT}.")
    if not classes:
        found = f"{whole.loose:,} images, but in no class folder" if whole.loose else "no images"
        raise BrickworkError(f"{path} holds {found}: {LAYOUT}.")
    if len(classes) == 1:
        single = f"{path} holds a single class, {printable(classes[0])!r}: a network tells at least two apart."
        raise BrickworkError(f"{single} {hint(path / classes[0])}")
    if not any(splits["train"].values()):
        raise BrickworkError(f"{path}: the train folder holds no images in class folders: {LAYOUT}.")
    return classes


def hint(only: Path) -> str:
    """What to do about a single class: it may be a folder around the classes."""
    deeper = only.is_dir() and (inside := listing(only)).folders and not inside.images
    return f"Did you mean {only}?" if deeper else "Add a folder for each further class."


def file_split(path: Path, classes: list[str], files: Files) -> FileSplit:
    pairs = [(label, file) for label, name in enumerate(classes) for file in files.get(name, ())]
    return FileSplit(np.array([label for label, _ in pairs], np.int64), path, tuple(file for _, file in pairs))
