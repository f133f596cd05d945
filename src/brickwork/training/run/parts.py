"""Parts of a run folder: the names that this program gives there, none of which may be a link."""

import os
import re
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from brickwork.errors import BrickworkError
from brickwork.files import DAY, PARTIAL, is_link

BEGUN = ("recipe.toml", "run.json", "images.jsonl.gz", "notes.txt", "checkpoints", "tensorboard", "wandb")
PARTS = (*BEGUN, ".lock", "metrics.jsonl", "curve.svg", "model.safetensors", "report.html")
CHECKPOINT = re.compile(r"([0-9]{8,})\.(?:safetensors|sha256)")
OLDER = re.compile(r"\.[0-9a-z.]+\.[0-9]+")  # a file that an older version was writing: its name, its process


def check_parts(run: Path) -> None:
    """Raises BrickworkError where a part of a run is a link, which would lead reading or writing out of the folder."""
    for path in existing_parts(run):
        if is_link(path):
            raise BrickworkError(
                f"{path} is a link: the parts of a run are no links, as one may lead anywhere. Put what it leads to in "
                f"its place, if you trust it."
            )


def existing_parts(run: Path) -> Iterator[Path]:
    """The parts of a run that may be there, each checkpoint after their folder."""
    yield from (run / name for name in PARTS)
    checkpoints = run / "checkpoints"
    yield from (checkpoints / name for name in list_names(checkpoints) if step_of(name) is not None)


def list_names(folder: Path) -> list[str]:
    """The names in a folder; none where it is not there, or is a link."""
    if is_link(folder):
        return []
    try:
        return os.listdir(folder)
    except OSError:
        return []


def step_of(name: str) -> int | None:
    """The step in the name of a checkpoint's file; None for all other names."""
    found = CHECKPOINT.fullmatch(name)
    return int(found[1]) if found and f"{int(found[1]):08}" == found[1] else None


def is_partial(name: str) -> bool:
    """Whether a name is that of a part of a run, or of a checkpoint, that was being written."""
    if PARTIAL.fullmatch(name):
        return True
    whole = name[1:].rpartition(".")[0]
    return bool(OLDER.fullmatch(name)) and (whole in PARTS or step_of(whole) is not None)


def remove_partial_parts(run: Path, alone: bool) -> None:
    """Removes what killed processes were writing: all of it where this process is `alone`, else what is a day old."""
    for folder in (run, run / "checkpoints"):
        for path in (folder / name for name in list_names(folder) if is_partial(name)):
            with suppress(OSError):
                if alone or time.time() - path.lstat().st_mtime > DAY:
                    path.unlink()
