"""The splits train, val and test: as they are given, or drawn by a seed, stratified by class."""

from collections.abc import Mapping, Sequence

from brickwork.data.dataset import Split
from brickwork.data.hashing import stratified_split
from brickwork.data.names import normal_name, printable
from brickwork.errors import BrickworkError

SPLITS = {  # what a split may be called, in lower case
    "train": "train", "training": "train",
    "val": "val", "valid": "val", "validation": "val",
    "test": "test", "testing": "test",
}  # fmt: skip
NAMES = ("train", "val", "test")
SHARE = 0.1  # of each class that goes to val, and to test, where no splits were given


def split_named(folder: str) -> str | None:
    """The split that a folder's or a table's word names; None where it names none."""
    return SPLITS.get(normal_name(folder).lower())


def splits_of(whole: Split, names: Sequence[str] | None, seed: int) -> dict[str, Split]:
    """The splits that have images: as given, one of `NAMES` an image; else the seed draws 80, 10 and 10 %.

    It draws by each image's own key, or its group's, as in `split_by_hash`. Raises BrickworkError
    where there are groups to draw, but fewer than three.
    """
    if names is None:
        positions = draw_positions(whole, seed)
    else:
        positions = {name: [p for p, split in enumerate(names) if split == name] for name in NAMES}
    return {name: whole.subset(positions[name]) for name in NAMES if positions[name]}


def draw_positions(whole: Split, seed: int) -> dict[str, list[int]]:
    groups = sorted(set(whole.groups))
    if groups and len(groups) < len(NAMES):
        raise BrickworkError(
            f"groups: train, val and test need three at least, and there are {len(groups)}: "
            f"{', '.join(map(printable, groups))}."
        )
    val, test, train = stratified_split(whole.keys, whole.labels.tolist(), whole.groups, (SHARE, SHARE), seed)
    return {"train": train, "val": val, "test": test}


def check_for_training(where: str, classes: Sequence[str], splits: Mapping[str, Split]) -> None:
    """Check that a dataset can be trained on: a train split and two classes; raises BrickworkError."""
    if len(classes) == 1:
        single = f"{where} holds a single class, {classes[0]!r}"
        raise BrickworkError(f"{single}: a network tells at least two apart.")
    if "train" not in splits:
        raise BrickworkError(f"{where} has images for {' and '.join(splits)}, but none for train.")
