"""Class balance: classes that are missing from splits, small, or called alike."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from brickwork.data.check.findings import Case
from brickwork.data.check.inspect import ImageFacts
from brickwork.data.sources.notes import alike

SPLITS = ("train", "val", "test")
SHARE = 10  # a class is small below this part of the largest

Counts = Mapping[str, Mapping[str, int]]  # split -> class -> images


def count_images(classes: Sequence[str], splits: Iterable[str], images: Sequence[ImageFacts]) -> Counts:
    """Count the images of each class in each split that can be read."""
    numbers = Counter((image.entry.split, image.entry.label) for image in images if image.readable)
    return {split: {name: numbers[split, name] for name in classes} for split in splits}


def of_classes(counts: Counts, images: Sequence[ImageFacts]) -> Iterator[tuple[str, Case]]:
    """Findings by the number of images alone; of a class without any, that it is lost."""
    totals: Counter[str] = Counter()
    for split in counts:
        totals.update(counts[split])
    lost = Counter(image.entry.label for image in images if not totals[image.entry.label])
    for name, count in lost.items():
        yield "C308", Case(detail=f"{name}: none of {count:,}")
        del totals[name]
    for split in SPLITS:
        if split not in counts:
            yield "C307", Case(detail=split)
    for name, total in totals.items():
        yield from of_class(name, total, counts, max(totals.values()))
    for names in alike(totals):
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
