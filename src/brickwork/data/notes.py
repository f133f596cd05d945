"""Sentences about what was found in a folder of images, for a person to read before training."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from pathlib import PurePath

from brickwork.data.names import natural, printable

Files = Mapping[str, Collection[str]]  # class name -> its images
FEW = 5  # names that are listed before "and 7 more"


def drawn(files: Files, share: float, seed: int) -> list[str]:
    small = any(0 < len(images) < 3 for images in files.values())
    exception = "; a class of fewer than 3 images is in train alone" if small else ""
    return [
        f"There are no train, val and test folders: seed {seed} draws {1 - 2 * share:.0%} of each class for training, "
        f"{share:.0%} for validation and {share:.0%} for testing{exception}."
    ]


def like_splits(folders: Collection[str], splits: Collection[str]) -> list[str]:
    """Folders that bear a split's name and were taken as classes."""
    names = [name for name in folders if name.lower() in splits]
    return [f"Taken as a class, as there are no folders inside: {listed(names)}."] if names else []


def beside(folders: Collection[str]) -> list[str]:
    return [f"Folders beside the splits are not used: {listed(folders)}."] if folders else []


def loose(count: int) -> list[str]:
    return [f"Images outside class folders have no label and are not used: {count:,}."] if count else []


def ignored(hidden: int, others: Iterable[str]) -> list[str]:
    endings = Counter(PurePath(file).suffix.lower() or "without an ending" for file in others)
    said = [f"Hidden and junk entries are passed over: {hidden:,}."] if hidden else []
    kinds = ", ".join(f"{count:,} {printable(ending)}" for ending, count in endings.most_common(FEW))
    return said + ([f"Files that are no images are passed over: {endings.total():,} ({kinds})."] if endings else [])


def classes(splits: Mapping[str, Files]) -> list[str]:
    """Classes without images, classes that a split lacks, and names that differ in case alone."""
    every = {name for files in splits.values() for name in files}
    known = {name for name in every if any(files.get(name) for files in splits.values())}
    said = [f"Class folders without images are left out: {listed(every - known)}."] if every - known else []
    for split in ("train", "val", "test"):
        files = splits.get(split, {})
        lacking = [name for name in known if not files.get(name)]
        if len(lacking) == len(known):
            said.append(f"There is no {split} split.")
        elif lacking:
            said.append(f"The {split} split has no images of {listed(lacking)}.")
    spellings = Counter(name.casefold() for name in known)
    twice = [name for name in known if spellings[name.casefold()] > 1]
    return said + ([f"Class names that differ in case alone are kept apart: {listed(twice)}."] if twice else [])


def listed(names: Collection[str]) -> str:
    ordered = [printable(name) for name in sorted(names, key=natural)]
    more = f" and {len(ordered) - FEW} more" if len(ordered) > FEW else ""
    return ", ".join(ordered[:FEW]) + more
