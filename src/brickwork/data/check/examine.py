"""The check of a dataset: every image is read once, and every rule applied."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from brickwork.data.check.classes import count_images, of_classes
from brickwork.data.check.duplicates import identical, near_duplicates
from brickwork.data.check.findings import Case, CheckReport, Finding, findings
from brickwork.data.check.folders import surroundings
from brickwork.data.check.inspect import ImageFacts
from brickwork.data.check.inspect_all import inspect_all
from brickwork.data.check.rules import SEVERITIES
from brickwork.data.check.shortcuts import shortcuts
from brickwork.data.dataset import Dataset
from brickwork.data.images.decode import MAX_PIXELS, Kind
from brickwork.data.index import Index, narrow_range
from brickwork.data.sources import notes
from brickwork.data.sources.open import open_data

CODES: dict[Kind, str] = {
    "missing": "F101",
    "empty": "F102",
    "foreign": "F103",
    "bomb": "F104",
    "truncated": "F105",
    "damaged": "F106",
    "reader": "F112",
    "unsupported": "F113",
}
UNREADABLE = tuple(CODES.values())
LEAKS = "D402"
SMALL = 32  # pixels a side that most networks take at least


def check(
    data: Dataset | str | Path,
    *,
    max_pixels: int = MAX_PIXELS,
    allow_leaks: bool = False,
    progress: Callable[[int], None] = lambda done: None,
) -> CheckReport:
    """Check a dataset, or what `open_data` takes: read every image and report what is wrong; nothing is written.

    Images of more than `max_pixels` count as unreadable. With `allow_leaks`, identical images in several splits are a
    warning. `progress` hears how many images are done.
    """
    dataset = data if isinstance(data, Dataset) else open_data(data)
    images = inspect_all(dataset, max_pixels, progress)
    beside = surroundings(dataset)
    counts = count_images(dataset.classes, dataset.splits, images)
    all_findings = findings(
        [
            *of_images(images),
            *small(images),
            *dim(images),
            *beside.cases(),
            *of_classes(counts, images),
            *identical(images),
            *near_duplicates(images),
            *shortcuts(images, dataset.classes),
        ]
    )
    repeated = {*beside.opening_notes(), *notes.class_notes(dataset.classes, dataset.splits)}
    return CheckReport(
        name=dataset.name,
        classes=dataset.classes,
        splits={name: len(split) for name, split in dataset.splits.items()},
        index=Index(dataset.source, tuple(image.entry for image in images)),
        findings=tuple(by_gravity(soften_leaks(all_findings) if allow_leaks else all_findings)),
        notes=tuple(sentence for sentence in dataset.notes if sentence not in repeated),
    )


def of_images(images: Sequence[ImageFacts]) -> Iterator[tuple[str, Case]]:
    """The cases of images one by one: unreadable ones and what their headers say."""
    for i, image in enumerate(images):
        if image.kind:
            yield CODES[image.kind], Case((image.name,), image.entry.reason, (i,))
        yield from ((code, Case((image.name,), words, (i,))) for code, words in image.traits)


def small(images: Sequence[ImageFacts]) -> Iterator[tuple[str, Case]]:
    """Images of fewer than 32 pixels a side, and of less than half of what is usual in the set."""
    sides = {i: min(image.entry.width, image.entry.height) for i, image in enumerate(images) if image.readable}
    usual = float(np.median(list(sides.values()))) if sides else 0.0
    for i, side in sides.items():
        if side < min(SMALL, usual / 2):
            entry = images[i].entry
            yield "P207", Case((images[i].name,), f"{entry.width} x {entry.height}", (i,))


def dim(images: Sequence[ImageFacts]) -> Iterator[tuple[str, Case]]:
    """The images of more than 8 bits that state no range, where all of them use a quarter of their depth at most."""
    if words := narrow_range(image.entry for image in images):
        yield "P208", Case(detail=words)


def soften_leaks(findings: Iterable[Finding]) -> list[Finding]:
    return [finding.as_warning() if finding.rule.code == LEAKS else finding for finding in findings]


def by_gravity(findings: Iterable[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda finding: SEVERITIES.index(finding.severity))
