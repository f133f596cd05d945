"""Files beside the dataset in its folder: hidden and junk entries, other files, loose images, empty class folders."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from brickwork.data.check.findings import Case
from brickwork.data.dataset import Dataset, FileSplit
from brickwork.data.names import printable
from brickwork.data.sources import notes
from brickwork.data.sources.folder import split_folders
from brickwork.data.sources.listing import list_folder, list_tree


@dataclass(frozen=True)
class Surroundings:
    """Entries of a dataset's folder that are in no split; paths relative to it."""

    junk: tuple[str, ...] = ()  # a folder counts as one entry
    others: tuple[str, ...] = ()
    loose: tuple[str, ...] = ()  # images outside class folders
    empty: tuple[str, ...] = ()  # folders of classes without any image

    def cases(self) -> Iterator[tuple[str, Case]]:
        for code, paths in (("F109", self.junk), ("F110", self.others), ("F111", self.loose), ("C303", self.empty)):
            yield from ((code, Case((printable(path),))) for path in paths)

    def opening_notes(self) -> list[str]:
        """The notes of opening the dataset that say the same."""
        classes = dict.fromkeys(path.rpartition("/")[2] for path in self.empty)
        loose, ignored = notes.loose(len(self.loose)), notes.ignored_entries(len(self.junk), self.others)
        return [*notes.empty_classes(classes), *loose, *ignored]


def surroundings(dataset: Dataset) -> Surroundings:
    """List what lies beside the images of a folder of class folders; nothing for other sources."""
    path = Path(dataset.source)
    if not all(isinstance(split, FileSplit) and split.root.resolve() == path for split in dataset.splits.values()):
        return Surroundings()
    top = list_folder(path)
    places = [f"{folder}/" for folder in split_folders(path, top, training=False).values()] or [""]
    levels = {place: list_folder(path / place) for place in places}
    classes = {
        f"{place}{name}": list_tree(path / place / name) for place, level in levels.items() for name in level.folders
    }
    parts = {
        **({"": top} if "" not in levels else {}),
        **levels,
        **{f"{name}/": part for name, part in classes.items()},
    }
    filled = {name.rpartition("/")[2] for name, part in classes.items() if part.images}
    return Surroundings(
        junk=join_names({place: part.junk for place, part in parts.items()}),
        others=join_names({place: part.others for place, part in parts.items()}),
        loose=join_names({place: part.images for place, part in {"": top, **levels}.items()}),
        empty=tuple(name for name in classes if name.rpartition("/")[2] not in filled),
    )


def join_names(names: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(f"{place}{name}" for place, files in names.items() for name in files)
