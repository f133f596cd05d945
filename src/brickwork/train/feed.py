"""The batches of a training, whatever they are made from."""

import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from itertools import islice

import torch

from brickwork.data.dataset import Labels
from brickwork.data.pack import Pack
from brickwork.data.reading import lost
from brickwork.errors import BrickworkError
from brickwork.train.augment import Draws, augmented, batches, draws, mirrors_suit
from brickwork.train.grow import grows, size_at, takes
from brickwork.train.material import Material, framed
from brickwork.train.progress import Listen, Progress
from brickwork.train.readers import Fault, Filled, Here, Readers, Task
from brickwork.train.recipe import Recipe
from brickwork.train.single import Row, Single, asks_for_single
from brickwork.train.whole import Batch, Whole
from brickwork.train.workers import Workers, helping

__all__ = ["Batch", "Feed", "feed"]


class Feed(ABC):
    """The batches of each epoch: the same ones whenever, and from wherever in the epoch, they are asked for."""

    def __init__(self, labels: Labels, recipe: Recipe, flip: bool) -> None:
        self.labels, self.recipe, self.flip = labels, recipe, flip
        self.waited = 0.0

    @property
    def samples(self) -> int:
        """Images in an epoch."""
        return len(self.labels)

    @property
    def steps(self) -> int:
        """Batches in an epoch."""
        return -(-self.samples // self.recipe.batch)

    def draws(self, epoch: int) -> Draws:
        return draws(self.recipe, epoch, self.labels, flip=self.flip)

    def take_waited(self) -> float:
        """The seconds that the training has waited for images to be read since this was last asked."""
        waited, self.waited = self.waited, 0.0
        return waited

    @abstractmethod
    def batches(self, epoch: int, first: int = 0) -> Iterator[Batch]:
        """The batches of an epoch, which counts from 1, from number `first` on, which counts from 0."""

    @abstractmethod
    def close(self) -> None:
        """Ends the processes that the feed has started; it can be used no more."""


class Memory(Feed):
    """Images that are all on the device, and are mirrored and shifted there as whole batches."""

    def __init__(self, material: Material, recipe: Recipe, flip: bool, whole: Whole, device: torch.device) -> None:
        super().__init__(material.train.labels, recipe, flip)
        self.whole = whole
        images = framed(material.train, material.preprocessing, range(self.samples))
        self.images = torch.from_numpy(images).to(device).permute(0, 3, 1, 2)
        self.targets = torch.from_numpy(self.labels).to(device)

    def batches(self, epoch: int, first: int = 0) -> Iterator[Batch]:
        parts = batches(self.draws(epoch).to(self.images.device), self.steps)
        for number, part in islice(enumerate(parts), first, None):
            yield self.whole.batch(augmented(self.images, part), self.targets[part.order], part, epoch, number)

    def close(self) -> None:
        """There are none."""


class Loader(Feed):
    """Images that are read, cut out and changed one by one, here or in other processes."""

    def __init__(
        self, material: Material, recipe: Recipe, flip: bool, whole: Whole, device: torch.device, report: Listen
    ) -> None:
        super().__init__(material.train.labels, recipe, flip)
        self.whole, self.device, self.report = whole, device, report
        self.split = material.train.split
        self.named: set[int] = set()  # samples of which it has been said that they cannot be read
        single = Single(material.train.images, material.preprocessing, recipe)
        self.readers = readers(single, min(recipe.batch, self.samples), helping(recipe, self.samples, device))

    def batches(self, epoch: int, first: int = 0) -> Iterator[Batch]:
        parts = list(batches(self.draws(epoch), self.steps))
        tasks = (task(parts[number], epoch, number) for number in range(first, self.steps))
        for filled in self.timed(self.readers.read(tasks)):
            part = parts[filled.number]
            if filled.faults:
                self.tell(filled.faults, len(filled.rows))
                part = part.take(filled.rows)
            images = torch.from_numpy(filled.images).to(self.device).permute(0, 3, 1, 2)
            targets = torch.from_numpy(self.labels[part.order.numpy()]).to(self.device)
            yield self.whole.batch(images, targets, part.to(self.device), epoch, filled.number)

    def timed(self, found: Iterator[Filled]) -> Iterator[Filled]:
        while True:
            began = time.perf_counter()
            filled = next(found, None)
            self.waited += time.perf_counter() - began
            if filled is None:
                return
            yield filled

    def tell(self, faults: list[Fault], left: int) -> None:
        """Names images that could be read when the training began and cannot now; no others take their place."""
        for sample, reason in faults:
            if error := lost(self.split, sample):
                raise error
            if sample not in self.named:
                self.named.add(sample)
                self.report(Progress("note", f"left out {self.split.names[sample]}: {reason}"))
        if not left:
            sample, reason = faults[0]
            raise BrickworkError(f"no image of a batch can be read any more: {self.split.names[sample]}: {reason}.")

    def close(self) -> None:
        self.readers.close()


def task(part: Draws, epoch: int, number: int) -> Task:
    columns = (part.order, part.keys, part.mirrored, *part.shifts.T)
    return Task(number, epoch, tuple(Row(*row) for row in zip(*(each.tolist() for each in columns), strict=True)))


def readers(single: Single, batch: int, count: int) -> Readers:
    return Workers(single, batch, count) if count else Here(single, batch)


def fits(material: Material, recipe: Recipe, device: torch.device) -> bool:
    """Whether the images that were to live in memory do so on this device, too."""
    pack = material.train.images
    if not material.in_memory or not isinstance(pack, Pack):
        return False
    return device.type != "cuda" or len(pack) * material.train.presize.bytes < recipe.memory * free_on(device)


def free_on(device: torch.device) -> int:
    free: int = torch.cuda.mem_get_info(device)[0]
    return free


def feed(material: Material, recipe: Recipe, device: torch.device, report: Listen) -> Feed:
    """The feed that suits the images and the recipe: where both would do, they give the same batches."""
    flip = recipe.flip and mirrors_suit(material.classes)
    if recipe.flip and not flip:
        report(Progress("note", "no image is mirrored, as the classes are digits or letters"))
    whole = Whole(recipe, material.preprocessing, material.network, grown(material, recipe, report))
    if fits(material, recipe, device) and not asks_for_single(recipe):
        return Memory(material, recipe, flip, whole, device)
    return Loader(material, recipe, flip, whole, device, report)


def grown(material: Material, recipe: Recipe, report: Listen) -> bool:
    """Whether images begin smaller, which not every network takes."""
    if not grows(recipe, material.network):
        return False
    height, width = size_at(recipe, material.network, 1)
    if takes(material.network, (height, width)):
        return True
    name = material.network.name
    report(Progress("note", f"resize_from is passed over: {name} does not take images of {height}x{width}"))
    return False
