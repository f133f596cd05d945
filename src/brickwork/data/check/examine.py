"""A data set is read once, and everything that is wrong with it is said."""

from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np

from brickwork.data import notes
from brickwork.data.check.classes import counted, of_classes
from brickwork.data.check.duplicates import alike, identical
from brickwork.data.check.findings import Case, Finding, Report, findings
from brickwork.data.check.folders import beside
from brickwork.data.check.read import read
from brickwork.data.check.rules import SEVERITIES
from brickwork.data.check.seen import Seen
from brickwork.data.check.shortcuts import shortcuts
from brickwork.data.dataset import Dataset
from brickwork.data.decode import MAX_PIXELS, Kind
from brickwork.data.index import Index

CODES: dict[Kind, str] = {
    "missing": "F101",
    "empty": "F102",
    "foreign": "F103",
    "bomb": "F104",
    "truncated": "F105",
    "damaged": "F106",
}
UNREADABLE = tuple(CODES.values())
LEAKS = "D402"
SMALL = 32  # pixels a side that most networks take at least


def check(
    dataset: Dataset,
    *,
    max_pixels: int = MAX_PIXELS,
    allow_leaks: bool = False,
    progress: Callable[[int], None] = lambda done: None,
) -> Report:
    """Reads every image of the data set and says what is wrong with it; nothing is written.

    Images of more than `max_pixels` count as unreadable. With `allow_leaks`, identical images in several splits are a
    warning. `progress` hears how many images are done.
    """
    images = read(dataset, max_pixels, progress)
    lying = beside(dataset)
    counts = counted(dataset.classes, {name: split.labels.tolist() for name, split in dataset.splits.items()})
    found = findings(
        [
            *of_images(images),
            *small(images),
            *lying.cases(),
            *of_classes(counts),
            *identical(images),
            *alike(images),
            *shortcuts(images, dataset.classes),
        ]
    )
    said = {*lying.said(), *notes.classes(dataset.classes, dataset.splits)}
    return Report(
        name=dataset.name,
        classes=dataset.classes,
        splits={name: len(split) for name, split in dataset.splits.items()},
        index=Index(dataset.source, tuple(each.entry for each in images)),
        findings=tuple(by_gravity(softened(found) if allow_leaks else found)),
        notes=tuple(sentence for sentence in dataset.notes if sentence not in said),
    )


def of_images(images: Sequence[Seen]) -> Iterator[tuple[str, Case]]:
    """What is wrong with images one by one."""
    for i, each in enumerate(images):
        if each.kind:
            yield CODES[each.kind], Case((each.name,), each.entry.reason, (i,))
        yield from ((code, Case((each.name,), words, (i,))) for code, words in each.traits)


def small(images: Sequence[Seen]) -> Iterator[tuple[str, Case]]:
    """Images of fewer than 32 pixels a side, and of less than half of what is usual in the set."""
    sides = {i: min(each.entry.width, each.entry.height) for i, each in enumerate(images) if each.readable}
    usual = float(np.median(list(sides.values()))) if sides else 0.0
    for i, side in sides.items():
        if side < min(SMALL, usual / 2):
            entry = images[i].entry
            yield "P207", Case((images[i].name,), f"{entry.width} x {entry.height}", (i,))


def softened(found: Iterable[Finding]) -> list[Finding]:
    return [finding.softened() if finding.rule.code == LEAKS else finding for finding in found]


def by_gravity(found: Iterable[Finding]) -> list[Finding]:
    return sorted(found, key=lambda finding: SEVERITIES.index(finding.severity))
