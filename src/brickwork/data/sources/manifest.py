"""A manifest: a table with a row for each image, its path and its label, and where wanted its split and its group."""

import os
import posixpath
import unicodedata
from collections.abc import Callable, Sequence
from operator import not_
from pathlib import Path

import numpy as np

from brickwork.data.dataset import Dataset, FileSplit
from brickwork.data.keys import table_keys
from brickwork.data.names import natural, normal_name, printable
from brickwork.data.sources import notes
from brickwork.data.sources.groups import groups_of
from brickwork.data.sources.splits import NAMES, check_for_training, split_named, splits_of
from brickwork.data.sources.table import PARQUET, TEXT, Table, read_table
from brickwork.errors import BrickworkError

ENDINGS = (*TEXT, *PARQUET)
PATHS = ("path", "image", "file", "filename")  # what the columns may be called, in any case; the first one counts
LABELS = ("label", "class", "category")
SPLIT, GROUP = "split", "group"


def open_manifest(path: str | Path, *, seed: int = 0, groups: str = "", training: bool = True) -> Dataset:
    """Open the dataset in a table of columns path and label, and where there are any, split and group.

    Paths are relative to the table's folder, or absolute. Labels are names, also where they are numbers; class ids
    follow their natural order. Without the column split, the seed draws the splits. `groups` names a column, or is a
    pattern in the paths. Whether the files exist is left to decoding. Raises BrickworkError with the line.
    """
    path = Path(path)
    table = read_table(path)
    values = path_values(table)
    folder = folder_of(path, values[0])
    files, labels, given = [file_from(value, folder) for value in values], row_labels(table), row_splits(table)
    keys, in_folder = table_keys(files, folder)
    classes = sorted(set(labels), key=natural)
    number = {name: i for i, name in enumerate(classes)}
    ids = np.array([number[name] for name in labels], np.int64)
    together = tuple(together_of(table, keys, groups))
    every = FileSplit(ids, folder, tuple(files), groups=together, known_as=tuple(keys))
    kept = once(table, keys, labels, given)
    whole = every if len(kept) == len(every) else every.subset(kept)
    splits = splits_of(whole, given and [given[row] for row in kept], seed)
    shown = tuple(map(printable, classes))
    if training:
        check_for_training(str(path), shown, splits)
    return Dataset(
        name=printable(path.stem),
        classes=shown,
        splits=splits,
        notes=(
            *notes.no_common_folder(in_folder or bool(given)),
            *notes.division("There is no column split", whole, splits, None if given else seed),
            *notes.class_notes(shown, splits),
            *notes.duplicate_rows(sorted({*range(len(every))} - {*kept}), table.where),
            *notes.unread_columns(table.names, (PATHS, LABELS)),
        ),
        groups=groups,
    )


def once(table: Table, files: Sequence[str], labels: Sequence[str], splits: Sequence[str] | None) -> Sequence[int]:
    """The rows that name an image for the first time; raises BrickworkError where a later one disagrees."""
    if len(set(files)) == len(files):
        return range(len(files))
    first: dict[str, int] = {}
    for row, file in enumerate(files):
        before = first.setdefault(file, row)
        for column in (labels, splits or ()):
            if before != row and column and column[row] != column[before]:
                earlier = table.where(before).rpartition(", ")[2]
                here, there = column[row], column[before]
                raise BrickworkError(
                    f"{table.where(row)}: {printable(file)} is {here!r} here and {there!r} in {earlier}."
                )
    return list(first.values())


def path_values(table: Table) -> list[str]:
    """Every row's path, as the table has it, with "/" between folders; raises BrickworkError for an address."""
    values = column_values(table, require_column(table, PATHS, "the images' paths"))
    address = first_wrong(values, lambda value: "://" in value)
    if address is not None:
        raise BrickworkError(
            f"{table.where(address)}: expected a file's path, found the address {printable(values[address])}: "
            f"fetch the images first."
        )
    folder = table.path.absolute().parent
    if uses_backslashes(values, folder):
        values = [value.replace("\\", "/") for value in values]
    return values


def folder_of(table: Path, first: str) -> Path:
    """The folder from which a table's paths count: its own; of a link to a table, the one where its images are."""
    folder = table.absolute().parent
    real = table.resolve().parent
    return real if table.is_symlink() and not (folder / first).exists() and (real / first).exists() else folder


def file_from(value: str, folder: Path) -> str:
    """The path to open: relative where it is spelled so; as the disk has it, where blanks or accents differ."""
    file = value.removeprefix(f"{folder}{os.sep}")
    if not file.isascii() or file != file.strip():
        forms = (file, file.strip(), *(unicodedata.normalize(form, file.strip()) for form in ("NFC", "NFD")))
        file = next((form for form in forms if (folder / form).exists()), file)
    return normal(file)


def uses_backslashes(values: Sequence[str], folder: Path) -> bool:
    """Whether backslashes stand between folders, and not in the names of files."""
    row = first_wrong(values, lambda value: "\\" in value)
    return row is not None and os.sep == "/" and not (folder / values[row]).exists()


def normal(file: str) -> str:
    """One spelling for "./cat/1.jpg", "cat//1.jpg" and "cat/1.jpg"; ".." stays, as the folder may be a link."""
    return posixpath.normpath(file) if ("./" in file or "//" in file) and "../" not in file else file


def row_labels(table: Table) -> list[str]:
    name = require_column(table, LABELS, "the labels")
    return column_values(table, name, lambda value: normal_name(value.strip()))


def row_splits(table: Table) -> list[str] | None:
    """Every row's split, where the table has that column."""
    name = find_column(table, SPLIT)
    if name is None:
        return None
    values = [split_named(value) or value for value in table.column(name)]
    strange = first_wrong(values, lambda value: value not in NAMES)
    if strange is not None:
        raise BrickworkError(
            f"{table.where(strange)}, column {printable(name)}: expected train, val or test, found {values[strange]!r}."
        )
    return values


def together_of(table: Table, files: Sequence[str], groups: str) -> Sequence[str]:
    """Every row's group: of the column of that name, by a pattern in the paths, or of the column group."""
    name = find_column(table, groups or GROUP)
    if name is not None:
        return column_values(table, name, str.strip)
    if groups and "(" not in groups:
        columns = ", ".join(map(printable, table.names))
        known = f"it has {columns}; a pattern in the paths has round brackets"
        raise BrickworkError(f"groups: {table.path} has no column {groups!r}: {known}.")
    return groups_of(files, groups) if groups else ()


def require_column(table: Table, names: Sequence[str], what: str) -> str:
    """The column with one of these names; raises BrickworkError where there is none, or no row."""
    name = next((column for name in names if (column := find_column(table, name)) is not None), None)
    if name is None:
        columns = ", ".join(map(printable, table.names))
        raise BrickworkError(
            f"{table.path}: expected a header with a column for {what} ({', '.join(names)}), found {columns:.200}."
        )
    return name


def find_column(table: Table, name: str) -> str | None:
    """The column of this name, in any case; raises BrickworkError where there are two."""
    columns = [column for column in table.names if column.strip().lower() == name.lower()]
    if len(columns) > 1:
        raise BrickworkError(f"{table.path} has two columns {printable(columns[0])!r}: rename one of them.")
    return columns[0] if columns else None


def column_values(table: Table, name: str, change: Callable[[str], str] = str) -> list[str]:
    """A column's values after a change; raises BrickworkError for one that is empty."""
    values = list(map(change, table.column(name)))
    if not values:
        raise BrickworkError(f"{table.path} has a header, but no rows below it.")
    empty = first_wrong(values, not_)
    if empty is not None:
        raise BrickworkError(f"{table.where(empty)}, column {printable(name)}: expected a value, found nothing.")
    return values


def first_wrong(values: Sequence[str], wrong: Callable[[str], bool]) -> int | None:
    return next((row for row, value in enumerate(values) if wrong(value)), None)
