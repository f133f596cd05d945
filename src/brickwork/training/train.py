"""From a network, a data set and a recipe to a model file: the function that a single process runs."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from math import prod
from pathlib import Path
from typing import Any

import torch

from brickwork import __version__
from brickwork.data import open_data
from brickwork.data.dataset import Dataset
from brickwork.data.preprocessing import Preprocessing
from brickwork.errors import BrickworkError
from brickwork.loader.loader import make_loader
from brickwork.loader.prepare import TrainingImages, prepare
from brickwork.machine import device
from brickwork.model import Model, build
from brickwork.network import Layer, Network, cost, from_json, to_json
from brickwork.network.layers import BatchNorm
from brickwork.recipe.recipe import Recipe
from brickwork.training.diagnose import explain_memory_errors
from brickwork.training.freeze import check_freeze
from brickwork.training.loop import Loop
from brickwork.training.optim.ema import Ema
from brickwork.training.optim.loss import make_loss
from brickwork.training.optim.optimizers import make_optimizer
from brickwork.training.precision import move_to, scaler, training_logits
from brickwork.training.preflight import batch_norm_range, warnings_for
from brickwork.training.progress import Listen, Progress, Result
from brickwork.training.result import result_of_ended, result_of_stopped, test_model
from brickwork.training.resume import go_on, other_data
from brickwork.training.run.checkpoint import State
from brickwork.training.run.folder import Run, create_run, open_run
from brickwork.training.run.trackers import Tracking, tracking
from brickwork.training.signals import Requests, Stopped, stop_requests
from brickwork.training.work import Work, checkpoint, data_digest, rounds
from brickwork.weights import load_initial

Normalisation = tuple[tuple[float, ...], tuple[float, ...]]  # mean and deviation of each channel


def train(
    network: Network, dataset: Dataset, recipe: Recipe, out: Path, *, report: Listen, track: Sequence[str] = ()
) -> Result:
    """Trains a network and leaves the best epoch's model in the run folder `out`, tested once.

    The best epoch has the highest validation accuracy. `track` names trackers (see `training.run.trackers`). SIGINT
    (Ctrl-C) and SIGTERM end the training after the step under way with a checkpoint, from which `resume` goes on.
    Raises BrickworkError where the network and the data disagree, `out` holds a run already, no image can be read, the
    loss is no longer a number, the disk is full, or there is not enough memory; the last checkpoint is whole then.
    """
    check_fit(network, dataset)
    trackers = tracking(track, report)  # a mistake in a word is told before images are read
    with stop_requests() as asked, seed_torch(recipe.seed), explain_memory_errors(network, recipe):
        model, normalisation = initial_model(network, recipe, report)
        run = Run(out, f"{network.name} on {dataset.name}")
        with run.locked():
            create_run(run, recipe, plan(network, dataset, track))
            return run_tracked(Begin(run, dataset, recipe, model, normalisation), None, asked, report, trackers)


def resume(path: Path, *, report: Listen, dataset: Dataset | None = None, own: Sequence[type[Layer]] = ()) -> Result:
    """Goes on with the training in a run folder, from its last whole checkpoint.

    The weights become, bit for bit, those of a training that was never stopped, on the same machine with the same
    number of threads and the same torch. `dataset` is needed where the data did not come from `open_data`, `own` are
    your own layer classes. A run that has ended gives its result. Raises BrickworkError as `train` does, and where the
    folder holds no run, or the data or the recipe is another.
    """
    run, recipe, known = open_run(path)
    if result := result_of_ended(run, own):
        return result
    with stop_requests() as asked, run.locked():
        network = from_json(known["network"], own)
        if not dataset and not known["data"]:
            raise BrickworkError(
                f"{path}: its images were given in Python: go on from Python, with resume(..., dataset=...)."
            )
        dataset = dataset or open_data(known["data"], seed=known["seed"], groups=known["groups"])
        if network.classes != len(dataset.classes):
            raise other_data(path, dataset)
        trackers = tracking(known["track"], report)
        state = last_checkpoint(run, report)
        with seed_torch(recipe.seed), explain_memory_errors(network, recipe):
            model, normalisation = (build(network), None) if state else initial_model(network, recipe, report)
            return run_tracked(Begin(run, dataset, recipe, model, normalisation), state, asked, report, trackers)


@dataclass(frozen=True, eq=False)
class Begin:
    """What a process begins with."""

    run: Run
    dataset: Dataset
    recipe: Recipe
    model: Model
    normalisation: Normalisation | None


def run_tracked(begin: Begin, state: State | None, asked: Requests, report: Listen, trackers: Tracking) -> Result:
    """Carries a training to its end, and lets the trackers know."""
    trackers.begin(begin.run, begin.recipe)
    result: Result | None = None
    try:
        result = run_training(begin, state, asked, begin.run.noted(report), trackers)
        return result
    finally:
        trackers.end(result)


def run_training(begin: Begin, state: State | None, asked: Requests, report: Listen, trackers: Tracking) -> Result:
    """Carries a training to its end, or to where it is asked to stop."""
    material = prepare_images(begin.model.network, begin.dataset, begin.recipe, report)
    data = data_digest(material)
    material = replace(material, preprocessing=choose_normalisation(material.preprocessing, begin.normalisation, state))
    loop = make_loop(begin.model, material, begin.recipe, report)
    work = Work(begin.run, begin.dataset, material, loop, asked, report, trackers, data)
    asked.patient = True
    try:
        if state:
            go_on(work, state)
        return rest(work, state)
    finally:
        loop.feed.close()


def rest(work: Work, state: State | None) -> Result:
    """What is left of a training, its test included."""
    try:
        with explain_memory_errors(work.loop.model.network, work.loop.recipe):
            if not state:
                checkpoint(work)
            rounds(work)
            return test_model(work)
    except Stopped as stop:
        return result_of_stopped(work, stop.signal)
    except BrickworkError as fault:
        raise BrickworkError(f"{fault} {resume_hint(work.run)}") from None


def prepare_images(network: Network, dataset: Dataset, recipe: Recipe, report: Listen) -> TrainingImages:
    """The images to train on and to validate with."""
    return prepare(network, dataset.with_validation(recipe.validation, recipe.seed), recipe, report)


@contextmanager
def seed_torch(seed: int) -> Iterator[None]:
    """Torch's own chance (initial weights, dropout) from a seed, and afterwards as it was before."""
    home = device()
    with torch.random.fork_rng(devices=[home] if home.type == "cuda" else []):
        torch.manual_seed(seed)
        yield


def check_fit(network: Network, dataset: Dataset) -> None:
    if network.classes != len(dataset.classes):
        raise BrickworkError(
            f"{network.name} tells {network.classes} classes apart, but {dataset.name} has {len(dataset.classes)}: "
            f"build the network with classes={len(dataset.classes)}."
        )
    if network.input[0] not in (1, 3):
        raise BrickworkError(f"{network.name} reads {network.input[0]} channels, but an image has 1 channel or 3.")


def plan(network: Network, dataset: Dataset, track: Sequence[str]) -> dict[str, Any]:
    """All that a training begins with besides its recipe."""
    return {
        "network": to_json(network),
        "data": dataset.source,
        "groups": dataset.groups,
        "seed": dataset.seed,
        "track": list(track),
        "brickwork": __version__,
    }


def last_checkpoint(run: Run, report: Listen) -> State | None:
    """The last whole checkpoint, with a note for every later one that is damaged."""
    state, damaged = run.checkpoints.latest()
    for sentence in damaged:
        report(Progress("note", sentence))
    where = f"goes on after step {state.step}" if state else "begins, as there is no whole checkpoint"
    report(Progress("note", f"{run.path} {where}"))
    return state


def initial_model(network: Network, recipe: Recipe, report: Listen) -> tuple[Model, Normalisation | None]:
    """A fresh model, or one with the weights of a file or a tag; then also the mean and deviation that a tag has."""
    model = build(network, init=recipe.init or None)
    check_freeze(model, recipe)
    if not recipe.weights:
        return model, None
    loaded = load_initial(model, recipe.weights)
    kept = ", the classifier is fresh" if loaded.kept else ""
    report(Progress("note", f"begun with {loaded.tag or recipe.weights}, named as {loaded.layout} names them{kept}"))
    return model, loaded.normalisation


def choose_normalisation(own: Preprocessing, brought: Normalisation | None, state: State | None) -> Preprocessing:
    """The mean and deviation of the data, of the weights that were brought, or of the training that goes on."""
    if state:
        return Preprocessing.read(state.facts["preprocessing"])
    return replace(own, mean=brought[0], std=brought[1]) if brought else own


def make_loop(model: Model, material: TrainingImages, recipe: Recipe, report: Listen) -> Loop:
    """A model that `begun` made with its optimizer and its feed, all on the device that does the work."""
    home = device()
    move_to(model, home)
    counts = torch.bincount(torch.from_numpy(material.train.labels), minlength=len(material.classes))
    loop = Loop(
        model=model,
        logits=training_logits(model, recipe),
        optimizer=make_optimizer(model, recipe),
        recipe=recipe,
        feed=make_loader(material, recipe, home, report),
        criterion=make_loss(model.network.side_heads, recipe, counts.tolist()),
        scaler=scaler(recipe, home),
        average=Ema(model, recipe.ema) if recipe.ema else None,
    )
    check_batches(model.network, loop)
    for warning in warnings_for(model.network, recipe, loop.feed.samples):
        report(Progress("note", f"Warning: {warning}"))
    return loop


def check_batches(network: Network, loop: Loop) -> None:
    """A norm on one number a channel has nothing to normalise where a batch has one image; torch refuses it, too."""
    fewest, _ = batch_norm_range(loop.recipe, loop.feed.samples, workers=1)
    if fewest > 1:
        return
    total = cost(network)
    for row in (*total.rows, *(row for side in total.side_heads for row in side.rows)):
        if isinstance(row.parts[0], BatchNorm) and prod(row.output[1:]) == 1:
            raise BrickworkError(
                f"{network.name}: {row.path} has one number a channel in a batch of one image, and {loop.feed.samples} "
                f"images with batch={loop.recipe.batch} and accumulate={loop.recipe.accumulate} leave one alone: "
                f"take another batch, or fewer parts."
            )


def resume_hint(run: Run) -> str:
    """What to type once the cause is gone."""
    steps = run.checkpoints.steps()
    if not steps:
        return ""
    again = f"'brickwork train --resume {run.path}' goes on from there with the same recipe"
    return f"The last checkpoint is of step {steps[-1]}: {again}."
