"""Resuming: data and recipe must be those of the run; where the machine is another, a note says so."""

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import torch
from PIL import __version__ as pillow

from brickwork.data import open_data
from brickwork.data.dataset import Dataset
from brickwork.data.sources.notes import name_list
from brickwork.data.sources.open import is_contact
from brickwork.data.sources.shards import MAGIC
from brickwork.errors import BrickworkError, mask_credentials
from brickwork.files import read_plain
from brickwork.loader.note import Note
from brickwork.loader.prepare import TrainingImages
from brickwork.machine import device
from brickwork.recipe.recipe import Recipe
from brickwork.training.events import Listener
from brickwork.training.run.checkpoint import State
from brickwork.training.run.facts import check_facts
from brickwork.training.run.folder import Run

FREE = {"workers", "cache", "memory", "checkpoint", "threads"}  # changes no bit, or is told by `machine_facts`

MANY = 1_000_000  # images of a run before, however few there are now


def check_same(
    run: Run, name: str, images: TrainingImages, now: dict[str, Any], before: dict[str, Any]
) -> Iterator[str]:
    """Sentences on how the machine differs in what last bits depend on; `name` is the data's.

    Raises BrickworkError where the images or the recipe are not the same.
    """
    if before["data"] != now["data"]:
        before_images = run.read_contents(2 * len(images.contents) + MANY)
        raise other_data(run.path, name, what_differs(before_images, images.contents))
    for field in differences({**asdict(Recipe(window=0)), **before["recipe"]}, now["recipe"], FREE):
        text = f"{run.path}/recipe.toml: {field} is not what it was when this training began: put it back."
        raise BrickworkError(text)
    for field in differences(before["machine"], now["machine"], set()):
        was, is_ = before["machine"].get(field), now["machine"].get(field)
        yield f"{field} was {was} and is {is_}: weights will differ in their last bits"


def other_data(run: Path, name: str, what: str) -> BrickworkError:
    """The fault of data that is not what it was; `what` says more in words that go on."""
    return BrickworkError(
        f"{run}: {name} is not what it was when this training began: images have been added, removed or "
        f"changed{what}. Bring it back to what it was, or begin a new run."
    )


def what_differs(before: dict[str, tuple[str, str]] | None, now: dict[str, tuple[str, str]]) -> str:
    """The images that are not what they were: new, gone, of another content, or of another split or class."""
    if before is None:
        return (
            ". It was begun by a version that knew images by the spelling of their paths: where links, accents or .. "
            "are in them, they may be divided otherwise now"
        )
    both = now.keys() & before.keys()
    kinds = {
        "changed": [key for key in both if before[key][1] != now[key][1]],
        "new": now.keys() - both,
        "gone": before.keys() - both,
        "in another split or class": [key for key in both if before[key][0] != now[key][0]],
    }
    words = [f"{len(keys):,} {kind} ({name_list(keys)})" for kind, keys in kinds.items() if keys]
    return f": {', '.join(words)}" if words else ""


def differences(before: dict[str, Any], now: dict[str, Any], free: set[str]) -> list[str]:
    """The names under which two plain dictionaries have other values; tuples are equal to lists, as in JSON."""
    lists = {name: list(value) if isinstance(value, tuple) else value for name, value in now.items()}
    return [name for name in {**before, **lists} if name not in free and before.get(name) != lists.get(name)]


def machine_facts() -> dict[str, Any]:
    """The machine as far as last bits depend on it: torch, Pillow, threads and device."""
    name = torch.cuda.get_device_name(device()) if device().type == "cuda" else "cpu"
    return {"torch": torch.__version__, "pillow": pillow, "threads": torch.get_num_threads(), "device": name}


def open_again(run: Run, known: dict[str, Any], moved: str | Path | None) -> Dataset:
    """The data set of a run, divided as it was; `moved` is where it lies now, if it was moved.

    An address that the run alone names is not asked: who sent the folder may have written it.
    """
    if moved is not None:
        return open_data(moved, seed=known["seed"], groups=known["groups"])
    if not known["data"]:
        raise BrickworkError(
            f"{run.path}: its images were given in Python: go on from Python, with resume(..., dataset=...)."
        )
    if is_contact(known["data"]):
        again = resume_command(run.path, known["data"])
        raise BrickworkError(f"{run.path}: its data is not on this machine, so that it is named again: {again}.")
    source = Path(known["data"])
    if source.is_absolute() and not MAGIC.search(str(source)) and not source.exists():
        again = f"brickwork train --resume {run.path} --data ELSEWHERE"
        raise BrickworkError(f"{source}, the data of {run.path}, is gone: where it was moved, type '{again}'.")
    return open_data(known["data"], seed=known["seed"], groups=known["groups"])


def choose_trackers(run: Run, known: Sequence[str], track: str | Sequence[str], listener: Listener) -> Sequence[str]:
    """The trackers that follow a training that is resumed: those that are named; a note tells of the run's others."""
    words = (track,) if isinstance(track, str) else tuple(track)
    if others := [word for word in known if word not in words]:
        again = resume_command(run.path, track=(*words, *others))
        listener(Note(f"{', '.join(others)} followed this training, and does so again where it is named: {again}"))
    return words


def file_sum(path: Path) -> str:
    """The sha256 of a file; "" where there is none."""
    return sha256(read_plain(path)).hexdigest() if path.exists() else ""


def last_checkpoint(run: Run, listener: Listener) -> State | None:
    """The last whole checkpoint, with a note for every later one that is damaged.

    Raises BrickworkError where its facts are not what a training writes.
    """
    state, damaged = run.checkpoints.latest()
    if state:
        check_facts(state)
    for sentence in damaged:
        listener(Note(sentence))
    where = f"goes on after step {state.step}" if state else "begins, as there is no whole checkpoint"
    listener(Note(f"{run.path} {where}"))
    return state


def with_window(recipe: Recipe, state: State | None) -> Recipe:
    """A recipe with the window that its training has found to suit the machine where it began."""
    chosen = state.facts["recipe"].get("window", 0) if state else recipe.window
    return replace(recipe, window=chosen) if recipe.window < 0 else recipe


def resume_hint(run: Run, dataset: Dataset, track: Sequence[str]) -> str:
    """What to type once the cause of a fault is gone."""
    steps = run.checkpoints.steps()
    if not steps:
        return ""
    again = f"'{resume_command(run.path, dataset.source, track)}' goes on from there with the same recipe"
    return f"The last checkpoint is of step {steps[-1]}: {again}."


def resume_command(run: Path, data: str = "", track: Sequence[str] = ()) -> str:
    """The command that goes on with a run; it names what the run alone may not contact."""
    named = ["--data", mask_credentials(data)] if is_contact(data) else []
    return shlex.join(["brickwork", "train", "--resume", str(run), *named, *(f"--track={word}" for word in track)])
