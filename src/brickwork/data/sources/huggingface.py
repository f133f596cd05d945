"""Hugging Face's datasets: by name, or from a folder that save_to_disk wrote."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from os.path import expanduser
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from brickwork.data.dataset import Dataset, Split
from brickwork.data.images.decode import Unreadable, bytes_of, decode_bytes
from brickwork.data.images.deep import Range
from brickwork.data.names import natural, printable
from brickwork.data.sources import notes
from brickwork.data.sources.hub import (
    PREFIX,
    WHOLE,
    Columns,
    column_labels,
    columns_of,
    error_words,
    image_column,
    image_folders,
    is_inside,
    set_folder,
    tables_at,
)
from brickwork.data.sources.splits import check_for_training, splits_of
from brickwork.errors import BrickworkError


@dataclass(frozen=True, eq=False, repr=False)
class HubSplit(Split):
    """Split of images in a table of the package datasets."""

    table: Any  # a datasets.Dataset with the images' column alone, not decoded
    place: str  # "hf:ylecun/mnist#train"
    rows: NDArray[np.int64]  # each image's row in the table
    folders: tuple[str, ...]  # where images may lie that are files of their own

    @property
    def location(self) -> str:
        return self.place

    @cached_property
    def names(self) -> Sequence[str]:
        return tuple(f"{self.place}/{row}" for row in self.rows.tolist())

    @cached_property
    def keys(self) -> Sequence[str]:
        return tuple(name.rpartition("#")[2] for name in self.names)

    def read_bytes(self, i: int) -> bytes:
        try:
            (image,) = self.table[int(self.rows[i])].values()
        except Exception as error:  # a file that went away or is damaged, in the words of pyarrow
            raise Unreadable(self.names[i], f"its table cannot be read: {error_words(error)}", "missing") from None
        value = image or {"bytes": None, "path": None}
        if value["bytes"] is None and value["path"] is None:
            raise Unreadable(self.names[i], "its row holds no image", "missing")
        return self.file_bytes(i, value["path"]) if value["bytes"] is None else bytes(value["bytes"])

    def file_bytes(self, i: int, path: str) -> bytes:
        """The bytes of a file that a row names, which must be one of the set's own."""
        place = os.path.join(self.folders[0], path)
        if "\0" in path or "://" in path or not is_inside(place, self.folders):
            raise Unreadable(self.names[i], f"its row names {printable(path):.200}, which is not in the set", "missing")
        return bytes_of(place)

    def decode(self, i: int, content: bytes, least: int = 0, range: Range = "file") -> Image.Image:
        return decode_bytes(content, self.names[i], least=least, range=range)

    def subset(self, positions: Sequence[int]) -> "HubSplit":
        index = list(positions)
        rows, groups = self.rows[index], self.groups_at(index)
        return HubSplit(self.labels[index], self.table, self.place, rows, self.folders, groups=groups)


def open_huggingface(source: str, *, seed: int = 0, groups: str = "", training: bool = True) -> Dataset:
    """Open the dataset that "hf:OWNER/NAME", "hf:OWNER/NAME/CONFIG" or "hf:FOLDER" names.

    Images are in the column of the kind datasets.Image, labels in the one of datasets.ClassLabel, or else in the one
    called label, class or category; "#COLUMN" at the end names another. Class ids follow the natural order of the
    labels. `groups` names a column. Raises BrickworkError.
    """
    place, _, column = source.removeprefix(PREFIX).partition("#")
    tables, unused = tables_at(source, place)
    columns = columns_of(source, next(iter(tables.values())), column, groups)
    labels = {split: column_labels(table, columns.label) for split, table in tables.items()}
    classes = sorted({label for names in labels.values() for label in names if label}, key=natural)
    if not classes:
        raise BrickworkError(f"{source} holds no image with a label in the column {printable(columns.label)}.")
    folders = image_folders(place)
    parts = {
        split: hub_split(table, labels[split], classes, columns, f"{PREFIX}{place}#{split}", folders)
        for split, table in tables.items()
    }
    whole = parts.get(WHOLE)
    splits: Mapping[str, Split] = splits_of(whole, None, seed) if whole else parts
    splits = {name: split for name, split in splits.items() if len(split)}
    printed = tuple(map(printable, classes))
    if training:
        check_for_training(source, printed, splits)
    return Dataset(
        name=printable(Path(expanduser(place)).name),
        classes=printed,
        splits=splits,
        source=f"{PREFIX}{set_folder(place) or place}{'#' if column else ''}{column}",
        notes=(
            *notes.division(
                "There are no splits", whole or next(iter(parts.values())), splits, seed if whole else None
            ),
            *notes.class_notes(printed, splits),
            *notes.rows_without_label(sum(label is None for names in labels.values() for label in names)),
            *notes.other_splits(unused),
            *notes.other_images(columns.image, columns.unread),
        ),
        groups=groups,
    )


def hub_split(
    table: Any,
    labels: Sequence[str | None],
    classes: Sequence[str],
    columns: Columns,
    place: str,
    folders: tuple[str, ...],
) -> HubSplit:
    """The images of a table that have a label."""
    number = {name: i for i, name in enumerate(classes)}
    rows = [row for row, label in enumerate(labels) if label is not None]
    ids = np.array([number[label] for label in labels if label is not None], np.int64)
    values = table[columns.group][:] if columns.group else ()
    groups = tuple(str(values[row]) for row in rows) if columns.group else ()
    images, numbers = image_column(table, columns.image), np.array(rows, np.int64)
    return HubSplit(ids, images, place, numbers, folders, groups=groups)
