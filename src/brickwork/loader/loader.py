"""The batches of a training, whatever they are made from."""

import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from itertools import islice

import torch

from brickwork.data.cache.decoded import missing_folder
from brickwork.data.cache.pack import Pack
from brickwork.data.dataset import Labels
from brickwork.errors import BrickworkError
from brickwork.loader.batch_transforms import Batch, BatchTransform
from brickwork.loader.collate import BatchReader, BatchRequest, Fault, InProcess, LoadedBatch
from brickwork.loader.note import Note, Notify
from brickwork.loader.prepare import TrainingImages, network_images
from brickwork.loader.sampler import EpochPlan, flip_and_shift, mirrors_suit, plan_epoch, split_batches
from brickwork.loader.transforms import ImageTransform, Sample, transforms_images
from brickwork.loader.workers import Workers, worker_count
from brickwork.recipe.progressive import grows, size_at, takes_size
from brickwork.recipe.recipe import Recipe

__all__ = [
    "Batch",
    "Loader",
    "make_loader",
]


class Loader(ABC):
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

    def draws(self, epoch: int) -> EpochPlan:
        return plan_epoch(self.recipe, epoch, self.labels, flip=self.flip)

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


class TensorLoader(Loader):
    """Images that are all on the device, and are mirrored and shifted there as whole batches."""

    def __init__(
        self, material: TrainingImages, recipe: Recipe, flip: bool, whole: BatchTransform, device: torch.device
    ) -> None:
        super().__init__(material.train.labels, recipe, flip)
        self.whole = whole
        images = network_images(material.train, material.preprocessing, range(self.samples))
        self.images = torch.from_numpy(images).to(device).permute(0, 3, 1, 2)
        self.targets = torch.from_numpy(self.labels).to(device)

    def batches(self, epoch: int, first: int = 0) -> Iterator[Batch]:
        parts = split_batches(self.draws(epoch).to(self.images.device), self.steps)
        for number, part in islice(enumerate(parts), first, None):
            yield self.whole.batch(flip_and_shift(self.images, part), self.targets[part.order], part, epoch, number)

    def close(self) -> None:
        """There are none."""


class WorkerLoader(Loader):
    """Images that are read, cut out and changed one by one, here or in other processes."""

    def __init__(
        self,
        material: TrainingImages,
        recipe: Recipe,
        flip: bool,
        whole: BatchTransform,
        device: torch.device,
        report: Notify,
    ) -> None:
        super().__init__(material.train.labels, recipe, flip)
        self.whole, self.device, self.report = whole, device, report
        self.split = material.train.split
        self.named: set[int] = set()  # samples of which it has been said that they cannot be read
        single = ImageTransform(material.train.images, material.preprocessing, recipe)
        self.readers = make_reader(single, min(recipe.batch, self.samples), worker_count(recipe, self.samples, device))

    def batches(self, epoch: int, first: int = 0) -> Iterator[Batch]:
        parts = list(split_batches(self.draws(epoch), self.steps))
        tasks = (batch_request(parts[number], epoch, number) for number in range(first, self.steps))
        for filled in self.timed(self.readers.read(tasks)):
            part = parts[filled.number]
            if filled.faults:
                self.tell(filled.faults, len(filled.rows))
                part = part.take(filled.rows)
            images = torch.from_numpy(filled.images).to(self.device).permute(0, 3, 1, 2)
            targets = torch.from_numpy(self.labels[part.order.numpy()]).to(self.device)
            yield self.whole.batch(images, targets, part.to(self.device), epoch, filled.number)

    def timed(self, found: Iterator[LoadedBatch]) -> Iterator[LoadedBatch]:
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
            if error := missing_folder(self.split, sample):
                raise error
            if sample not in self.named:
                self.named.add(sample)
                self.report(Note(f"left out {self.split.names[sample]}: {reason}"))
        if not left:
            sample, reason = faults[0]
            raise BrickworkError(f"no image of a batch can be read any more: {self.split.names[sample]}: {reason}.")

    def close(self) -> None:
        self.readers.close()


def batch_request(part: EpochPlan, epoch: int, number: int) -> BatchRequest:
    columns = (part.order, part.keys, part.mirrored, *part.shifts.T)
    return BatchRequest(
        number, epoch, tuple(Sample(*row) for row in zip(*(each.tolist() for each in columns), strict=True))
    )


def make_reader(single: ImageTransform, batch: int, count: int) -> BatchReader:
    return Workers(single, batch, count) if count else InProcess(single, batch)


def fits_on_device(material: TrainingImages, recipe: Recipe, device: torch.device) -> bool:
    """Whether the images that were to live in memory do so on this device, too."""
    pack = material.train.images
    if not material.in_memory or not isinstance(pack, Pack):
        return False
    return device.type != "cuda" or len(pack) * material.train.presize.bytes < recipe.memory * free_on(device)


def free_on(device: torch.device) -> int:
    free: int = torch.cuda.mem_get_info(device)[0]
    return free


def make_loader(material: TrainingImages, recipe: Recipe, device: torch.device, report: Notify) -> Loader:
    """The feed that suits the images and the recipe: where both would do, they give the same batches."""
    flip = recipe.flip and mirrors_suit(material.classes)
    if recipe.flip and not flip:
        report(Note("no image is mirrored, as the classes are digits or letters"))
    whole = BatchTransform(recipe, material.preprocessing, material.network, begins_smaller(material, recipe, report))
    if fits_on_device(material, recipe, device) and not transforms_images(recipe):
        return TensorLoader(material, recipe, flip, whole, device)
    return WorkerLoader(material, recipe, flip, whole, device, report)


def begins_smaller(material: TrainingImages, recipe: Recipe, report: Notify) -> bool:
    """Whether images begin smaller, which not every network takes."""
    if not grows(recipe, material.network):
        return False
    height, width = size_at(recipe, material.network, 1)
    if takes_size(material.network, (height, width)):
        return True
    name = material.network.name
    report(Note(f"resize_from is passed over: {name} does not take images of {height}x{width}"))
    return False
