"""Trainings for tests of what each option does: the only file here that knows the package.

`fit` trains through the public function and hands back what the run has left: the model file, the metrics, every
checkpoint, and what torch itself was asked to do on the way (its hooks see each optimizer step and each batch).
"""

import json
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn.modules.module import register_module_forward_hook
from torch.optim.optimizer import register_optimizer_step_pre_hook

from brickwork import zoo
from brickwork.cli.shell import run as command
from brickwork.data.dataset import ArraySplit, Dataset
from brickwork.errors import BrickworkError
from brickwork.loader.note import Note
from brickwork.model import load
from brickwork.network import Network, SideHead, chain, stages
from brickwork.network.blocks import conv
from brickwork.network.layers import BatchNorm, Dropout, Flatten, GlobalAvgPool, Linear
from brickwork.recipe.recipe import Recipe
from brickwork.training.events import EpochEnd, Event
from brickwork.training.train import resume, train

__all__ = [
    "BrickworkError",
    "Run",
    "Trace",
    "command",
    "fit",
    "images",
    "interrupt",
    "narrow",
    "net",
    "read_model",
    "repair",
    "watch",
    "wide",
]

Weights = dict[str, Tensor]

# One epoch of steepest descent in float32 at one rate, nothing else: a test adds the option that it is about.
PLAIN = Recipe(
    epochs=1, batch=1000, optimizer="sgd", momentum=0.0, nesterov=False, weight_decay=0.0, lr=0.1,
    schedule="constant", warmup=0.0, label_smoothing=0.0, flip=False, precision="fp32", workers=0, cache="off",
    checkpoint=1,
)  # fmt: skip


@dataclass(eq=False)
class Trace:
    """What torch was asked to do during a training."""

    steps: list[list[dict[str, Any]]] = field(default_factory=list)  # each optimizer step's groups
    trained: list[Tensor] = field(default_factory=list)  # batches in training mode, as the first layer gets them
    scored: list[Tensor] = field(default_factory=list)  # and in evaluation mode
    logits: list[Tensor] = field(default_factory=list)  # what dense layers of `classes` outputs gave in training
    dtypes: set[torch.dtype] = field(default_factory=set)  # of what convolutions gave in training


@dataclass(frozen=True, eq=False)
class Run:
    """What a training has left."""

    path: Path
    dataset: Dataset
    weights: Weights  # of the model file
    record: dict[str, Any]  # of the model file
    epochs: list[dict[str, Any]]  # the lines of metrics.jsonl
    notes: list[str]
    states: dict[int, Weights]  # every checkpoint's tensors by the number of steps taken
    trace: Trace

    def after(self, step: int) -> Weights:
        """The weights after so many steps; 0 is before the first."""
        return below("model/", self.states[step])

    def average(self, step: int) -> Weights:
        """The averaged weights after so many steps."""
        return below("average/", self.states[step])


def below(prefix: str, tensors: Weights) -> Weights:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}


def fit(out: Path, network: Network, dataset: Dataset, **fields: Any) -> Run:
    """Trains by the plain recipe with these fields changed."""
    heard = Heard(out)
    with watch(network.classes) as trace:
        train(network, dataset, replace(PLAIN, **fields), out=out, listener=heard)
    return gather(out, dataset, heard, trace)


def interrupt(out: Path, network: Network, dataset: Dataset, *, after: int, **fields: Any) -> Run:
    """The same, but Ctrl-C is pressed at the end of an epoch."""
    heard = Heard(out)

    def press(news: Event) -> None:
        heard(news)
        if isinstance(news, EpochEnd) and news.metrics.epoch == after:
            signal.raise_signal(signal.SIGINT)

    with watch(network.classes) as trace:
        train(network, dataset, replace(PLAIN, **fields), out=out, listener=press)
    return gather(out, dataset, heard, trace)


def repair(run: Run) -> Run:
    """Goes on with a run, which writes its model file anew where that is damaged."""
    heard = Heard(run.path)
    with watch(len(run.dataset.classes)) as trace:
        resume(run.path, listener=heard, dataset=run.dataset)
    return gather(run.path, run.dataset, heard, trace)


def gather(out: Path, dataset: Dataset, heard: "Heard", trace: Trace) -> Run:
    file = load(out / "model.safetensors")
    lines = (out / "metrics.jsonl").read_text().splitlines()
    weights = {name: value.contiguous() for name, value in file.model.state_dict().items()}
    return Run(out, dataset, weights, file.record, [json.loads(line) for line in lines], heard.notes, heard.kept, trace)


def read_model(out: Path) -> tuple[Weights, int]:
    """The weights and the seed in a run folder's model file."""
    file = load(out / "model.safetensors")
    return dict(file.model.state_dict()), file.record["recipe"]["seed"]


@dataclass(eq=False)
class Heard:
    """Listens to a training: keeps its notes, and every checkpoint before a later one takes its place."""

    out: Path
    notes: list[str] = field(default_factory=list)
    kept: dict[int, Weights] = field(default_factory=dict)

    def __call__(self, news: Event) -> None:
        if isinstance(news, Note):
            self.notes.append(news.text)
        for path in self.out.glob("checkpoints/*.safetensors"):
            if path.stem.isdigit() and int(path.stem) not in self.kept:
                self.kept[int(path.stem)] = {name: value.clone() for name, value in load_file(path).items()}


@contextmanager
def watch(classes: int) -> Iterator[Trace]:
    """Records through torch's own hooks what every optimizer and every first layer does meanwhile."""
    trace = Trace()
    handles = [register_optimizer_step_pre_hook(on_step(trace)), register_module_forward_hook(on_layer(trace, classes))]
    try:
        yield trace
    finally:
        for handle in handles:
            handle.remove()


def on_step(trace: Trace) -> Callable[..., None]:
    def hook(optimizer: torch.optim.Optimizer, args: Any, kwargs: Any) -> None:
        trace.steps.append([{k: v for k, v in group.items() if k != "params"} for group in optimizer.param_groups])

    return hook


def on_layer(trace: Trace, classes: int) -> Callable[..., None]:
    def hook(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        if isinstance(module, nn.Conv2d) and module.training:
            trace.dtypes.add(output.dtype)
        if isinstance(module, nn.Conv2d) and module.in_channels == 1:
            (trace.trained if module.training else trace.scored).append(inputs[0].detach().clone().contiguous())
        if isinstance(module, nn.Linear) and module.out_features == classes and module.training:
            trace.logits.append(output.detach().clone())

    return hook


def net(norm: bool = False, convs: int = 1, side: float = 0.0, dropout: float = 0.0, classes: int = 3) -> Network:
    """Convolutions of 4 channels on 1x6x6, each a stage, and a dense layer; perhaps a side head of this weight."""
    layers = {f"stage{n}": conv(4, 3, norm=BatchNorm() if norm else None) for n in range(1, convs + 1)}
    body = chain(GlobalAvgPool(), Flatten(), Linear(classes))
    sides = (SideHead("side", "stage1", body, weight=side),) if side else ()
    drop = (Dropout(dropout),) if dropout else ()
    return Network("small", (1, 6, 6), classes, stages(**layers), chain(Flatten(), *drop, Linear(classes)), sides)


def wide() -> Network:
    """Enough weights to measure their spread: 16 and 64 channels on 1x16x16, 8 classes."""
    layers = stages(stage1=conv(16, 3), stage2=conv(64, 3))
    return Network("wide", (1, 16, 16), 8, layers, chain(GlobalAvgPool(), Flatten(), Linear(8)))


def narrow(name: str, input: tuple[int, int, int], classes: int) -> Network:
    """A network from the zoo by its name with arguments, as in "googlenet[width=0.1]"."""
    return zoo.network(name, input=input, classes=classes)


def images(
    counts: tuple[int, ...] = (8, 8, 8), *, val: int = 12, wrong: int = 0, seed: int = 0, size: int = 6
) -> Dataset:
    """Noise with a bright row whose height tells the class; `counts` images of each to train on, `val` to validate.

    So many of the validation labels are `wrong`: what is learnt makes these worse. Without `val` there is no such
    split, and a share of the training images is held out.
    """
    classes = tuple(f"row{number}" for number in range(len(counts)))
    labels = np.repeat(np.arange(len(counts)), counts)
    splits = {"train": rows(labels, seed, "train", size)}
    if val:
        right = np.arange(val) % len(counts)
        held = rows(right, seed + 1, "val", size)
        splits["val"] = replace(held, labels=(right + (np.arange(val) < wrong)) % len(counts))
    return Dataset("rows", classes, dict(splits), shape=(1, size, size))


def rows(labels: np.ndarray, seed: int, name: str, size: int) -> ArraySplit:
    chance = np.random.default_rng(seed)
    pixels = chance.integers(0, 120, (len(labels), 1, size, size)).astype(np.uint8)
    for image, label in zip(pixels, labels, strict=True):
        image[0, 2 * label] += 100
    return ArraySplit(labels.astype(np.int64), pixels, name, tuple(range(len(labels))))
