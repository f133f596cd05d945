"""Sources of datasets: a word for an embedded set, a folder, a manifest, shards, or a name at Hugging Face."""

import os
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from os.path import expanduser
from pathlib import Path

from brickwork.data.dataset import Dataset
from brickwork.data.sources.folder import open_folder
from brickwork.data.sources.hub import PREFIX
from brickwork.data.sources.huggingface import open_huggingface
from brickwork.data.sources.idx import holds_idx, open_idx
from brickwork.data.sources.manifest import ENDINGS, open_manifest
from brickwork.data.sources.shards import expand_braces, holds_shards, is_pattern, is_remote
from brickwork.data.sources.webdataset import open_webdataset
from brickwork.errors import BrickworkError, mask_credentials, nearest
from brickwork.files import neighbour

EMBEDDED = {
    "fashion": Path(__file__).parents[1] / "fashion"
}  # Fashion-MNIST's 10,000 + 2,000, see scripts/make_fashion.py
ARCHIVES = {  # an ending, and what unpacks it
    ".zip": "unzip", ".7z": "7z x", ".rar": "unrar x", ".tar": "tar xf", ".tar.gz": "tar xf", ".tgz": "tar xf",
    ".tar.xz": "tar xf", ".tar.bz2": "tar xf",
}  # fmt: skip
KINDS = (
    f"a folder of class folders, of idx files or of .tar shards; a manifest ({', '.join(ENDINGS)}); shards by a "
    f"pattern or an address (shards/{{000..009}}.tar, s3://...); hf:NAME; or a word: {', '.join(EMBEDDED)}"
)


def open_data(source: str | Path, *, seed: int = 0, groups: str = "", training: bool = True) -> Dataset:
    """Open the dataset that a word, a path, a pattern or an address names; nothing is decoded yet.

    `docs/data.md` has every kind of source. Where a source has no splits of its own, the seed draws 80, 10 and 10 % of
    each class, by each image's own hash. `groups` says what stays together in one split: a pattern in the images'
    paths, or the name of a column. What is only evaluated (`training=False`) needs neither a train split nor two
    classes. Raises BrickworkError.
    """
    source = os.fspath(source)
    if source in EMBEDDED:
        return replace(open_idx(EMBEDDED[source], source, groups=groups), source=source, seed=seed)
    if source.startswith(PREFIX):
        return replace(open_huggingface(source, seed=seed, groups=groups, training=training), seed=seed)
    path = Path(expanduser(source))  # Path's own raises where there is no such person
    if source and os.path.exists(path):
        dataset = open_path(path, source, seed, groups, training)
        return replace(dataset, source=str(path.resolve()), seed=seed)
    if is_pattern(source):
        dataset = open_webdataset(expanduser(source), seed=seed, groups=groups, training=training)
        place = mask_credentials(source) if is_remote(source) else os.path.abspath(expanduser(source))
        return replace(dataset, source=place, seed=seed)
    raise BrickworkError(unknown_source(source))


def open_path(path: Path, source: str, seed: int, groups: str, training: bool) -> Dataset:
    """Open the dataset in a folder or a file that is there."""
    if path.is_file() and path.suffix.lower() in ENDINGS:
        return open_manifest(path, seed=seed, groups=groups, training=training)
    if is_pattern(path.name) if path.is_file() else holds_shards(path):
        with explain_archive(path):
            return open_webdataset(str(path), seed=seed, groups=groups, training=training)
    if not path.is_dir():
        raise BrickworkError(f"{source} is a file: data is {KINDS}.{unpacking(path)}")
    if holds_idx(path):
        return open_idx(path, path.resolve().name, groups=groups, training=training)
    return open_folder(path, seed=seed, groups=groups, training=training)


def unpacking(path: Path, reason: str = "") -> str:
    """The line that unpacks an archive, as " Unpack it first: unzip photos.zip"; nothing for other files."""
    ending = next((ending for ending in ARCHIVES if path.name.lower().endswith(ending)), None)
    return f" {reason}Unpack it first: {shlex.join([*ARCHIVES[ending].split(), str(path)])}" if ending else ""


@contextmanager
def explain_archive(path: Path) -> Iterator[None]:
    """Adds to what is wrong with a single archive how to unpack it: it may be a folder of class folders."""
    try:
        yield
    except BrickworkError as fault:
        hint = unpacking(path, "Does it hold class folders? ") if path.is_file() else ""
        raise BrickworkError(f"{fault}{hint}") from None


def unknown_source(source: str) -> str:
    near = neighbour(Path(expanduser(source)))
    hint = f" Did you mean {near}?" if near else ""
    if any(mark in source for mark in "/\\.~"):
        return f"there is no folder or file {source}: data is {KINDS}.{hint}"
    known = nearest(source, list(EMBEDDED))
    return f"unknown data {source!r}: {known} There is no folder of this name here either.{hint}"


def is_contact(source: str) -> bool:
    """Whether opening a source asks another machine, or may; raises BrickworkError for braces beyond sense."""
    if source.startswith(PREFIX):
        return not os.path.isdir(expanduser(source.removeprefix(PREFIX).partition("#")[0]))
    shares = os.name == "nt" and source.replace("/", "\\").startswith("\\\\")
    return shares or any(map(is_remote, expand_braces(source)))
