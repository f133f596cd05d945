"""A training under way: its epochs, each validated, written down and kept."""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from math import isfinite
from typing import Any

import torch
from PIL import __version__ as pillow
from torch import Tensor
from torch.nn import functional

from brickwork.data.dataset import Dataset
from brickwork.errors import BrickworkError
from brickwork.evaluation import calibrate
from brickwork.evaluation.logits import compute_logits
from brickwork.loader.prepare import TrainingImages
from brickwork.machine import device
from brickwork.model import save
from brickwork.recipe.schedule import learning_rate
from brickwork.training.diagnose import all_finite
from brickwork.training.loop import Loop
from brickwork.training.news import epoch_news, step_news
from brickwork.training.progress import Listen
from brickwork.training.run.folder import Epoch, Run, best_of
from brickwork.training.run.state import capture
from brickwork.training.run.trackers import Tracking
from brickwork.training.signals import Requests, Stopped

KEPT = 2  # the last checkpoints; beside each, the one of what was the best epoch then


@dataclass(eq=False)
class Work:
    """One process's time with a run."""

    run: Run
    dataset: Dataset
    material: TrainingImages
    loop: Loop
    asked: Requests
    report: Listen
    trackers: Tracking
    data: str  # the digest of what is trained on
    epochs: list[Epoch] = field(default_factory=list)  # that have ended
    answers: Tensor | None = None  # logits of the validation images in the last validation
    before: float = 0.0  # seconds of work by processes before this one
    began: float = field(default_factory=time.perf_counter)

    @property
    def seconds(self) -> float:
        """Since the first step of the training, pauses not counted."""
        return self.before + time.perf_counter() - self.began

    @property
    def ended(self) -> bool:
        """Whether the last epoch has been, or `patience` epochs have brought nothing better."""
        if not self.epochs or len(self.epochs) >= self.loop.recipe.epochs:
            return bool(self.epochs)
        patience = self.loop.recipe.patience
        return bool(patience) and len(self.epochs) - best_of(self.epochs).epoch >= patience


def rounds(work: Work) -> None:
    """Every epoch that is left, written down and told; the best one's model is kept at once.

    A checkpoint is written where Stopped is raised, and it is raised again.
    """
    try:
        while not work.ended:
            epoch = one_epoch(work, len(work.epochs) + 1)
            work.epochs.append(epoch)
            if best_of(work.epochs) is epoch:
                keep(work, epoch)
            checkpoint(work)
            work.run.write(work.epochs)
            work.report(epoch_news(epoch, work.loop))
            work.trackers.epoch(epoch)
            work.asked.check()
    except Stopped:
        checkpoint(work)
        raise


def one_epoch(work: Work, number: int) -> Epoch:
    """The steps of an epoch that are still to be taken, with their news, and its validation."""
    loop, began, first = work.loop, time.perf_counter(), work.loop.step
    loop.feed.take_waited()
    for loss in loop.epoch(number):
        work.report(step_news(loop, number, loss, first, time.perf_counter() - began))
        work.asked.check()
        if loop.step % loop.recipe.checkpoint == 0 and loop.step % loop.feed.steps:
            checkpoint(work)
    stepped = time.perf_counter()
    val_loss, val_accuracy = validate(work, number)
    now, waited = time.perf_counter(), loop.feed.take_waited()
    return Epoch(
        epoch=number,
        loss=loop.sum / loop.feed.steps,
        val_loss=val_loss,
        val_accuracy=val_accuracy,
        learning_rate=learning_rate(loop.recipe, loop.done(loop.step - 1)),
        seconds=work.seconds,
        images_per_second=speed(loop, first, stepped - began),
        waiting=waited / (now - began),
        validating=(now - stepped) / (now - began),
    )


def speed(loop: Loop, first: int, seconds: float) -> float:
    """Images a second in the steps since `first`."""
    return (loop.step - first) / loop.feed.steps * loop.feed.samples / seconds


def validate(work: Work, number: int) -> tuple[float, float]:
    """Loss and accuracy on images that are not trained on."""
    loop, material = work.loop, work.material
    labels = torch.from_numpy(material.val.labels)
    with loop.kept():
        logits = compute_logits(loop.model, material.views, material.preprocessing, progress=listen(work))
    work.answers = logits
    loss = functional.cross_entropy(logits, labels).item()
    if not isfinite(loss):  # the last step's loss was from before it
        raise BrickworkError(
            f"step {loop.step} (epoch {number}): the loss on the validation images is {loss}. "
            f"Lower the learning rate (it was lr={loop.recipe.lr:g}), or clip the gradient (clip=1)."
        )
    return loss, (logits.argmax(1) == labels).float().mean().item()


def listen(work: Work) -> Callable[[int], None]:
    """Lets a long pass over images end where the training is asked to stop."""
    return lambda done: work.asked.check()


def keep(work: Work, epoch: Epoch) -> None:
    """Writes the model as it is after an epoch that has just been validated, with its calibration."""
    loop, material = work.loop, work.material
    assert work.answers is not None
    record = {
        "data": work.dataset.name,
        "groups": work.dataset.groups,
        "seed": work.dataset.seed,
        "images": {"train": len(material.train), "val": len(material.val), "skipped": len(material.skipped)},
        "recipe": asdict(loop.recipe),
        "best": asdict(epoch),
        "calibration": calibrate(work.answers, torch.from_numpy(material.val.labels)).document(),
        "torch": torch.__version__,
    }
    document = material.preprocessing.document()
    with loop.kept():
        save(work.run.model, loop.model, classes=material.classes, preprocessing=document, record=record)


def checkpoint(work: Work) -> None:
    """Writes a checkpoint, and keeps with it the one before and what either needs to make the model file anew.

    Raises BrickworkError where the weights are not finite: the checkpoints before are kept then.
    """
    loop, run = work.loop, work.run
    if not all_finite(iter(loop.model.state_dict().values())):
        raise BrickworkError(f"step {loop.step}: weights have become infinite or not numbers (NaN). Lower lr.")
    run.checkpoints.write(capture(loop, training_facts(work)))
    last = [step for step in run.checkpoints.steps() if step <= loop.step][-KEPT:]  # later ones were damaged
    run.checkpoints.keep({*last, *(best_step(work, step) for step in last)})


def best_step(work: Work, step: int) -> int:
    """The step after which the best epoch of those before a checkpoint ended; 0 where there was none."""
    steps = work.loop.feed.steps
    ended = work.epochs[: step // steps]
    return best_of(ended).epoch * steps if ended else 0


def training_facts(work: Work) -> dict[str, Any]:
    """What a training knows besides its tensors."""
    return {
        "epochs": [asdict(epoch) for epoch in work.epochs],
        "seconds": work.seconds,
        "preprocessing": work.material.preprocessing.document(),
        "data": work.data,
        "recipe": asdict(work.loop.recipe),
        "model": sum_of(work.run),
        "machine": machine(),
    }


def data_digest(material: TrainingImages) -> str:
    """A sum over what is trained on and validated with, wherever it lies: classes, labels, images in their order."""
    parts = [(split.sum, split.labels.tolist()) for split in (material.train, material.val)]
    return sha256(repr((material.classes, parts)).encode()).hexdigest()


def sum_of(run: Run) -> str:
    """The sum of the model file; "" where there is none."""
    return sha256(run.model.read_bytes()).hexdigest() if run.model.exists() else ""


def machine() -> dict[str, Any]:
    """What a training's last bits depend on."""
    home = device()
    name = torch.cuda.get_device_name(home) if home.type == "cuda" else "cpu"
    return {"torch": torch.__version__, "pillow": pillow, "threads": torch.get_num_threads(), "device": name}
