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
from brickwork.data.sources.listing import is_junk, is_run, list_folder
from brickwork.data.sources.notes import name_list
from brickwork.documents import MOST_TEXT, decode_object, parse_json
from brickwork.errors import BrickworkError
from brickwork.files import append_plain, open_plain, read_plain, write_whole
from brickwork.loader.note import Note
from brickwork.recipe.recipe import MOST, Recipe, recipe_from_toml
from brickwork.training.run.checkpoint import Checkpoints
from brickwork.training.run.curve import curve
from brickwork.training.run.parts import BEGUN, check_parts, list_names, remove_partial_parts
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
    synchronising: float = 0.0  # share of it in which several processes exchanged gradients and waited for each other


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
            with os.fdopen(open_plain(self.path / CONTENTS), "rb") as plain, gzip.open(plain) as file:
                lines = iter(lambda: file.readline(LINE), b"")
                rows = [parse_json(line) for line in islice(lines, most)]
            check_contents(rows)
            return {key: (place, digest) for key, place, digest in rows}
        except (OSError, EOFError, ValueError, zlib.error):
            return None

    def log(self, note: Note) -> None:
        """Writes a note into notes.txt, with all the names that it counts."""
        lines = "\n  ".join([note.text, *note.names]) + "\n"
        with suppress(OSError, BrickworkError):
            append_plain(self.path / "notes.txt", lines.encode("utf-8", "backslashreplace"))

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Keeps other processes out of the folder, which is made where there is none, and removes what they left.

        Raises BrickworkError where another process is at work in it, a part of it is a link, or it cannot be written.
        """
        alone = False
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            check_parts(self.path)
            file = os.fdopen(open_plain(self.path / ".lock", os.O_RDWR | os.O_CREAT))  # what it holds stays
        except OSError as fault:
            raise BrickworkError(f"{self.path}: the run folder cannot be written: {fault.strerror or fault}.") from None
        with file:
            try:
                if fcntl:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    alone = True
            except BlockingIOError:
                raise BrickworkError(f"{self.path}: another process is training in this folder.") from None
            except OSError:
                """A network share that knows no locks: there, too, nothing hinders two processes."""
            remove_partial_parts(self.path, alone)
            yield


def next_free(root: Path, network: str, data: str) -> Path:
    """The first folder NETWORK-DATA-NUMBER under `root` that is not there yet."""
    stem = re.sub(r"[^\w.=]+", "-", f"{network}-{data}").strip("-.")
    number = 1
    while os.path.lexists(root / f"{stem}-{number}"):
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


def check_empty(run: Run, recipe: Recipe) -> None:
    """Raises BrickworkError where a folder holds anything but what a training leaves that never took a step.

    Hidden files, and what systems leave behind, do not count: nothing is written over them.
    """
    path = run.path
    if os.path.lexists(run.model):
        raise BrickworkError(f"{path} holds a trained model already: give this run another folder, or delete that one.")
    if run.checkpoints.steps():
        raise BrickworkError(
            f"{path} holds a training that has not ended: continue it with 'brickwork train --resume {path}', "
            f"give this run another folder, or delete that one."
        )
    try:
        names = [name for name in os.listdir(path) if not is_junk(name)]
    except (FileNotFoundError, NotADirectoryError):  # which making the folder tells
        names = []
    except OSError as fault:
        raise BrickworkError(f"{path} cannot be listed, so that it may hold something: {fault.strerror}.") from None
    if names and not is_failed_start(run, recipe, set(names)):
        raise BrickworkError(f"{path} is not empty, it holds {name_list(names)}: give this run a folder of its own.")


def is_failed_start(run: Run, recipe: Recipe, names: set[str]) -> bool:
    """Whether a training has begun in a folder and never took a step, so that one may begin there again.

    Its recipe is then, byte for byte, as this program wrote it beside run.json, or as it is about to write it.
    """
    inside = [name for name in list_names(run.path / "checkpoints") if not is_junk(name)]
    if inside or not {"recipe.toml"} <= names <= set(BEGUN):
        return False
    try:
        if "run.json" in names:
            run, recipe, _ = open_run(run.path)
        return read_plain(run.path / "recipe.toml") == recipe_bytes(run, recipe)
    except (BrickworkError, OSError):
        return False


def create_run(run: Run, recipe: Recipe, plan: dict[str, Any]) -> None:
    """Writes down the recipe and the plan, which is all else that a training begins with.

    Raises BrickworkError where the folder holds a run or other files already, or cannot be written.
    """
    check_empty(run, recipe)
    write_whole(run.path / "recipe.toml", recipe_bytes(run, recipe))
    write_plan(run, plan)


def recipe_bytes(run: Run, recipe: Recipe) -> bytes:
    """What recipe.toml holds when a training begins."""
    return f"# {run.title}\n{recipe.toml()}".encode()


def write_plan(run: Run, plan: dict[str, Any]) -> None:
    write_whole(run.path / "run.json", json.dumps({"title": run.title, **plan}, indent=1).encode())


def open_run(path: Path) -> tuple[Run, Recipe, dict[str, Any]]:
    """The run in a folder, with its recipe and its plan; raises BrickworkError where there is none, or one of links."""
    check_parts(path)
    try:
        recipe = recipe_from_toml(read_plain(path / "recipe.toml", MOST).decode())
        plan = parse_json(read_plain(path / "run.json", MOST_TEXT).decode())
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
