"""Class balance: classes that are missing from splits, small, or called alike."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence

from brickwork.data.check.findings import Case

SPLITS = ("train", "val", "test")
SHARE = 10  # a class is small below this part of the largest

Counts = Mapping[str, Mapping[str, int]]  # split -> class -> images


def count_images(classes: Sequence[str], splits: Mapping[str, Sequence[int]]) -> Counts:
    """Count the images of each class in each split, from the splits' labels."""
    numbers = {split: Counter(labels) for split, labels in splits.items()}
    return {split: {name: numbers[split][i] for i, name in enumerate(classes)} for split in splits}


def of_classes(counts: Counts) -> Iterator[tuple[str, Case]]:
    """Findings by the number of images alone."""
    totals: Counter[str] = Counter()
    for split in counts:
        totals.update(counts[split])
    for split in SPLITS:
        if split not in counts:
            yield "C307", Case(detail=split)
    for name, total in totals.items():
        yield from of_class(name, total, counts, max(totals.values()))
    for names in case_variants(totals):
        yield "C306", Case(detail=" and ".join(names))


def of_class(name: str, total: int, counts: Counts, largest: int) -> Iterator[tuple[str, Case]]:
    lacking = [split for split in counts if not counts[split][name]]
    if "train" in lacking:
        yield "C301", Case(detail=f"{name}: {total:,} elsewhere")
    if total == 1:
        yield "C304", Case(detail=name)
        return
    elsewhere = [split for split in lacking if split != "train"]
    if elsewhere:
        yield "C302", Case(detail=f"{name}: none in {' and '.join(elsewhere)}")
    if total * SHARE < largest:
        yield "C305", Case(detail=f"{name}: {total:,} of {largest:,}")


def case_variants(names: Mapping[str, int]) -> list[list[str]]:
    """Names that differ in case alone."""
    spellings: dict[str, list[str]] = defaultdict(list)
    for name in names:
        spellings[name.casefold()].append(name)
    return [same for same in spellings.values() if len(same) > 1]
