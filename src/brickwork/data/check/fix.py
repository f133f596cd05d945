"""A manifest of a data set without the files that are wrong; the files stay where and as they are."""

import csv
import io
import os
from collections.abc import Sequence
from pathlib import Path

from brickwork.data.check.examine import LEAKS, UNREADABLE
from brickwork.data.check.findings import Report
from brickwork.data.dataset import Dataset
from brickwork.data.names import printable
from brickwork.errors import BrickworkError
from brickwork.files import write_whole

MEASURING = ("test", "val", "train")  # what is in several splits stays in the first of these


def left_out(report: Report) -> set[int]:
    """The places in the index of what a manifest leaves out: unreadable images, identical ones with different labels,
    and of those that are in several splits, all but the split's that measures most.
    """
    wrong = {i for case in report.of(*UNREADABLE, "D403") for i in case.images}
    for case in report.of(LEAKS):
        splits = {i: report.index.entries[i].split for i in case.images}
        kept = min(splits.values(), key=MEASURING.index)
        wrong |= {i for i, split in splits.items() if split != kept}
    return wrong


def write_manifest(path: Path, dataset: Dataset, report: Report) -> int:
    """Writes the table of what is left, with columns path, label and split, and group where there are groups.

    Gives the number of rows. Paths below the table's folder are relative to it, others absolute. Raises
    BrickworkError where the file is there already, or the images have no files of their own.
    """
    if path.exists():
        raise BrickworkError(f"{path} is there already, and no file is ever changed: name another, or delete it first.")
    rows = [row for i, row in enumerate(rows_of(path, dataset)) if i not in left_out(report)]
    grouped = all(split.groups for split in dataset.splits.values())
    text = io.StringIO(newline="")
    table = csv.writer(text, lineterminator="\n")
    table.writerow(("path", "label", "split", "group")[: 4 if grouped else 3])
    table.writerows(rows)
    write_whole(path, text.getvalue().encode())
    return len(rows)


def rows_of(path: Path, dataset: Dataset) -> list[Sequence[str]]:
    """A row for every image, in the index's order."""
    folder = path.absolute().parent
    rows: list[Sequence[str]] = []
    for name, split in dataset.splits.items():
        for i, label in enumerate(split.labels.tolist()):
            group = (split.groups[i],) if split.groups else ()
            rows.append((written(folder, split.path(i), split.names[i]), dataset.classes[label], name, *group))
    return rows


def written(folder: Path, image: Path | None, name: str) -> str:
    """An image's path as the table has it."""
    if image is None:
        raise BrickworkError(f"{name} has no file of its own: a manifest lists files, so --fix cannot leave it out.")
    place = str(image.absolute())
    try:
        place.encode()
    except UnicodeEncodeError:
        raise BrickworkError(
            f"{printable(place)} has a name that is no text: rename it, then a table can hold it."
        ) from None
    return place.removeprefix(f"{folder}{os.sep}")
