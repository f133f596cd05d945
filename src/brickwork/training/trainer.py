"""The trainer: epochs of steps, each validated and saved, and one test of the best model at the end."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from math import isfinite
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from brickwork.data.cache.decoded import ImageFiles
from brickwork.data.dataset import Dataset, majority_share
from brickwork.errors import BrickworkError
from brickwork.evaluation import calibrate
from brickwork.loader.note import Note
from brickwork.model import load, save
from brickwork.network import Layer
from brickwork.recipe.schedule import learning_rate
from brickwork.training.diagnose import all_finite, explain_memory_errors
from brickwork.training.events import EpochEnd, Listener, Step, speed_advice
from brickwork.training.loop import Loop
from brickwork.training.parallel.group import LostProcess
from brickwork.training.result import Result, result_from
from brickwork.training.resume import check_same, file_sum, machine_facts, resume_hint
from brickwork.training.run.checkpoint import State
from brickwork.training.run.folder import Epoch, Run, best_of
from brickwork.training.run.state import capture, restore
from brickwork.training.run.trackers import Trackers
from brickwork.training.signals import Stopped, StopSignal
from brickwork.training.testing import score_best

KEPT = 2  # the last checkpoints; beside each, the one of what was the best epoch then


@dataclass(eq=False)
class Trainer:
    """Trains a loop's model in a run folder: fit, epoch, validate, save, restore, test."""

    run: Run
    dataset: Dataset
    loop: Loop
    stop: StopSignal
    listener: Listener
    trackers: Trackers
    epochs: list[Epoch] = field(default_factory=list)  # that have ended
    val_logits: Tensor | None = None  # of the validation images in the last validation
    seconds_before: float = 0.0  # of training by processes before this one
    start: float = field(default_factory=time.perf_counter)
    advised: bool = False  # advice on speed is given once

    @property
    def seconds(self) -> float:
        """Since the first step of the training, pauses not counted."""
        return self.seconds_before + time.perf_counter() - self.start

    @property
    def ended(self) -> bool:
        """Whether the last epoch is done, or early stopping ends it: `patience` epochs without a better validation."""
        recipe, done = self.loop.recipe, len(self.epochs)
        since_best = done - best_of(self.epochs).epoch if done else 0
        return done >= recipe.epochs or 0 < recipe.patience <= since_best

    def fit(self, state: State | None = None) -> Result:
        """Trains every epoch that is left, from a state or from the beginning, and tests the best model once.

        Where the training is stopped by a signal, a checkpoint is written, and the result says so. Raises
        BrickworkError as `train` does.
        """
        self.stop.patient = True
        if state:
            self.restore(state)
        self.loop.group.take_seconds()
        with self.hinted(), explain_memory_errors(self.loop.model.network, self.loop.recipe):
            try:
                if not state:
                    self.save()
                with self.saved_when_stopped():
                    while not self.ended:
                        self.keep(self.epoch(len(self.epochs) + 1))
                self.trackers.result = self.test() if self.loop.group.leads else self.untested_result()
            except Stopped as stop:
                self.trackers.result = self.stopped_result(stop.signal)
        return self.trackers.result

    def epoch(self, number: int) -> Epoch:
        """Train the steps of an epoch that are left, and validate."""
        loop, start, first = self.loop, time.perf_counter(), self.loop.step
        loop.loader.take_waited()
        for batch in loop.batches(number):
            loss = loop.train_step(batch, number, self.stop.signal)
            self.listener(self.step_event(number, loss, first, time.perf_counter() - start))
            self.check_all()
            if loop.step % loop.recipe.checkpoint == 0 and loop.step % len(loop.loader):
                self.save()
        trained = time.perf_counter()
        val_loss, val_accuracy = self.validate(number)
        end, waited = time.perf_counter(), loop.loader.take_waited()
        synchronising = loop.group.take_seconds()
        return Epoch(
            epoch=number,
            loss=loop.loss_sum / len(loop.loader),
            val_loss=val_loss,
            val_accuracy=val_accuracy,
            learning_rate=learning_rate(loop.recipe, loop.progress(loop.step - 1)),
            seconds=self.seconds,
            images_per_second=self.speed(first, trained - start),
            waiting=waited / (end - start),
            validating=(end - trained) / (end - start),
            synchronising=synchronising / (end - start),
        )

    def validate(self, number: int) -> tuple[float, float]:
        """Loss and accuracy on the validation images, by the weights that are kept: the EMA's, if there is one."""
        loop, images = self.loop, self.loop.loader.validation
        self.val_logits = logits = loop.validation_logits(self.check_stop)
        loss = functional.cross_entropy(logits, images.labels).item()
        if not isfinite(loss):  # the last step's loss was from before it
            raise BrickworkError(
                f"step {loop.step} (epoch {number}): the loss on the validation images is {loss}. "
                f"Lower the learning rate (it was lr={loop.recipe.lr:g}), or clip the gradient (clip=1)."
            )
        return loss, (logits.argmax(1) == images.labels).float().mean().item()

    def keep(self, epoch: Epoch) -> None:
        """Record an epoch that has ended: the model file if it is the best so far, a checkpoint, and its metrics."""
        self.epochs.append(epoch)
        if best_of(self.epochs) is epoch:
            self.save_model(epoch)
        self.save()
        if self.loop.group.leads:
            self.run.write(self.epochs)
        epochs = self.loop.recipe.epochs
        left = epoch.seconds / epoch.epoch * (epochs - epoch.epoch)
        self.listener(EpochEnd(epoch, epochs, len(self.loop.loader), left))
        self.trackers.epoch(epoch)
        self.advise(epoch)
        self.loop.signal = max(self.loop.group.values(self.stop.signal))
        self.check_all()

    def advise(self, epoch: Epoch) -> None:
        """Says once what would make the epochs that are left faster, where something would."""
        seconds = epoch.seconds - (self.epochs[-2].seconds if self.epochs[1:] else 0.0)
        kept = not isinstance(self.loop.loader.images.train.images, ImageFiles)
        if not self.advised and not self.ended and (advice := speed_advice(epoch, seconds, self.loop.recipe, kept)):
            self.advised = True
            self.listener(Note(advice))

    def save(self) -> None:
        """Writes a checkpoint, and keeps with it the one before and what either needs to make the model file anew.

        Raises BrickworkError where the weights are not finite: the checkpoints before are kept then.
        """
        loop, checkpoints = self.loop, self.run.checkpoints
        if not all_finite(iter(loop.model.state_dict().values())):
            raise BrickworkError(f"step {loop.step}: weights have become infinite or not numbers (NaN). Lower lr.")
        if not loop.group.leads:
            return
        checkpoints.write(capture(loop, self.facts()))
        last = [step for step in checkpoints.steps() if step <= loop.step][-KEPT:]  # later ones were damaged
        checkpoints.keep({*last, *(self.best_step(step) for step in last)})

    def save_model(self, epoch: Epoch) -> None:
        """Writes the model file as it is after an epoch that has just been validated, with its calibration."""
        images, loop, dataset = self.loop.loader.images, self.loop, self.dataset
        if not loop.group.leads:
            return
        assert self.val_logits is not None
        record = {
            "data": dataset.name,
            "groups": dataset.groups,
            "seed": dataset.seed,
            "images": {"train": len(images.train), "val": len(images.val), "skipped": len(images.skipped)},
            "recipe": asdict(loop.recipe),
            "best": asdict(epoch),
            "majority": majority_share(images.val.labels),
            "calibration": calibrate(self.val_logits, images.validation.labels).document(),
            "torch": torch.__version__,
        }
        preprocessing = images.preprocessing.document()
        with loop.averaged():
            save(self.run.model, loop.model, classes=images.classes, preprocessing=preprocessing, record=record)

    def restore(self, state: State) -> None:
        """Goes on from a checkpoint's state. Raises BrickworkError where the data or the recipe is another."""
        images = self.loop.loader.images
        for sentence in check_same(self.run, self.dataset.name, images, self.facts(), state.facts):
            self.listener(Note(sentence))
        epochs, steps = len(state.facts["epochs"]), len(self.loop.loader)
        if not 0 <= state.step - epochs * steps <= steps:  # all steps of one that is not validated yet
            raise BrickworkError(f"the checkpoint of step {state.step} is damaged: it knows of {epochs} epochs.")
        self.seconds_before = state.facts["seconds"]
        self.epochs = [Epoch(**epoch) for epoch in state.facts["epochs"]]
        self.repair_model(state)
        restore(self.loop, state)
        if self.epochs and self.loop.group.leads:
            self.run.write(self.epochs)

    def repair_model(self, state: State) -> None:
        """Makes sure that the model file is the best epoch's: it may be damaged, or of an epoch that comes again."""
        if self.loop.group.tell(not self.epochs or file_sum(self.run.model) == state.facts["model"]):
            return
        best = best_of(self.epochs)
        with suppress(BrickworkError):
            restore(self.loop, self.run.checkpoints.read(best.epoch * len(self.loop.loader)))
            self.validate(best.epoch)
            self.save_model(best)
            return
        raise BrickworkError(
            f"{self.run.model} is damaged, and so is the checkpoint of the best epoch, {best.epoch}: begin a new run."
        )

    def test(self) -> Result:
        """Tests the best model once, which is then part of its record; with it, the training has ended."""
        layers, images = self.own_layers(), self.loop.loader.images
        record, skipped = score_best(self.run, self.dataset, layers, self.seconds, self.listener, self.check_stop)
        return replace(result_from(self.run, record), skipped=images.skipped + skipped)

    def untested_result(self) -> Result:
        """Result of a process that does not test: the leader's says more."""
        return Result(self.run.path, None, None, self.seconds, rank=self.loop.group.rank)

    def stopped_result(self, signal: int) -> Result:
        """Result of a training that was stopped by a signal: the best model so far, if an epoch has ended."""
        skipped = self.loop.loader.images.skipped
        if not self.epochs or not self.loop.group.leads:
            return replace(self.untested_result(), stopped=signal, skipped=skipped, step=self.loop.step)
        result = result_from(self.run, load(self.run.model, self.own_layers()).record)
        return replace(result, seconds=self.seconds, stopped=signal, skipped=skipped, step=self.loop.step)

    def facts(self) -> dict[str, Any]:
        """Facts of a checkpoint besides the loop's tensors: epochs, seconds, data, recipe, machine."""
        images = self.loop.loader.images
        return {
            "epochs": [asdict(epoch) for epoch in self.epochs],
            "seconds": self.seconds,
            "preprocessing": images.preprocessing.document(),
            "data": images.digest,
            "recipe": asdict(self.loop.recipe),
            "model": file_sum(self.run.model),
            "machine": machine_facts(),
        }

    def best_step(self, step: int) -> int:
        """The step after which the best epoch of those before a checkpoint ended; 0 where there was none."""
        ended = self.epochs[: step // len(self.loop.loader)]
        return best_of(ended).epoch * len(self.loop.loader) if ended else 0

    def step_event(self, number: int, loss: float, first: int, seconds: float) -> Step:
        """`first` is the step after which this process took its first of the epoch, `seconds` the time since."""
        loop, epochs, steps = self.loop, self.loop.recipe.epochs, len(self.loop.loader)
        speed = self.speed(first, seconds)
        left = (epochs * steps - loop.step) / steps * loop.loader.samples / speed
        return Step(number, epochs, loop.step - (number - 1) * steps, steps, loss, speed, left)

    def speed(self, first: int, seconds: float) -> float:
        """Images a second in the steps since `first`."""
        return (self.loop.step - first) / len(self.loop.loader) * self.loop.loader.samples / seconds

    def own_layers(self) -> list[type[Layer]]:
        """The classes of the network's layers, for the model file to be read with."""
        return list({type(layer) for _, layer in self.loop.model.network.layers()})

    def check_stop(self, done: int) -> None:
        """Lets a long pass over images end where the training is asked to stop."""
        self.stop.check()

    def check_all(self) -> None:
        """Ends the training where a process of the group was asked to stop, after the same step in all."""
        if signal := self.loop.signal or (self.stop.signal if self.loop.group.size == 1 else 0):
            raise Stopped(signal)

    @contextmanager
    def saved_when_stopped(self) -> Iterator[None]:
        try:
            yield
        except Stopped:
            self.save()
            raise

    @contextmanager
    def hinted(self) -> Iterator[None]:
        """Adds to a fault what to type once its cause is gone."""
        try:
            yield
        except LostProcess:  # its launcher goes on
            raise
        except BrickworkError as fault:
            again = resume_hint(self.run, self.dataset, list(self.trackers.trackers))
            raise BrickworkError(f"{fault} {again}") from None
