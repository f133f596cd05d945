"""The batches of a training, whatever they are made from."""

import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

import torch
from torch import Tensor

from brickwork.train.augment import augmented, batches, draws, mirrors_suit
from brickwork.train.material import Material
from brickwork.train.progress import Listen, Progress
from brickwork.train.recipe import Recipe


@dataclass(frozen=True, eq=False)
class Batch:
    """What one step learns from, on the device that does the work."""

    images: Tensor  # float32, N x C x H x W, normalised, with channels last in memory
    targets: Tensor  # int64, N; or the share of each class, float32, N x K, where images are mixed


class Feed(ABC):
    """The batches of each epoch: the same ones whenever, and from wherever in the epoch, they are asked for."""

    waited = 0.0  # seconds that the training has waited for data since `take_waited`

    @property
    @abstractmethod
    def samples(self) -> int:
        """Images in an epoch."""

    @property
    @abstractmethod
    def steps(self) -> int:
        """Batches in an epoch."""

    @abstractmethod
    def made(self, epoch: int, first: int) -> Iterator[Batch]:
        """What `batches` yields, without the clock."""

    def batches(self, epoch: int, first: int = 0) -> Iterator[Batch]:
        """The batches of an epoch, which counts from 1, from number `first` on, which counts from 0."""
        made = self.made(epoch, first)
        while True:
            began = time.perf_counter()
            batch = next(made, None)
            self.waited += time.perf_counter() - began
            if batch is None:
                return
            yield batch

    def take_waited(self) -> float:
        """The seconds waited since this was last asked."""
        waited, self.waited = self.waited, 0.0
        return waited

    @abstractmethod
    def close(self) -> None:
        """Ends the processes that the feed has started; it can be used no more."""


@dataclass(eq=False)
class Memory(Feed):
    """Images that are all on the device, and are shifted, mirrored and normalised there as whole batches."""

    material: Material
    recipe: Recipe
    device: torch.device
    flip: bool  # whether mirror images belong to the same classes
    images: Tensor = field(init=False)  # uint8, N x C x H x W
    labels: Tensor = field(init=False)  # int64, N

    def __post_init__(self) -> None:
        self.images = torch.from_numpy(self.material.train.images).to(self.device)
        self.labels = torch.from_numpy(self.material.train.labels).to(self.device)

    @property
    def samples(self) -> int:
        return len(self.labels)

    @property
    def steps(self) -> int:
        return -(-self.samples // self.recipe.batch)

    def made(self, epoch: int, first: int) -> Iterator[Batch]:
        chances = draws(self.recipe.seed, epoch, self.samples, flip=self.flip, crop=self.recipe.crop).to(self.device)
        for samples in islice(batches(chances, self.recipe.batch), first, None):
            images = self.material.preprocessing.normalised(augmented(self.images, samples, chances))
            yield Batch(images, self.labels[samples])

    def close(self) -> None:
        """There are none."""


def feed(material: Material, recipe: Recipe, device: torch.device, report: Listen) -> Feed:
    """The feed that suits the images and the recipe."""
    flip = recipe.flip and mirrors_suit(material.classes)
    if recipe.flip and not flip:
        report(Progress("note", "no image is mirrored, as the classes are digits or letters"))
    return Memory(material, recipe, device, flip)
