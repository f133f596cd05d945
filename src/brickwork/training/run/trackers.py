"""Trackers: where a training's numbers go besides its folder, such as TensorBoard.

A tracker of your own is a class with the three methods of `Tracker`, named in the entry points of the package that
holds it:

    [project.entry-points."brickwork.trackers"]
    mine = "my_package:MyTracker"
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any, Protocol

from brickwork.errors import BrickworkError, nearest
from brickwork.loader.note import Note
from brickwork.recipe.recipe import Recipe
from brickwork.training.events import Listener
from brickwork.training.result import Result
from brickwork.training.run.folder import Epoch, Run

GROUP = "brickwork.trackers"


class Tracker(Protocol):
    """Tracker: gets the begin, epochs and end of a training. It is made without arguments, before images are read."""

    def begin(self, run: Run, recipe: Recipe) -> None:
        """Called once when a training begins, or is resumed, in the folder `run.path`."""

    def epoch(self, epoch: Epoch) -> None:
        """Called after each epoch with its metrics."""

    def end(self, result: Result | None) -> None:
        """Called once at the end; None where the training failed."""


def numbers_of(epoch: Epoch) -> dict[str, float]:
    """The numbers of an epoch by name, all but its own."""
    return {name: value for name, value in asdict(epoch).items() if name != "epoch"}


def outcome_of(result: Result | None) -> dict[str, float]:
    """The accuracy that a training came to, under its split's name; nothing where there is none."""
    if result is None or result.accuracy is None:
        return {}
    return {f"{result.split}_accuracy_of_the_best": result.accuracy}


def require_module(module: str, install: str) -> Any:
    """A module that need not be installed; raises BrickworkError that says what to install."""
    try:
        return import_module(module)
    except ImportError as fault:
        raise BrickworkError(
            f"this tracker needs a package that is not here ({fault}): pip install {install}"
        ) from None


class TensorBoard:
    """Scalars in the folder "tensorboard" of the run: tensorboard --logdir runs."""

    def __init__(self) -> None:
        self.module = require_module("torch.utils.tensorboard", "'brickwork[tensorboard]'")
        self.writer: Any = None
        self.last = 0

    def begin(self, run: Run, recipe: Recipe) -> None:
        self.writer = self.module.SummaryWriter(str(run.path / "tensorboard"))
        self.writer.add_text("recipe", f"```\n{recipe.toml()}```")

    def epoch(self, epoch: Epoch) -> None:
        self.last = epoch.epoch
        for name, value in numbers_of(epoch).items():
            self.writer.add_scalar(name, value, epoch.epoch)
        self.writer.flush()

    def end(self, result: Result | None) -> None:
        for name, value in outcome_of(result).items():
            self.writer.add_scalar(name, value, self.last)
        self.writer.close()


class WandB:
    """Weights & Biases, project "brickwork"."""

    def __init__(self) -> None:
        self.module = require_module("wandb", "wandb")
        self.run: Any = None

    def begin(self, run: Run, recipe: Recipe) -> None:
        self.run = self.module.init(project="brickwork", name=run.path.name, dir=str(run.path), config=asdict(recipe))

    def epoch(self, epoch: Epoch) -> None:
        self.run.log(numbers_of(epoch), step=epoch.epoch)

    def end(self, result: Result | None) -> None:
        self.run.summary.update(outcome_of(result))
        self.run.finish(exit_code=0 if result else 1)


class MLflow:
    """MLflow, experiment "brickwork"; where it writes is MLflow's own setting, such as MLFLOW_TRACKING_URI."""

    def __init__(self) -> None:
        self.module = require_module("mlflow", "mlflow")

    def begin(self, run: Run, recipe: Recipe) -> None:
        self.module.set_experiment("brickwork")
        self.module.start_run(run_name=run.path.name)
        self.module.log_params(asdict(recipe))

    def epoch(self, epoch: Epoch) -> None:
        self.module.log_metrics(numbers_of(epoch), step=epoch.epoch)

    def end(self, result: Result | None) -> None:
        self.module.log_metrics(outcome_of(result))
        self.module.end_run("FINISHED" if result else "FAILED")


class Trackio:
    """Trackio, project "brickwork"."""

    def __init__(self) -> None:
        self.module = require_module("trackio", "trackio")

    def begin(self, run: Run, recipe: Recipe) -> None:
        self.module.init(project="brickwork", name=run.path.name, config=asdict(recipe))

    def epoch(self, epoch: Epoch) -> None:
        self.module.log(numbers_of(epoch), step=epoch.epoch)

    def end(self, result: Result | None) -> None:
        if outcome := outcome_of(result):
            self.module.log(outcome)
        self.module.finish()


OWN: dict[str, Callable[[], Tracker]] = {
    "tensorboard": TensorBoard,
    "wandb": WandB,
    "mlflow": MLflow,
    "trackio": Trackio,
}


def tracker(word: str) -> Tracker:
    """The tracker of a name: one of ours, or one that an installed package brings.

    Raises BrickworkError for an unknown name, and where a package is missing or cannot be loaded.
    """
    if word in OWN:
        return OWN[word]()
    brought = {point.name: point for point in entry_points(group=GROUP)}
    if word not in brought:
        raise BrickworkError(f"unknown tracker {word!r}: {nearest(word, [*OWN, *brought])}")
    try:
        return brought[word].load()()  # type: ignore[no-any-return]
    except Exception as fault:  # whatever a foreign package does
        raise BrickworkError(f"the tracker {word!r} ({brought[word].value}) cannot be loaded: {fault}.") from fault


@dataclass(eq=False)
class Trackers:
    """All trackers of a training. One that fails is left out from then on, with a note; the training goes on."""

    trackers: dict[str, Tracker]
    listener: Listener

    result: Result | None = None

    @contextmanager
    def follow(self, run: Run, recipe: Recipe) -> Iterator[None]:
        """Begins all trackers, and ends them with `result` whatever happens in between."""
        self._notify(lambda tracker: tracker.begin(run, recipe))
        try:
            yield
        finally:
            self._notify(lambda tracker: tracker.end(self.result))

    def epoch(self, epoch: Epoch) -> None:
        self._notify(lambda tracker: tracker.epoch(epoch))

    def _notify(self, call: Callable[[Tracker], None]) -> None:
        for word, tracker in list(self.trackers.items()):
            try:
                call(tracker)
            except Exception as fault:  # a full disk, a lost network
                del self.trackers[word]
                self.listener(Note(f"the tracker {word} failed and is left out from here on: {fault}"))


def make_trackers(words: Sequence[str], listener: Listener) -> Trackers:
    """The trackers of these names; see `tracker`."""
    return Trackers({word: tracker(word) for word in words}, listener)
