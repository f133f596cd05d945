"""The batches that a training gives to its network, and what they are compared with.

Every name of the package that these tests need is imported here and nowhere else.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from brickwork.data import open_data
from brickwork.data.dataset import ArraySplit, Dataset
from brickwork.network import Network, chain, stages
from brickwork.network.layers import AvgPool, Flatten, GlobalAvgPool, Linear
from brickwork.recipe.recipe import Recipe
from brickwork.training.train import train

FREE_MEMORY = "brickwork.loader.prepare.free_memory"
PLAIN = Recipe(
    epochs=1, batch=64, lr=1e-6, label_smoothing=0.0, flip=False, precision="fp32", workers=0, cache="off", seed=3
)
WAYS: dict[str, dict[str, float]] = {  # in which moves are made; so little color changes no pixel
    "whole batches": {},
    "image by image": {"color": 1e-9},
}
FIRST = (nn.AdaptiveAvgPool2d, nn.AvgPool2d)  # what the networks below begin with
Bytes = NDArray[np.uint8]
Floats = NDArray[np.float64]
Notify = Callable[[str], None]


@dataclass(frozen=True, eq=False)
class Batch:
    """What the network saw in one step."""

    images: Tensor  # N x C x H x W as the first layer gets it
    targets: Tensor  # N x K: the share of each class, as the gradient of the loss says


@dataclass(frozen=True, eq=False)
class Capture:
    """Forward hooks that keep the first layer's input, and the targets from the gradient of the logits."""

    images: list[Tensor] = field(default_factory=list)
    targets: list[Tensor] = field(default_factory=list)

    def keep_input(self, module: nn.Module, inputs: tuple[Any, ...]) -> None:
        if torch.is_grad_enabled() and isinstance(module, FIRST):
            self.images.append(inputs[0].detach().clone())

    def keep_targets(self, module: nn.Module, inputs: tuple[Any, ...], logits: Tensor) -> None:
        if torch.is_grad_enabled() and isinstance(module, nn.Linear):
            logits.register_hook(lambda slope: self.targets.append(shares(logits, slope)))

    @property
    def batches(self) -> list[Batch]:
        return [Batch(*pair) for pair in zip(self.images, self.targets, strict=True)]


def shares(logits: Tensor, slope: Tensor) -> Tensor:
    """The targets of a mean cross-entropy: its slope is (softmax - target) / N."""
    return logits.detach().softmax(1) - len(logits) * slope


@contextmanager
def capture() -> Iterator[Capture]:
    found, modules = Capture(), nn.modules.module
    hooks = (
        modules.register_module_forward_pre_hook(found.keep_input),
        modules.register_module_forward_hook(found.keep_targets),
    )
    try:
        yield found
    finally:
        for hook in hooks:
            hook.remove()


def network(shape: tuple[int, int, int], classes: int, *, one_size: bool = False) -> Network:
    """The mean of each channel, then a dense layer; where `one_size`, over the means of 2 x 2 pixels."""
    body = chain(AvgPool(2), Flatten()) if one_size else chain(GlobalAvgPool(), Flatten())
    return Network("mean", shape, classes, stages(stage1=body), head=Linear(classes))


def arrays(images: Bytes, labels: Sequence[int], classes: Sequence[str] = ()) -> Dataset:
    """Images in memory, N x C x H x W, all to train on; the first four are validated with, too."""
    names = tuple(classes) or tuple(f"class{number}" for number in range(max(labels) + 1))
    whole = ArraySplit(np.array(labels, np.int64), images, "train-images", tuple(range(len(images))))
    return Dataset("arrays", names, {"train": whole, "val": whole.subset(range(4))})


def folder(root: Path) -> Dataset:
    """A folder of train and val with a folder for each class."""
    return open_data(str(root))


def see(
    data: Dataset,
    shape: tuple[int, int, int],
    listen: Notify = lambda text: None,
    *,
    one_size: bool = False,
    **recipe: object,
) -> list[Batch]:
    """Trains on a data set with the plain recipe and these changes, and gives every batch that the network saw."""
    with TemporaryDirectory() as out, capture() as found:
        train(
            network(shape, len(data.classes), one_size=one_size),
            data,
            replace(PLAIN, **recipe),  # type: ignore[arg-type]
            out=Path(out) / "run",
            listener=lambda news: listen(news.text),
        )
    return found.batches


def see_arrays(images: Bytes, labels: Sequence[int] = (), **recipe: object) -> list[Batch]:
    """As `see`, of images in memory, each of a class of its own where no labels are given."""
    return see(arrays(images, labels or range(len(images))), images.shape[1:], **recipe)  # type: ignore[arg-type]


def classes_of(batch: Batch) -> list[int]:
    """The class of each image, where none is mixed."""
    assert torch.allclose(batch.targets.max(1).values, torch.ones(len(batch.targets)), atol=1e-4)
    return batch.targets.argmax(1).tolist()


def restore(batches: Sequence[Batch], trained: Bytes) -> list[Floats]:
    """Each batch's values from 0 to 255, by the mean and deviation of the bytes that are trained on."""
    mean, std = (getattr(trained.astype(np.float64), name)(axis=(0, 2, 3), keepdims=True) for name in ("mean", "std"))
    return [batch.images.double().numpy() * std + mean for batch in batches]


def restore_bytes(batches: Sequence[Batch], trained: Bytes) -> Bytes:
    """All images of these batches, of which every value must be that of a byte."""
    values = np.concatenate(restore(batches, trained))
    assert np.abs(values - values.round()).max() < 0.01
    return values.round().astype(np.uint8)


def limit_memory(patch: pytest.MonkeyPatch, free: int) -> None:
    """Lets the machine have so many bytes of free memory."""
    patch.setattr(FREE_MEMORY, lambda: free)
