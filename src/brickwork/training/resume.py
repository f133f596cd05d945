"""A training that goes on: put back to where its last checkpoint was, and nothing else than that training."""

from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from brickwork.data.dataset import Dataset
from brickwork.errors import BrickworkError
from brickwork.training.progress import Progress
from brickwork.training.run.checkpoint import State
from brickwork.training.run.folder import Epoch, best_of
from brickwork.training.run.state import restore
from brickwork.training.work import Work, keep, machine, sum_of, validate

FREE = {"workers", "cache", "memory", "checkpoint"}  # of a recipe: what does not change any bit


def go_on(work: Work, state: State) -> None:
    """Puts the work back to a state. Raises BrickworkError where the data or the recipe is another."""
    check_same(work, state)
    work.before = state.facts["seconds"]
    work.epochs = [Epoch(**epoch) for epoch in state.facts["epochs"]]
    mend_model(work, state)
    restore(work.loop, state)
    if work.epochs:
        work.run.write(work.epochs)


def check_same(work: Work, state: State) -> None:
    """The same images and the same recipe; where the machine differs in what last bits depend on, that is told."""
    path = work.run.path
    if state.facts["data"] != work.data:
        raise other_data(path, work.dataset)
    for name in differences(state.facts["recipe"], asdict(work.loop.recipe), FREE):
        raise BrickworkError(f"{path}/recipe.toml: {name} is not what it was when this training began: put it back.")
    for name in differences(state.facts["machine"], machine(), set()):
        was, now = state.facts["machine"].get(name), machine().get(name)
        work.report(Progress("note", f"{name} was {was} and is {now}: weights will differ in their last bits"))


def other_data(run: Path, dataset: Dataset) -> BrickworkError:
    return BrickworkError(
        f"{run}: {dataset.name} is not what it was when this training began: images have been added, removed "
        f"or changed. Bring it back to what it was, or begin a new run."
    )


def differences(was: dict[str, Any], now: dict[str, Any], free: set[str]) -> list[str]:
    lists = {name: list(value) if isinstance(value, tuple) else value for name, value in now.items()}
    return [name for name in {**was, **lists} if name not in free and was.get(name) != lists.get(name)]


def mend_model(work: Work, state: State) -> None:
    """Makes sure that the model file is the best epoch's: it may be damaged, or of an epoch that will be run again."""
    if not work.epochs or sum_of(work.run) == state.facts["model"]:
        return
    best = best_of(work.epochs)
    with suppress(BrickworkError):
        restore(work.loop, work.run.checkpoints.read(best.epoch * work.loop.feed.steps))
        validate(work, best.epoch)
        keep(work, best)
        return
    raise BrickworkError(
        f"{work.run.model} is damaged, and so is the checkpoint of the best epoch, {best.epoch}: begin a new run."
    )
