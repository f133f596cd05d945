"""The run folder: what one training leaves behind."""

import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from brickwork.errors import BrickworkError
from brickwork.train.curve import curve
from brickwork.train.recipe import Recipe


@dataclass(frozen=True)
class Epoch:
    """What is known when an epoch has ended: a line of metrics.jsonl."""

    epoch: int  # counted from 1
    loss: float  # mean over the epoch's steps, with label smoothing and side heads
    val_loss: float  # cross-entropy of the head alone, without smoothing
    val_accuracy: float
    learning_rate: float  # of the last step
    seconds: float  # since the first step of the training
    images_per_second: float


def best_of(epochs: Sequence[Epoch]) -> Epoch:
    """The highest validation accuracy; among equals, the lowest validation loss."""
    return max(epochs, key=lambda epoch: (epoch.val_accuracy, -epoch.val_loss))


@dataclass(frozen=True)
class Run:
    """A run folder: recipe.toml, metrics.jsonl (a line an epoch), curve.svg and model.safetensors."""

    path: Path
    title: str

    @property
    def model(self) -> Path:
        return self.path / "model.safetensors"

    def add(self, epochs: Sequence[Epoch]) -> None:
        """Writes down the last of the epochs, and draws them all."""
        with (self.path / "metrics.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(epochs[-1])) + "\n")
        losses, accuracies = [epoch.loss for epoch in epochs], [epoch.val_accuracy for epoch in epochs]
        picture = curve(self.title, losses, accuracies, epochs.index(best_of(epochs)))
        (self.path / "curve.svg").write_text(picture, encoding="utf-8")


def new(root: Path, network: str, data: str) -> Path:
    """The first folder NETWORK-DATA-NUMBER under `root` that is not there yet."""
    stem = re.sub(r"[^\w.=]+", "-", f"{network}-{data}").strip("-.")
    number = 1
    while (root / f"{stem}-{number}").exists():
        number += 1
    return root / f"{stem}-{number}"


def begin(path: Path, title: str, recipe: Recipe) -> Run:
    """Makes the folder and writes the recipe; the metrics of a run that left no model there are removed.

    Raises BrickworkError where the folder holds a model already, or cannot be written.
    """
    run = Run(path, title)
    if run.model.exists():
        raise BrickworkError(f"{path} holds a trained model already: give this run another folder, or delete that one.")
    try:
        path.mkdir(parents=True, exist_ok=True)
        (path / "metrics.jsonl").unlink(missing_ok=True)
        (path / "recipe.toml").write_text(f"# {title}\n{recipe.toml()}", encoding="utf-8")
    except OSError as fault:
        raise BrickworkError(f"{path}: the run folder cannot be written: {fault.strerror or fault}.") from None
    return run
