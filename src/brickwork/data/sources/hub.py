"""Tables of the package datasets: by their splits, with the columns that are read and the labels in them."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from os.path import expanduser
from pathlib import Path
from typing import Any

from brickwork.data.names import printable
from brickwork.data.sources.manifest import LABELS
from brickwork.data.sources.splits import NAMES, SPLITS
from brickwork.errors import BrickworkError

PREFIX = "hf:"
WHOLE = "all"  # what a set without splits is called
PLAIN = ("string", "large_string", "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")


@dataclass(frozen=True)
class Columns:
    """The columns of a table that are read: image, label and group."""

    image: str
    label: str
    group: str | None
    unread: tuple[str, ...]  # others that hold images, too


def tables_at(source: str, place: str) -> tuple[dict[str, Any], list[str]]:
    """The tables by the names of our splits, or one of all images; and the splits that are none of these.

    A place is a folder, "OWNER/NAME" or "OWNER/NAME/CONFIG". Raises BrickworkError.
    """
    tables = load_tables(source, place)
    if not isinstance(tables, Mapping):
        return {WHOLE: tables}, []
    ours = [(SPLITS[name.lower()], name) for name in tables if name.lower() in SPLITS]
    if len(tables) == 1 and not ours:
        return {WHOLE: next(iter(tables.values()))}, []
    if not ours or len(dict(ours)) < len(ours):
        raise BrickworkError(f"{source} has the splits {', '.join(tables)}: expected one each of train, val and test.")
    ours.sort(key=lambda pair: NAMES.index(pair[0]))
    return {split: tables[name] for split, name in ours}, [name for name in tables if name.lower() not in SPLITS]


def load_tables(source: str, place: str) -> Any:
    """Load a datasets.Dataset, or a DatasetDict of splits, by name or from a folder."""
    try:
        import datasets
    except ModuleNotFoundError:
        raise BrickworkError(f"{source} is read with datasets: pip install 'brickwork[huggingface]'.") from None
    folder = Path(expanduser(place))
    name, config = place.rsplit("/", 1) if place.count("/") == 2 else (place, None)
    try:
        return datasets.load_from_disk(str(folder)) if folder.is_dir() else datasets.load_dataset(name, config)
    except Exception as error:  # whatever the network, the files and the package come up with
        raise BrickworkError(f"{source} cannot be opened: {error_words(error)}.") from None


def error_words(error: Exception) -> str:
    return printable(" ".join(str(error).split()))[:300].rstrip(".") or type(error).__name__


def columns_of(source: str, table: Any, label: str, group: str) -> Columns:
    """Which columns are read, by their kinds; raises BrickworkError where that cannot be told."""
    import datasets

    features = table.features
    images = [name for name, kind in features.items() if isinstance(kind, datasets.Image)]
    known = ", ".join(map(printable, features))
    if not images:
        raise BrickworkError(f"{source} has no column of images: it has {known}.")
    for name in filter(None, (label, group)):
        if name not in features:
            raise BrickworkError(f"{source} has no column {name!r}: it has {known}.")
    chosen = label or label_column(source, features)
    if not isinstance(features[chosen], datasets.ClassLabel) and getattr(features[chosen], "dtype", "") not in PLAIN:
        raise BrickworkError(f"{source}: the column {printable(chosen)} holds no names or numbers of classes.")
    return Columns(images[0], chosen, group or None, tuple(images[1:]))


def label_column(source: str, features: Mapping[str, Any]) -> str:
    """The one column of classes, or of several, and of those without names, the one that is called label."""
    from datasets import ClassLabel

    classes = [name for name, kind in features.items() if isinstance(kind, ClassLabel)]
    called = [name for wanted in LABELS for name in classes or features if name.lower() == wanted]
    if len(classes) == 1 or called:
        return classes[0] if len(classes) == 1 else called[0]
    if classes:
        raise BrickworkError(
            f"{source} has several columns of labels, {', '.join(classes)}: choose one, as in {source}#{classes[0]}."
        )
    known = ", ".join(map(printable, features))
    raise BrickworkError(
        f"{source} has no column of labels ({', '.join(LABELS)}): it has {known}; name one as in {source}#COLUMN."
    )


def column_labels(table: Any, column: str) -> list[str | None]:
    """Every row's label by its name; None where it has none, as in test splits whose labels are kept secret."""
    values: Sequence[Any] = table[column][:]
    names = getattr(table.features[column], "names", None)
    if names is not None:
        return [None if value is None or value < 0 else names[value] for value in values]
    texts = ["" if value is None else unicodedata.normalize("NFC", str(value).strip()) for value in values]
    return [text or None for text in texts]


def image_column(table: Any, column: str) -> Any:
    """The table with its images alone, as bytes."""
    from datasets import Image

    return table.select_columns([column]).cast_column(column, Image(decode=False))
