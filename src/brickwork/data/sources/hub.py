"""Tables of the package datasets: by their splits, with the columns that are read and the labels in them."""

import json
import os
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from os.path import expanduser
from pathlib import Path
from typing import Any

from brickwork.data.address import check_fsspec
from brickwork.data.names import printable, shorten
from brickwork.data.sources.manifest import LABELS
from brickwork.data.sources.splits import NAMES, SPLITS
from brickwork.errors import BrickworkError

PREFIX = "hf:"
OLDEST = 4  # of datasets: earlier ones run a set's own code
NAME = re.compile(r"(?:[A-Za-z0-9][\w.-]*/){1,2}[A-Za-z0-9][\w. -]*", re.ASCII)
PLAIN_NAME = re.compile(r"(?!\.\.?$)[^/\\:\0]+")
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
    loaded = load_tables(source, place)
    tables = loaded.with_format(None) if hasattr(loaded, "with_format") else loaded  # a saved one can be anything
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
    """Load a datasets.Dataset, or a DatasetDict of splits, by name or from a folder; no code of a set is run."""
    folder = set_folder(place)
    if not folder:
        check_name(source, place)
    try:
        import datasets
    except ModuleNotFoundError:
        raise BrickworkError(f"{source} is read with datasets: pip install 'brickwork[huggingface]'.") from None
    check_fsspec()  # a set's own card may name addresses, which datasets gives to it
    if int(datasets.__version__.partition(".")[0]) < OLDEST:
        raise BrickworkError(f"datasets {datasets.__version__} can run a set's own code: pip install 'datasets>=4'.")
    if folder:
        check_saved(source, folder)
    name, config = place.rsplit("/", 1) if place.count("/") == 2 else (place, None)
    try:
        if folder:
            return datasets.load_from_disk(str(folder))
        return datasets.load_dataset(name, config, trust_remote_code=False)
    except Exception as error:  # whatever the network, the files and the package come up with
        raise BrickworkError(f"{source} cannot be opened: {error_words(error)}.") from None


def set_folder(place: str) -> Path | None:
    """The folder that a place names, by its whole path; None where there is none."""
    folder = Path(expanduser(place))
    return folder.resolve() if place and folder.is_dir() else None


def check_name(source: str, place: str) -> None:
    """Raises BrickworkError for what is no OWNER/NAME or OWNER/NAME/CONFIG, or may be files that lie here."""
    shown = shorten(printable(source))
    if not NAME.fullmatch(place) or ".." in place:
        raise BrickworkError(f"{shown}: expected hf:OWNER/NAME, hf:OWNER/NAME/CONFIG, or a folder that is there.")
    name = "/".join(place.split("/")[:2])
    if os.path.lexists(name):
        raise BrickworkError(f"{shown}: {name} also lies in the current folder: run this elsewhere, or rename that.")


def check_saved(source: str, folder: Path) -> None:
    """Raises BrickworkError where a saved set names tables outside its folder, or an address in their place."""
    if "::" in str(folder):
        raise BrickworkError(f"{source}: a set is not read from a folder with '::' in its path: move it.")
    parts = [folder / name for name in plain_names(source, folder / "dataset_dict.json", lambda found: found["splits"])]
    for part in parts or [folder]:
        state = part / "state.json"
        files = plain_names(source, state, lambda found: [file["filename"] for file in found["_data_files"]])
        if outside := [file for file in files if not is_inside(part / file, [str(folder)])]:
            raise BrickworkError(f"{source}: {printable(outside[0])} leads out of the set's folder: copy it there.")


def plain_names(source: str, file: Path, names: Callable[[Any], Iterable[object]]) -> list[str]:
    """The names of folders or files that a JSON document has, none where it is not there; raises BrickworkError."""
    if not file.is_file():
        return []
    try:
        found = list(names(json.loads(file.read_bytes())))
    except (OSError, ValueError, TypeError, LookupError, RecursionError):
        raise BrickworkError(f"{source}: {file.name} is not what save_to_disk writes.") from None
    for name in found:
        if not isinstance(name, str) or not PLAIN_NAME.fullmatch(name):
            raise BrickworkError(f"{source}: {file.name} names {name!r:.80}, not a file or a folder beside it.")
    return [str(name) for name in found]


def is_inside(path: str | Path, folders: Sequence[str]) -> bool:
    """Whether a path, with all links followed, lies in one of the folders."""
    real = os.path.realpath(path)
    return any(real.startswith(f"{os.path.realpath(folder).rstrip(os.sep)}{os.sep}") for folder in folders)


def image_folders(place: str) -> tuple[str, ...]:
    """The folders in which a set's images may lie: its own, or where its files are kept once they are fetched."""
    if folder := set_folder(place):
        return (str(folder),)
    import datasets
    from huggingface_hub.constants import HF_HUB_CACHE

    repository = "--".join(["datasets", *place.split("/")[:2]])
    return os.path.join(HF_HUB_CACHE, repository), str(datasets.config.DOWNLOADED_DATASETS_PATH)


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
    if group and not isinstance(features[group], datasets.Value | datasets.ClassLabel):  # others may open files
        raise BrickworkError(f"{source}: the column {printable(group)} holds no names or numbers of groups.")
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
