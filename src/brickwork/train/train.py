"""From a network, a data set and a recipe to a model file: the function that a single process runs."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from math import isfinite, prod
from pathlib import Path

import torch

from brickwork.data.dataset import Dataset
from brickwork.errors import BrickworkError
from brickwork.evaluate.device import device
from brickwork.evaluate.evaluate import Report, evaluate
from brickwork.model import Model, ModelFile, build, load, save
from brickwork.network import Layer, Network, cost
from brickwork.network.layers import BatchNorm
from brickwork.train.augment import mirrors_suit
from brickwork.train.loop import Loop, diverged
from brickwork.train.material import Material, read
from brickwork.train.optimize import optimizer
from brickwork.train.precision import placed
from brickwork.train.progress import Listen, Progress, Result
from brickwork.train.recipe import Recipe
from brickwork.train.run import Epoch, Run, begin, best_of
from brickwork.weights import bring

Normalisation = tuple[tuple[float, ...], tuple[float, ...]]  # mean and deviation of each channel


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Torch's own chance (initial weights, dropout) from a seed, and afterwards as it was before."""
    home = device()
    with torch.random.fork_rng(devices=[home] if home.type == "cuda" else []):
        torch.manual_seed(seed)
        yield


@contextmanager
def in_memory(network: Network) -> Iterator[None]:
    """Turns what torch says of too little memory, in many ways, into one BrickworkError."""
    try:
        yield
    except (MemoryError, RuntimeError) as fault:
        if not isinstance(fault, MemoryError | torch.OutOfMemoryError) and "allocate memory" not in str(fault):
            raise
        raise BrickworkError(
            f"{network}: there is not enough memory for it: lower its width, its input or batch."
        ) from None


def own_layers(network: Network) -> list[type[Layer]]:
    """The classes of the network's layers, for the model file to be read with."""
    return list({type(layer) for _, layer in network.layers()})


def check(network: Network, dataset: Dataset) -> None:
    if network.classes != len(dataset.classes):
        raise BrickworkError(
            f"{network.name} tells {network.classes} classes apart, but {dataset.name} has {len(dataset.classes)}: "
            f"build the network with classes={len(dataset.classes)}."
        )
    if network.input[0] not in (1, 3):
        raise BrickworkError(f"{network.name} reads {network.input[0]} channels, but an image has 1 channel or 3.")


def check_batches(network: Network, loop: Loop) -> None:
    """A norm on one number a channel has nothing to normalise where a batch has one image; torch refuses it, too."""
    if len(loop.labels) // loop.steps > 1:
        return
    total = cost(network)
    for row in (*total.rows, *(row for side in total.side_heads for row in side.rows)):
        if isinstance(row.parts[0], BatchNorm) and prod(row.output[1:]) == 1:
            raise BrickworkError(
                f"{network.name}: {row.path} has one number a channel in a batch of one image, and {len(loop.labels)} "
                f"images with batch={loop.recipe.batch} leave one alone: take another batch."
            )


def begun(network: Network, recipe: Recipe, report: Listen) -> tuple[Model, Normalisation | None]:
    """A fresh model, or one with the weights of a file or a tag; then also the mean and deviation that a tag has."""
    model = build(network, init=recipe.init or None)
    if not recipe.weights:
        return model, None
    loaded = bring(model, recipe.weights)
    kept = ", the classifier is fresh" if loaded.kept else ""
    report(Progress("note", f"begun with {loaded.tag or recipe.weights}, named as {loaded.layout} names them{kept}"))
    return model, loaded.normalisation


def gathered(
    network: Network, dataset: Dataset, recipe: Recipe, normalisation: Normalisation | None, report: Listen
) -> Material:
    """The images to train on, with the weights' mean and deviation where these are known in place of their own."""
    material = read(network, dataset.with_validation(recipe.validation, recipe.seed), report)
    if normalisation is None:
        return material
    mean, std = normalisation
    return replace(material, preprocessing=replace(material.preprocessing, mean=mean, std=std))


def start(model: Model, material: Material, recipe: Recipe, report: Listen) -> Loop:
    """A model that `begun` made with its optimizer and the training images, all on the device that does the work."""
    flip = recipe.flip and mirrors_suit(material.classes)
    if recipe.flip and not flip:
        report(Progress("note", "no image is mirrored, as the classes are digits or letters"))
    placed(model, device())
    return Loop(
        model=model,
        optimizer=optimizer(model, recipe),
        recipe=recipe,
        preprocessing=material.preprocessing,
        images=torch.from_numpy(material.train.images).to(device()),
        labels=torch.from_numpy(material.train.labels).to(device()),
        flip=flip,
    )


def fit(loop: Loop, material: Material, report: Listen) -> Iterator[Epoch]:
    """Runs the epochs one after another; each ends with its validation."""
    images, labels = torch.from_numpy(material.val.images), torch.from_numpy(material.val.labels)
    began = time.perf_counter()
    for number in range(1, loop.recipe.epochs + 1):
        loss, speed = one_epoch(loop, number, report)
        val_loss, val_accuracy = loop.validate(images, labels)
        if not isfinite(val_loss):  # the last step's loss was from before it
            raise BrickworkError(diverged(val_loss, number * loop.steps, number, loop.recipe))
        rate = loop.optimizer.param_groups[0]["lr"]
        yield Epoch(number, loss, val_loss, val_accuracy, rate, time.perf_counter() - began, speed)


def one_epoch(loop: Loop, number: int, report: Listen) -> tuple[float, float]:
    """The steps of an epoch with their news; the mean of the loss, and images a second."""
    began = time.perf_counter()
    losses: list[float] = []
    speed = 0.0
    for loss in loop.epoch(number):
        losses.append(loss)
        done = len(losses) / loop.steps
        speed = done * len(loop.labels) / (time.perf_counter() - began)
        left = (loop.recipe.epochs - number + 1 - done) * len(loop.labels) / speed
        report(step_news(loop, number, losses, speed, left))
    return sum(losses) / len(losses), speed


def step_news(loop: Loop, number: int, losses: list[float], speed: float, left: float) -> Progress:
    text = f"epoch {number}, step {len(losses)} of {loop.steps}: loss {losses[-1]:.3f}, {speed:,.0f} images/s"
    epochs = loop.recipe.epochs
    return Progress("step", text, number, epochs, len(losses), loop.steps, losses[-1], None, speed, left)


def epoch_news(epoch: Epoch, loop: Loop) -> Progress:
    epochs = loop.recipe.epochs
    left = epoch.seconds / epoch.epoch * (epochs - epoch.epoch)
    text = (
        f"epoch {epoch.epoch} of {epochs}: loss {epoch.loss:.3f}, validation accuracy {epoch.val_accuracy:.2%}, "
        f"{epoch.images_per_second:,.0f} images/s, {left:.0f} s left"
    )
    return Progress(
        "epoch", text, epoch.epoch, epochs, loop.steps, loop.steps,
        epoch.loss, epoch.val_accuracy, epoch.images_per_second, left,
    )  # fmt: skip


def keep(run: Run, loop: Loop, epoch: Epoch, material: Material, data: str) -> None:
    """Writes the model as it is after an epoch."""
    record = {
        "data": data,
        "images": {"train": len(material.train), "val": len(material.val), "skipped": len(material.skipped)},
        "recipe": asdict(loop.recipe),
        "best": asdict(epoch),
        "torch": torch.__version__,
    }
    document = loop.preprocessing.document()
    save(run.model, loop.model, classes=material.classes, preprocessing=document, record=record)


def rounds(run: Run, loop: Loop, material: Material, data: str, report: Listen) -> None:
    """Every epoch, written down and told; the best one's model is kept at once."""
    epochs: list[Epoch] = []
    for epoch in fit(loop, material, report):
        epochs.append(epoch)
        if best_of(epochs) is epoch:
            keep(run, loop, epoch, material, data)
        run.add(epochs)
        report(epoch_news(epoch, loop))


def tested(run: Run, file: ModelFile, dataset: Dataset) -> Report:
    """The best model's one test, which is then part of its record."""
    report = evaluate(file, dataset, "test")
    record = {**file.record, "test": {"accuracy": report.accuracy, "images": report.n, "skipped": len(report.skipped)}}
    save(run.model, file.model, classes=file.classes, preprocessing=file.preprocessing, record=record)
    return report


def train(network: Network, dataset: Dataset, recipe: Recipe, out: Path, *, report: Listen) -> Result:
    """Trains a network and leaves the best epoch's model in the run folder `out`, tested once.

    The best epoch has the highest validation accuracy. Ctrl-C ends the training and keeps the best model so far;
    before the first epoch has ended there is none, and KeyboardInterrupt goes on to the caller. Raises
    BrickworkError where the network and the data disagree, `out` holds a model already, no image can be read,
    the loss is no longer a number, or there is not enough memory.
    """
    began = time.perf_counter()
    check(network, dataset)
    test: Report | None = None
    interrupted = False
    with seeded(recipe.seed), in_memory(network):
        model, normalisation = begun(network, recipe, report)  # a mistake in these words is told before images are read
        run = begin(out, f"{network.name} on {dataset.name}", recipe)
        material = gathered(network, dataset, recipe, normalisation, report)
        try:
            loop = start(model, material, recipe, report)
            check_batches(network, loop)
            rounds(run, loop, material, dataset.name, report)
            if "test" in dataset.splits:
                test = tested(run, load(run.model, own_layers(network)), dataset)
        except KeyboardInterrupt:
            if not run.model.exists():
                raise
            interrupted = True
        record = load(run.model, own_layers(network)).record
    return Result(
        run=run.path,
        model=run.model,
        accuracy=test.accuracy if test else record["best"]["val_accuracy"],
        seconds=time.perf_counter() - began,
        skipped=material.skipped + (test.skipped if test else ()),
        interrupted=interrupted,
        split="test" if test else "val",
    )
