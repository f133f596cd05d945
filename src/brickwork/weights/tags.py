"""Published weights by name; tags.tsv has a row for each."""

import csv
from fnmatch import fnmatch
from functools import cache
from importlib.resources import files
from pathlib import Path

from brickwork.errors import BrickworkError, nearest
from brickwork.weights.tag import InputSpec, Tag

HUB = "hub:"  # an address on huggingface.co


@cache
def tag_table() -> dict[str, Tag]:
    """Every tag by its name; a network's own default comes first."""
    text = files("brickwork.weights").joinpath("tags.tsv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines(), delimiter="\t")
    return {row["tag"]: _tag(row) for row in rows}


def _tag(row: dict[str, str]) -> Tag:
    view = InputSpec(
        size=int(row["size"]),
        resize=int(row["resize"]),
        interpolation=row["interpolation"],
        mean=_three(row["mean"]),
        std=_three(row["std"]),
        colour=row["colour"],
        scale=int(row["scale"]),
    )
    sha256 = None if row["sha256"] == "-" else row["sha256"]
    accuracy = None if row["top1"] == "-" else (float(row["top1"]), float(row["top5"]))
    return Tag(row["tag"], row["network"], row["library"], row["address"], view, sha256, accuracy)


def _three(text: str) -> tuple[float, float, float]:
    red, green, blue = map(float, text.split())
    return red, green, blue


def tags(pattern: str = "*") -> list[str]:
    """The tags that match a pattern such as "resnet50.*"."""
    return [name for name in tag_table() if fnmatch(name, pattern)]


def find_tag(name: str) -> Tag:
    """The tag of that name; raises BrickworkError for an unknown one, with the nearest."""
    if name not in tag_table():
        raise BrickworkError(f"unknown weights {name!r}: {nearest(name, tags())} See docs/weights.md.")
    return tag_table()[name]


def default(network: str) -> Tag:
    """The first tag of a network, as written in "resnet50" or "seresnet50[stride=v1,stem=caffe]"."""
    first = next((tag for tag in tag_table().values() if tag.network == network), None)
    if first is None:
        raise BrickworkError(f"{network}: there are no published weights that we know of. See docs/weights.md.")
    return first


def tag_of_file(path: Path) -> Tag | None:
    """The tag of a file that still has its published name, which holds the beginning of its sha256."""
    return next((tag for tag in tag_table().values() if tag.sha256 and tag.file == path.name), None)
