"""What a training that goes on must have in common with the one that began, and how it is told."""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import torch
from PIL import __version__ as pillow

from brickwork.data.dataset import Dataset
from brickwork.errors import BrickworkError
from brickwork.loader.note import Note
from brickwork.machine import device
from brickwork.training.events import Listener
from brickwork.training.run.checkpoint import State
from brickwork.training.run.folder import Run

FREE = {"workers", "cache", "memory", "checkpoint", "threads"}  # changes no bit, or is told by `machine_facts`


def check_same(run: Path, dataset: Dataset, now: dict[str, Any], before: dict[str, Any]) -> Iterator[str]:
    """Sentences on how the machine differs in what last bits depend on.

    Raises BrickworkError where the images or the recipe are not the same.
    """
    if before["data"] != now["data"]:
        raise other_data(run, dataset)
    for name in differences(before["recipe"], now["recipe"], FREE):
        raise BrickworkError(f"{run}/recipe.toml: {name} is not what it was when this training began: put it back.")
    for name in differences(before["machine"], now["machine"], set()):
        was, is_ = before["machine"].get(name), now["machine"].get(name)
        yield f"{name} was {was} and is {is_}: weights will differ in their last bits"


def other_data(run: Path, dataset: Dataset) -> BrickworkError:
    return BrickworkError(
        f"{run}: {dataset.name} is not what it was when this training began: images have been added, removed "
        f"or changed. Bring it back to what it was, or begin a new run."
    )


def differences(before: dict[str, Any], now: dict[str, Any], free: set[str]) -> list[str]:
    """The names under which two plain dictionaries have other values; tuples are equal to lists, as in JSON."""
    lists = {name: list(value) if isinstance(value, tuple) else value for name, value in now.items()}
    return [name for name in {**before, **lists} if name not in free and before.get(name) != lists.get(name)]


def machine_facts() -> dict[str, Any]:
    """What a training's last bits depend on."""
    name = torch.cuda.get_device_name(device()) if device().type == "cuda" else "cpu"
    return {"torch": torch.__version__, "pillow": pillow, "threads": torch.get_num_threads(), "device": name}


def file_sum(path: Path) -> str:
    """The sha256 of a file; "" where there is none."""
    return sha256(path.read_bytes()).hexdigest() if path.exists() else ""


def last_checkpoint(run: Run, listener: Listener) -> State | None:
    """The last whole checkpoint, with a note for every later one that is damaged."""
    state, damaged = run.checkpoints.latest()
    for sentence in damaged:
        listener(Note(sentence))
    where = f"goes on after step {state.step}" if state else "begins, as there is no whole checkpoint"
    listener(Note(f"{run.path} {where}"))
    return state


def resume_hint(run: Run) -> str:
    """What to type once the cause of a fault is gone."""
    steps = run.checkpoints.steps()
    if not steps:
        return ""
    again = f"'brickwork train --resume {run.path}' goes on from there with the same recipe"
    return f"The last checkpoint is of step {steps[-1]}: {again}."
