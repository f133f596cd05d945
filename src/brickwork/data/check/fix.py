"""A manifest of a dataset without the files that are wrong; the files stay where and as they are."""

import csv
import io
import os
from collections.abc import Sequence
from pathlib import Path

from brickwork.data.check.examine import LEAKS, UNREADABLE
from brickwork.data.check.findings import CheckReport
from brickwork.data.dataset import Dataset
from brickwork.data.names import printable
from brickwork.errors import BrickworkError
from brickwork.files import write_whole

ENDINGS = {".csv": ",", ".tsv": "\t"}  # of a manifest, and what stands between its values
MEASURING = ("test", "val", "train")  # what is in several splits stays in the first of these


def positions_to_drop(report: CheckReport) -> set[int]:
    """The places in the index of what a manifest leaves out: unreadable images, identical ones with different labels,
    and of those that are in several splits, all but the split's that measures most.
    """
    wrong = {i for case in report.of(*UNREADABLE, "D403") for i in case.images}
    for case in report.of(LEAKS):
        splits = {i: report.index.entries[i].split for i in case.images}
        keeper = min(splits.values(), key=MEASURING.index)
        wrong |= {i for i, split in splits.items() if split != keeper}
    return wrong


def classes_without_rows(report: CheckReport) -> list[str]:
    """The classes of which a manifest has no image."""
    out = positions_to_drop(report)
    left = {entry.label for i, entry in enumerate(report.index.entries) if i not in out}
    return [name for name in report.classes if name not in left]


def can_list(dataset: Dataset) -> bool:
    """Whether the images have files of their own, which a manifest can list."""
    return all(split.path(0) for split in dataset.splits.values())


def check_manifest_path(path: str | Path, dataset: Dataset) -> None:
    """Check that a manifest of the dataset can be written to this path; raises BrickworkError where it cannot."""
    path = Path(path)
    if path.exists():
        raise BrickworkError(f"{path} is there already, and no file is ever changed: name another, or delete it first.")
    if path.suffix.lower() not in ENDINGS:
        raise BrickworkError(f"{path}: a manifest is a table whose name ends in {' or '.join(ENDINGS)}.")
    if not can_list(dataset):
        raise BrickworkError(f"{dataset.name}: its images have no files of their own, which a manifest could list.")


def write_manifest(path: str | Path, dataset: Dataset, report: CheckReport) -> int:
    """Write the manifest of what is left, with columns path, label and split, and group where there are groups.

    Gives the number of rows. Paths below the table's folder are relative to it, others absolute. Raises
    BrickworkError, as `check_manifest_path` does, and where a file's name is no text.
    """
    path = Path(path)
    check_manifest_path(path, dataset)
    out = positions_to_drop(report)
    rows = [row for i, row in enumerate(rows_of(path, dataset)) if i not in out]
    grouped = all(split.groups for split in dataset.splits.values())
    text = io.StringIO(newline="")
    table = csv.writer(text, delimiter=ENDINGS[path.suffix.lower()], lineterminator="\n")
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
            image = split.path(i)
            assert image
            rows.append((path_text(folder, image), dataset.classes[label], name, *group))
    return rows


def path_text(folder: Path, image: Path) -> str:
    """An image's path as the table has it."""
    place = str(image.absolute())
    try:
        place.encode()
    except UnicodeEncodeError:
        raise BrickworkError(
            f"{printable(place)} has a name that is no text: rename it, then a table can hold it."
        ) from None
    return place.removeprefix(f"{folder}{os.sep}")
