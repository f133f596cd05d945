"""Sentences about what was found in a folder of pictures, for a person to read before training."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from pathlib import PurePath

from brickwork.data.names import natural, printable

Counts = Mapping[str, Collection[str]]  # class name -> its pictures
FEW = 5  # names that are listed before "and 7 more"


def drawn(files: Counts, share: float, seed: int) -> list[str]:
    rest = 1 - 2 * share
    said = [
        f"There are no train, val and test folders: seed {seed} draws {rest:.0%} of each class for training, "
        f"{share:.0%} for validation and {share:.0%} for testing."
    ]
    small = [name for name, pictures in files.items() if 0 < len(pictures) < 3]
    return said + ([f"Fewer than 3 pictures, so all are trained on: {listed(small)}."] if small else [])


def beside(folders: Collection[str]) -> list[str]:
    return [f"Folders beside the splits are not used: {listed(folders)}."] if folders else []


def loose(count: int) -> list[str]:
    return [f"Pictures outside class folders have no label and are not used: {count:,}."] if count else []


def ignored(hidden: int, others: Iterable[str]) -> list[str]:
    endings = Counter(PurePath(file).suffix.lower() or "no ending" for file in others)
    said = [f"Hidden and junk entries passed over: {hidden:,}."] if hidden else []
    kinds = ", ".join(f"{count:,} {printable(ending)}" for ending, count in endings.most_common(FEW))
    return said + ([f"Files that are no pictures passed over: {endings.total():,} ({kinds})."] if endings else [])


def classes(splits: Mapping[str, Counts]) -> list[str]:
    """Classes without pictures, classes that a split lacks, and names that differ in case alone."""
    every = {name for files in splits.values() for name in files}
    known = {name for name in every if any(files.get(name) for files in splits.values())}
    said = [f"Class folders without pictures are left out: {listed(every - known)}."] if every - known else []
    for split, files in splits.items():
        lacking = [name for name in known if not files.get(name)]
        if lacking and len(lacking) < len(known):
            said.append(f"The {split} split lacks {listed(lacking)}.")
    said += [f"There is no {split} split." for split in ("val", "test") if not any(splits.get(split, {}).values())]
    spellings = Counter(name.casefold() for name in known)
    twice = [name for name in known if spellings[name.casefold()] > 1]
    return said + ([f"Class names differ in case alone, and are kept apart: {listed(twice)}."] if twice else [])


def listed(names: Collection[str]) -> str:
    ordered = [printable(name) for name in sorted(names, key=natural)]
    more = f" and {len(ordered) - FEW} more" if len(ordered) > FEW else ""
    return ", ".join(ordered[:FEW]) + more
