"""The run folder: what one training leaves behind, and what it needs to go on."""

import gzip
import json
import os
import re
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from brickwork.data.dataset import Dataset
from brickwork.data.sources.listing import is_run, list_folder
from brickwork.documents import decode_object, parse_json, read_bounded
from brickwork.errors import BrickworkError
from brickwork.files import write_whole
from brickwork.loader.note import Note
from brickwork.recipe.recipe import MOST, Recipe, recipe_from_toml
from brickwork.training.run.checkpoint import Checkpoints
from brickwork.training.run.curve import curve
from brickwork.validate import validate_fields

try:
    import fcntl
except ImportError:  # Windows has none: there, nothing hinders two processes
    fcntl = None  # type: ignore[assignment]

CONTENTS = "images.jsonl.gz"  # of each image its key, its split and class, and 64 bits of its content's sum
MOST_IMAGES = 100_000_000
LINE = 1 << 16  # bytes of a line of it at most
PLAN = ("network", "data", "groups", "seed", "track", "title")  # what run.json says at least


@dataclass(frozen=True)
class PlanDocument:
    """What run.json says: all else that a training begins with but its recipe."""

    title: str
    network: str  # as JSON
    data: str  # its source; "" where it was given in Python
    groups: str
    seed: int
    track: tuple[str, ...]
    brickwork: str = ""  # the version that began it

    def __post_init__(self) -> None:
        validate_fields(self)
        if not self.title.isprintable():
            raise BrickworkError(f"its title has control characters: {self.title!r:.60}")


@dataclass(frozen=True)
class Epoch:
    """Metrics of an epoch: a line of metrics.jsonl."""

    epoch: int  # counted from 1
    loss: float  # mean over the epoch's steps, with label smoothing and side heads
    val_loss: float  # cross-entropy of the head alone, without smoothing
    val_accuracy: float
    learning_rate: float  # of the last step
    seconds: float  # of work since the first step of the training, pauses not counted
    images_per_second: float
    waiting: float = 0.0  # share of the epoch's time in which the steps waited for data
    validating: float = 0.0  # share of it that validation and checkpoints took


def check_contents(rows: list[Any]) -> None:
    """Raises ValueError where these are no rows of a file of images: key, split and class, sum."""
    for row in rows:
        if not (isinstance(row, list) and len(row) == 3 and all(isinstance(word, str) for word in row)):
            raise ValueError(f"{row!r:.60} is no row of {CONTENTS}")


def best_of(epochs: Sequence[Epoch]) -> Epoch:
    """The highest validation accuracy; among equals, the lowest validation loss."""
    return max(epochs, key=lambda epoch: (epoch.val_accuracy, -epoch.val_loss))


@dataclass(frozen=True)
class Run:
    """A run folder.

    recipe.toml, run.json (network, data), images.jsonl.gz, checkpoints/, metrics.jsonl (a line an epoch), curve.svg,
    model.safetensors.
    """

    path: Path
    title: str

    @property
    def model(self) -> Path:
        return self.path / "model.safetensors"

    @property
    def checkpoints(self) -> Checkpoints:
        return Checkpoints(self.path / "checkpoints")

    def write(self, epochs: Sequence[Epoch]) -> None:
        """Write metrics.jsonl and curve.svg from all epochs so far."""
        lines = "".join(json.dumps(asdict(epoch)) + "\n" for epoch in epochs)
        write_whole(self.path / "metrics.jsonl", lines.encode())
        losses, accuracies = [epoch.loss for epoch in epochs], [epoch.val_accuracy for epoch in epochs]
        val_losses = [epoch.val_loss for epoch in epochs]
        picture = curve(self.title, losses, accuracies, epochs.index(best_of(epochs)), val_losses)
        write_whole(self.path / "curve.svg", picture.encode())

    def write_contents(self, contents: dict[str, tuple[str, str]]) -> None:
        """Writes down what the images are, so that `resume` can say which of them differ."""
        lines = "".join(json.dumps([key, *values]) + "\n" for key, values in contents.items())
        write_whole(self.path / CONTENTS, gzip.compress(lines.encode(), 1))

    def read_contents(self, most: int = MOST_IMAGES) -> dict[str, tuple[str, str]] | None:
        """The images as they were when the training began, `most` of them at most; None where they cannot be told.

        That is where an older version began it, or the file is damaged.
        """
        try:
            with gzip.open(self.path / CONTENTS) as file:
                lines = iter(lambda: file.readline(LINE), b"")
                rows = [parse_json(line) for line in islice(lines, most)]
            check_contents(rows)
            return {key: (place, digest) for key, place, digest in rows}
        except (OSError, EOFError, ValueError, zlib.error):
            return None

    def log(self, note: Note) -> None:
        """Writes a note into notes.txt, with all the names that it counts."""
        with suppress(OSError), (self.path / "notes.txt").open("a", encoding="utf-8") as file:
            file.write("\n  ".join([note.text, *note.names]) + "\n")

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Keeps other processes out of the folder, which is made where there is none.

        Raises BrickworkError where another process is at work in it, or where it cannot be written.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            file = (self.path / ".lock").open("w")
        except OSError as fault:
            raise BrickworkError(f"{self.path}: the run folder cannot be written: {fault.strerror or fault}.") from None
        with file:
            try:
                if fcntl:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise BrickworkError(f"{self.path}: another process is training in this folder.") from None
            except OSError:
                """A network share that knows no locks: there, too, nothing hinders two processes."""
            yield


def next_free(root: Path, network: str, data: str) -> Path:
    """The first folder NETWORK-DATA-NUMBER under `root` that is not there yet."""
    stem = re.sub(r"[^\w.=]+", "-", f"{network}-{data}").strip("-.")
    number = 1
    while (root / f"{stem}-{number}").exists():
        number += 1
    return root / f"{stem}-{number}"


def make_free(root: Path, network: str, data: str) -> Path:
    """Makes the first folder NETWORK-DATA-NUMBER that nobody else has made; raises BrickworkError where it cannot."""
    while True:
        path = next_free(root, network, data)
        try:
            path.mkdir(parents=True)
            return path
        except FileExistsError:  # a training that began at the same time was faster
            if not path.is_dir():
                raise BrickworkError(f"{path}: the run folder cannot be made: {root} is a file.") from None
        except OSError as fault:
            raise BrickworkError(f"{path}: the run folder cannot be made: {fault.strerror or fault}.") from None


def check_place(path: Path, dataset: Dataset) -> None:
    """Raises BrickworkError where a run would be written among what is trained on."""
    if not path.is_dir() or is_run(str(path)):
        return
    is_source = bool(dataset.source) and os.path.exists(dataset.source) and path.samefile(dataset.source)
    if is_source or list_folder(path).images:
        raise BrickworkError(f"{path} holds images: give the run a folder of its own, such as runs/{path.name}-1.")


def create_run(run: Run, recipe: Recipe, plan: dict[str, Any]) -> None:
    """Writes down the recipe and the plan, which is all else that a training begins with.

    Raises BrickworkError where the folder holds a run already, or cannot be written.
    """
    path = run.path
    if run.model.exists():
        raise BrickworkError(f"{path} holds a trained model already: give this run another folder, or delete that one.")
    if run.checkpoints.steps():
        raise BrickworkError(
            f"{path} holds a training that has not ended: continue it with 'brickwork train --resume {path}', "
            f"give this run another folder, or delete that one."
        )
    (path / "metrics.jsonl").unlink(missing_ok=True)
    write_whole(path / "recipe.toml", f"# {run.title}\n{recipe.toml()}".encode())
    write_plan(run, plan)


def write_plan(run: Run, plan: dict[str, Any]) -> None:
    write_whole(run.path / "run.json", json.dumps({"title": run.title, **plan}, indent=1).encode())


def open_run(path: Path) -> tuple[Run, Recipe, dict[str, Any]]:
    """The run in a folder, with its recipe and its plan; raises BrickworkError where there is none."""
    try:
        recipe = recipe_from_toml(read_bounded(path / "recipe.toml", MOST))
        plan = parse_json(read_bounded(path / "run.json"))
    except FileNotFoundError as fault:
        raise BrickworkError(
            f"{path} holds no run to continue: {Path(fault.filename).name} is missing. "
            f"A run is the folder that 'brickwork train' made, such as runs/resnet20-fashion-1."
        ) from None
    except (OSError, ValueError) as fault:
        raise BrickworkError(f"{path}: run.json or recipe.toml cannot be read: {fault}.") from None
    if lacking := [name for name in PLAN if not isinstance(plan, dict) or name not in plan]:
        raise BrickworkError(
            f"{path}/run.json does not say {', '.join(lacking)}: it was not written by this version of brickwork."
        )
    try:
        decode_object(PlanDocument, plan)
    except (BrickworkError, ValueError) as fault:
        raise BrickworkError(f"{path}/run.json is damaged: {fault}.") from None
    return Run(path, plan["title"]), recipe, plan
