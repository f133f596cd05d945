"""A folder of class folders, with or without train, val and test above them."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from brickwork.data.dataset import Dataset, FileSplit
from brickwork.data.keys import unique_keys
from brickwork.data.names import natural, normal_name, printable
from brickwork.data.sources import notes
from brickwork.data.sources.groups import groups_of
from brickwork.data.sources.listing import Listing, list_folder, list_tree
from brickwork.data.sources.splits import NAMES, SPLITS, split_named, splits_of
from brickwork.errors import BrickworkError

LAYOUT = "data is a folder of class folders (cat/1.jpg, dog/2.jpg), with or without train, val and test above them"

Files = dict[str, list[str]]  # class name -> its images, relative to the dataset's folder


@dataclass(frozen=True)
class Tree:
    """Tree of the class folders in one folder, and what lies beside them."""

    files: Files  # also the classes without images
    loose: int = 0  # images outside class folders
    hidden: int = 0
    others: tuple[str, ...] = ()
    runs: tuple[str, ...] = ()
    loops: tuple[str, ...] = ()
    spellings: tuple[str, ...] = ()  # names of folders that are one class with another's

    def __add__(self, other: "Tree") -> "Tree":
        files = {name: [*self.files.get(name, ()), *other.files.get(name, ())] for name in self.files | other.files}
        return Tree(
            files,
            self.loose + other.loose,
            self.hidden + other.hidden,
            self.others + other.others,
            self.runs + other.runs,
            self.loops + other.loops,
            self.spellings + other.spellings,
        )


def open_folder(path: str | Path, *, seed: int = 0, groups: str = "", training: bool = True) -> Dataset:
    """Open the dataset in a folder of class folders; where there are no splits above the classes, the seed draws them.

    Class ids come from the union of the splits' class names, in natural order. `groups` is a pattern in the paths
    below the folder of what stays together in one split. Raises BrickworkError where there is no image, or for
    training no train split or a single class.
    """
    path = Path(path)
    top = list_folder(path)
    folders = split_folders(path, top, training)
    trees = {split: read_tree(path, f"{folder}/") for split, folder in folders.items()} or {"": read_tree(path, "")}
    beyond = Tree({}, len(top.images), top.hidden, top.others, top.runs, top.loops) if folders else Tree({})
    whole = sum(trees.values(), beyond)
    classes = classes_with_images(path, top, whole, training)
    if training and folders and not any(trees["train"].files.values()):
        raise BrickworkError(f"{path}: the train folder holds no images in class folders: {LAYOUT}.")
    images, given = files_by_class(path, classes, trees, groups)
    splits = splits_of(images, given if folders else None, seed)
    shown = tuple(map(printable, classes))
    beside = set(top.folders) - set(folders.values()) if folders else set()
    return Dataset(
        name=printable(path.resolve().name),
        classes=shown,
        splits=splits,
        notes=(
            *notes.division("There are no train, val and test folders", images, splits, None if folders else seed),
            *(notes.other_folders(beside) if folders else notes.like_splits(top.folders, SPLITS)),
            *notes.empty_classes(name for name, files in whole.files.items() if not files),
            *notes.class_notes(shown, splits),
            *notes.spellings(whole.spellings),
            *notes.loose(whole.loose),
            *notes.runs(whole.runs),
            *notes.loops(whole.loops),
            *notes.ignored_entries(whole.hidden, whole.others),
        ),
        groups=groups,
    )


def split_folders(path: Path, top: Listing, training: bool) -> dict[str, str]:
    """The folders that hold splits, as {"train": "Training"}; none where the class folders stand at the top.

    A split's folder holds folders. One named "test" with nothing but images is a class among others.
    """
    named = [name for name in top.folders if split_named(name)]
    if named != list(top.folders) and not any(list_folder(path / name).folders for name in named):
        return {}
    by_split: dict[str, str] = {}
    for split in NAMES:
        folders = [name for name in named if split_named(name) == split]
        if len(folders) > 1:
            raise BrickworkError(f"{path} has two {split} folders, {' and '.join(folders[:2])}: keep one of them.")
        if folders:
            by_split[split] = folders[0]
    if training and by_split and "train" not in by_split:
        raise BrickworkError(f"{path} has no train folder beside {' and '.join(by_split.values())}: {LAYOUT}.")
    return by_split


def read_tree(path: Path, inside: str) -> Tree:
    """The class folders in one folder; `inside` is where it lies in the dataset, "" or "train/"."""
    top = list_folder(path / inside)
    parts = [(name, list_tree(path / inside / name)) for name in top.folders]
    files: Files = {}
    twice: list[str] = []
    for name, part in parts:
        spelling = normal_name(name) or name  # file systems differ in how they write an accent
        twice += [name] if spelling in files else []
        files.setdefault(spelling, []).extend(f"{inside}{name}/{file}" for file in part.images)
    runs = (*top.runs, *(f"{name}/{run}" for name, part in parts for run in part.runs))
    loops = (*top.loops, *(f"{name}/{loop}".rstrip("/") for name, part in parts for loop in part.loops))
    return Tree(
        files,
        len(top.images),
        top.hidden + sum(part.hidden for _, part in parts),
        (*top.others, *(file for _, part in parts for file in part.others)),
        tuple(inside + run for run in runs),
        tuple(inside + loop for loop in loops),
        tuple(inside + name for name in twice),
    )


def classes_with_images(path: Path, top: Listing, whole: Tree, training: bool) -> list[str]:
    """The classes that have images, in natural order; raises BrickworkError where they are not enough."""
    classes = sorted((name for name, images in whole.files.items() if images), key=natural)
    if not (top.folders or top.images or top.others):
        raise BrickworkError(f"{path} is empty: {LAYOUT}.")
    if not classes:
        content = f"{whole.loose:,} images, but in no class folder" if whole.loose else "no images"
        raise BrickworkError(f"{path} holds {content}: {LAYOUT}.")
    if training and len(classes) == 1:
        single = f"{path} holds a single class, {printable(classes[0])!r}: a network tells at least two apart."
        raise BrickworkError(f"{single} {single_class_hint(path / classes[0])}")
    return classes


def single_class_hint(only: Path) -> str:
    """What to do about a single class: it may be a folder around the classes."""
    deeper = only.is_dir() and (inside := list_folder(only)).folders and not inside.images
    return f"Did you mean {only}?" if deeper else "Add a folder for each further class."


def files_by_class(path: Path, classes: list[str], trees: dict[str, Tree], groups: str) -> tuple[FileSplit, list[str]]:
    """All images, class by class, and the split of each."""
    rows = [
        (label, split, file)
        for label, name in enumerate(classes)
        for split, tree in trees.items()
        for file in tree.files.get(name, ())
    ]
    files = tuple(file for _, _, file in rows)
    labels = np.array([label for label, _, _ in rows], np.int64)
    keys = unique_keys(files)
    together = groups_of(keys, groups) if groups else ()
    return FileSplit(labels, path, files, groups=together, known_as=keys), [split for _, split, _ in rows]
