"""Keys: an image is known by its normalised path within the data, however one gets to it."""

import os
import posixpath
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from brickwork.data.names import normal_name

SPELLED = re.compile(r"[^!-~]|//|(?:^|/)\.\.?(?:/|$)|/$")  # of what may have more than one spelling


def normal_path(path: str) -> str:
    """A path in its one spelling: each of its names is normal, and there is no "//" and no "." in it."""
    if not SPELLED.search(path):
        return path
    return "/".join(normal_name(name) or name for name in posixpath.normpath(path).split("/"))


def unique_keys(paths: Sequence[str]) -> tuple[str, ...]:
    """The normal path of each, by which an image is known; of several that have the same, each keeps its own."""
    keys = tuple(map(normal_path, paths))
    counts = Counter(keys)
    if len(counts) == len(keys):
        return keys
    return tuple(path if counts[key] > 1 else key for path, key in zip(paths, keys, strict=True))


def table_keys(paths: Sequence[str], folder: Path) -> tuple[list[str], bool]:
    """The key of each path that a table in this folder has, and whether each is a path within some folder.

    What lies below the table's folder has its path from there, however it is spelled. All else has its path from the
    deepest folder around all; where that is the root alone, or some lie below the table's folder and some do not,
    keys are whole paths, which change as the images move.
    """
    names = [path.rpartition("/")[2] for path in paths]
    spelled = [path[: len(path) - len(name)] for path, name in zip(paths, names, strict=True)]
    places = {place: place_within(place, folder) for place in set(spelled)}
    outside = {spelling: place for spelling, place in places.items() if leaves(place)}
    around = ""
    if len(outside) == len(places):
        real = {spelling: os.path.realpath(folder / place) for spelling, place in outside.items()}
        around = folder_around(list(real.values()))
        places = {spelling: os.path.relpath(place, around) for spelling, place in real.items()} if around else places
    begin = {spelling: "" if place in ("", ".") else f"{place}/" for spelling, place in places.items()}
    keys = [normal_path(begin[place] + name) for place, name in zip(spelled, names, strict=True)]
    return tell_apart(keys, paths, folder), bool(around) or not any(map(os.path.isabs, outside.values()))


def leaves(place: str) -> bool:
    """Whether a path leads out of the folder from which it counts."""
    return os.path.isabs(place) or place.split("/")[0] == ".."


def tell_apart(keys: list[str], paths: Sequence[str], folder: Path) -> list[str]:
    """The same keys, but of different files that would share one, each has its own spelling."""
    if len(set(keys)) == len(keys):
        return keys
    first: dict[str, str] = {}
    for row, (key, path) in enumerate(zip(keys, paths, strict=True)):
        other = first.setdefault(key, path)
        if path != other and (folder / path).exists() and not same_place(folder / path, folder / other):
            keys[row] = path
    return keys


def place_within(place: str, folder: Path) -> str:
    """The path below a folder of a place that is given from it, whatever links and mounts lead there.

    Of one that does not lie there, the real path: whole where it was, else with "..".
    """
    if not os.path.isabs(place) and ".." not in place.split("/"):
        return place.rstrip("/")  # also through a link that lies in the folder
    whole = os.path.join(folder, place.rstrip("/") or "/")
    real = os.path.realpath(whole)
    for start in (real if ".." in place.split("/") else whole, real):
        for above in (Path(start), *Path(start).parents):
            if same_place(above, folder):
                return os.path.relpath(start, above)
    return real if os.path.isabs(place) else os.path.relpath(real, os.path.realpath(folder))


def same_place(one: Path, other: Path) -> bool:
    """Whether two paths lead to one folder or file, be it by links or mounts."""
    try:
        return os.path.samefile(one, other)
    except OSError:
        return one == other


def folder_around(places: Sequence[str]) -> str:
    """The deepest folder around all places; "" where there is none but the root."""
    try:
        common = os.path.commonpath(places)
    except ValueError:  # two drives of Windows
        return ""
    return "" if os.path.dirname(common) == common else common
