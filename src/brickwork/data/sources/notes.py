"""Notes on a dataset: sentences for a person to read before training."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import PurePath

import numpy as np

from brickwork.data.dataset import Split
from brickwork.data.names import natural, printable, shorten
from brickwork.data.sources.splits import NAMES, SHARE

FEW = 5  # names that are listed before "and 7 more"


def division(lacking: str, whole: Split, splits: Mapping[str, Split], seed: int | None) -> list[str]:
    """How a seed divided the images, where it did, and what their groups make of it."""
    if seed is None:
        return groups_across_splits(splits) if whole.groups else []
    what = f"the {len(set(whole.groups)):,} groups" if whole.groups else "each class"
    small = not whole.groups and min(np.bincount(whole.labels)) < len(NAMES)
    exception = f"; a class of fewer than {len(NAMES)} images is in train alone" if small else ""
    return [
        f"{lacking}: seed {seed} draws {1 - 2 * SHARE:.0%} of {what} for training, "
        f"{SHARE:.0%} for validation and {SHARE:.0%} for testing{exception}.",
        *(unequal(splits) if whole.groups else []),
    ]


def no_common_folder(common: bool) -> list[str]:
    """That splits are drawn by whole paths."""
    words = "The images lie in no common folder: their whole paths decide the splits, which change where one is moved."
    return [] if common else [words]


def groups_across_splits(splits: Mapping[str, Split]) -> list[str]:
    """Groups that splits, as they were given, tear apart."""
    number = Counter(group for split in splits.values() for group in set(split.groups))
    torn = [group for group, count in number.items() if count > 1]
    return [f"Groups with images in more than one split: {name_list(torn)}."] if torn else []


def unequal(splits: Mapping[str, Split]) -> list[str]:
    """Shares of the images that large groups have made far from what was meant."""
    total = sum(map(len, splits.values()))
    shares = {name: len(split) / total for name, split in splits.items()}
    if all(SHARE / 2 <= shares[name] <= 2 * SHARE for name in NAMES[1:]):
        return []
    words = ", ".join(f"{name} has {share:.1%}" for name, share in shares.items())
    return [f"Groups of unlike sizes make the splits unequal: {words} of the images."]


def like_splits(folders: Collection[str], splits: Collection[str]) -> list[str]:
    """Folders that bear a split's name and were taken as classes."""
    names = [name for name in folders if name.lower() in splits]
    return [f"Taken as a class, as there are no folders inside: {name_list(names)}."] if names else []


def other_folders(folders: Collection[str]) -> list[str]:
    return [f"Folders beside the splits are not used: {name_list(folders)}."] if folders else []


def spellings(folders: Collection[str]) -> list[str]:
    """Folders whose names differ from another's in blanks around them, or in how accents are written."""
    names = name_list([repr(name) for name in folders])
    return [f"One class with the folder of that name without blanks or with its accents: {names}."] if folders else []


def runs(folders: Collection[str]) -> list[str]:
    return [f"Run folders are passed over: {len(folders):,} ({name_list(folders)})."] if folders else []


def loops(links: Collection[str]) -> list[str]:
    names = name_list([shorten(link) for link in links])
    return (
        [f"Links that lead to themselves, back up or to a folder of this class are not followed: {names}."]
        if links
        else []
    )


def loose(count: int) -> list[str]:
    return [f"Images outside class folders have no label and are not used: {count:,}."] if count else []


def ignored_entries(hidden: int, others: Iterable[str]) -> list[str]:
    endings = Counter(PurePath(file).suffix.lower() or "without an ending" for file in others)
    notes = [f"Hidden and junk entries are passed over: {hidden:,}."] if hidden else []
    kinds = ", ".join(f"{count:,} {printable(ending)}" for ending, count in endings.most_common(FEW))
    return notes + ([f"Files that are no images are passed over: {endings.total():,} ({kinds})."] if endings else [])


def empty_classes(names: Iterable[str]) -> list[str]:
    empty = list(names)
    return [f"Class folders without images are left out: {name_list(empty)}."] if empty else []


def class_notes(names: Sequence[str], splits: Mapping[str, Split]) -> list[str]:
    """Classes that a split lacks, and names that differ in case alone."""
    notes = []
    for split in NAMES:
        if split not in splits:
            notes.append(f"There is no {split} split.")
        elif lacking := set(range(len(names))) - set(splits[split].labels.tolist()):
            notes.append(f"The {split} split has no images of {name_list([names[label] for label in lacking])}.")
    for same in alike(names):
        what = "case" if len({name.casefold() for name in same}) == 1 else "case or blanks"
        notes.append(f"Class names that differ in {what} alone are kept apart: {name_list(same)}.")
    return notes


def alike(names: Iterable[str]) -> list[list[str]]:
    """Names that differ in case or blanks alone, as "Red fox", "red fox" and "redfox"."""
    spellings: dict[str, list[str]] = {}
    for name in names:
        spellings.setdefault("".join(name.split()).casefold(), []).append(name)
    return [same for same in spellings.values() if len(same) > 1]


def duplicate_rows(rows: Sequence[int], where: Callable[[int], str]) -> list[str]:
    """Rows of a table that name an image a second time."""
    return [f"Rows that repeat an image are left out: {len(rows):,}, first {where(rows[0])}."] if rows else []


def incomplete_samples(samples: Sequence[str]) -> list[str]:
    """Samples of an archive that lack an image or a label."""
    return [f"Samples without an image or a label: {len(samples):,}, first {samples[0]}."] if samples else []


def rows_without_label(count: int) -> list[str]:
    return [f"Rows without a label are not used: {count:,}."] if count else []


def other_splits(names: Collection[str]) -> list[str]:
    return [f"Splits beside train, val and test are not used: {name_list(names)}."] if names else []


def other_images(read: str, unread: Collection[str]) -> list[str]:
    return [f"Of the columns with images, {printable(read)} is read, and not {name_list(unread)}."] if unread else []


def unread_columns(names: Collection[str], kinds: Iterable[Sequence[str]]) -> list[str]:
    """Columns that could have been meant, where another of their kind comes first."""
    notes = []
    for kind in kinds:
        known = [column for column in kind if column in {name.strip().lower() for name in names}]
        notes += [f"The column {known[0]} is read, and not {', '.join(known[1:])}."] if len(known) > 1 else []
    return notes


def name_list(names: Collection[str]) -> str:
    ordered = [printable(name) for name in sorted(names, key=natural)]
    more = f" and {len(ordered) - FEW} more" if len(ordered) > FEW else ""
    return ", ".join(ordered[:FEW]) + more
