"""The loader: batches of augmented images on a device, epoch by epoch, whatever they are made from."""

import time
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Self

import torch

from brickwork import machine
from brickwork.data.cache.decoded import missing_folder
from brickwork.data.cache.pack import Pack
from brickwork.data.dataset import Dataset
from brickwork.data.sources.webdataset import TarSplit
from brickwork.errors import BrickworkError, check_kind
from brickwork.loader.batch_transforms import Batch, BatchTransform
from brickwork.loader.collate import BatchReader, BatchRequest, Fault, InProcess, LoadedBatch
from brickwork.loader.fit import check_fit
from brickwork.loader.note import Note, Notify, ignore
from brickwork.loader.prepare import Findings, Normalisation, TrainingImages, fits_on_device, prepare
from brickwork.loader.sampler import EpochPlan, flip_and_shift, mirrors_suit, plan_epoch, split_batches
from brickwork.loader.share import Share
from brickwork.loader.transforms import ImageTransform, Sample, transforms_images
from brickwork.loader.validation import ValidationImages, network_images
from brickwork.loader.windows import attach_contents, choose_window, shard_places, takes_contents
from brickwork.loader.workers import Workers, worker_count
from brickwork.network import Network
from brickwork.network.layer import shape_text
from brickwork.recipe.progressive import grows, size_at, takes_size
from brickwork.recipe.recipe import Recipe

WHOLE = Share()  # of one process alone

__all__ = ["Batch", "Loader", "make_loader", "open_loader"]


class Loader(ABC):
    """Loader: an epoch's batches of augmented training images; (seed, epoch, number) decides all of a batch's bits.

    Use it in a `with` block, or call `close`: it may have started worker processes.
    """

    def __init__(
        self, images: TrainingImages, recipe: Recipe, device: torch.device, notify: Notify, own: Share
    ) -> None:
        self.images, self.recipe, self.device, self.notify, self.own = images, recipe, device, notify, own
        self.labels = images.train.labels
        self.places = shard_places(images.train.split, recipe, notify)
        self.flip = flips(images, recipe, notify)
        self.transform = BatchTransform(recipe, images.preprocessing, images.network, grown(images, recipe, notify))
        self.waited = 0.0

    def __len__(self) -> int:
        """Batches in an epoch."""
        return -(-self.samples // self.recipe.batch)

    def __repr__(self) -> str:
        shape = shape_text(self.images.preprocessing.shape)
        return f"{type(self).__name__}({self.samples:,} images of {shape}, {len(self):,} batches, {self.device})"

    def __exit__(self, *exception: object) -> None:
        self.close()

    def __enter__(self) -> Self:
        return self

    @property
    def samples(self) -> int:
        """Images in an epoch."""
        return len(self.labels)

    @property
    def class_counts(self) -> list[int]:
        """The training images of each class."""
        return torch.bincount(torch.from_numpy(self.labels), minlength=len(self.images.classes)).tolist()

    @property
    def findings(self) -> Findings:
        """What other processes need to know in order not to read all images again."""
        return Findings(self.images.train.census, self.images.val.census, self.recipe.window)

    @property
    def validation(self) -> ValidationImages:
        """The validation images as the network takes them, with their labels."""
        return self.images.validation

    def plan(self, epoch: int) -> EpochPlan:
        if epoch < 1:
            raise BrickworkError(f"epochs count from 1, not from {epoch}.")
        return plan_epoch(self.recipe, epoch, self.labels, flip=self.flip, places=self.places)

    def take_waited(self) -> float:
        """Seconds that the training has waited for data since this was last asked."""
        waited, self.waited = self.waited, 0.0
        return waited

    def micro_batches(self, epoch: int, first: int) -> Iterator[tuple[int, EpochPlan, int]]:
        """This process's own micro-batches of an epoch from batch `first` on: the number of each in the epoch, its
        plan, and the images of its whole batch.
        """
        count = self.recipe.accumulate
        for step, batch in islice(enumerate(split_batches(self.plan(epoch), len(self))), first, None):
            parts = list(split_batches(batch, count))
            for micro_batch in self.own.of(count):
                yield step * count + micro_batch, parts[micro_batch], len(batch.order)

    @abstractmethod
    def batches(self, epoch: int, first: int = 0) -> Iterator[Batch]:
        """The batches of an epoch, which counts from 1, from number `first` on, which counts from 0.

        Where the recipe accumulates, the micro-batches of each come one by one; and of several processes, each gets
        its own alone.
        """

    @abstractmethod
    def close(self) -> None:
        """Ends the worker processes, if there are any; the loader can be used no more."""


class TensorLoader(Loader):
    """Loader of images that are all on the device, where whole batches are flipped and shifted."""

    def __init__(
        self, images: TrainingImages, recipe: Recipe, device: torch.device, notify: Notify, own: Share
    ) -> None:
        super().__init__(images, recipe, device, notify, own)
        pixels = network_images(images.train, images.preprocessing, range(self.samples))
        self.pixels = torch.from_numpy(pixels).to(device).permute(0, 3, 1, 2)
        self.targets = torch.from_numpy(self.labels).to(device)

    def batches(self, epoch: int, first: int = 0) -> Iterator[Batch]:
        for number, plan, of in self.micro_batches(epoch, first):
            part = plan.to(self.device)
            pixels = flip_and_shift(self.pixels, part)
            yield replace(self.transform(pixels, self.targets[part.order], part, epoch, number), of=of)

    def close(self) -> None:
        """Does nothing: no worker process was started."""


class WorkerLoader(Loader):
    """Loader of images that are read and transformed one by one, in this process (workers=0) or in workers."""

    def __init__(
        self, images: TrainingImages, recipe: Recipe, device: torch.device, notify: Notify, own: Share
    ) -> None:
        super().__init__(images, recipe, device, notify, own)
        self.split = images.train.split
        self.unreadable: set[int] = set()  # samples of which it has been said that they cannot be read
        transform = ImageTransform(images.train.images, images.preprocessing, recipe)
        workers = worker_count(recipe, self.samples, device, own.world_size)
        self.reader = make_reader(transform, -(-min(recipe.batch, self.samples) // recipe.accumulate), workers)

    def batches(self, epoch: int, first: int = 0) -> Iterator[Batch]:
        parts = list(self.micro_batches(epoch, first))
        requests = self.requests(epoch, parts)
        for (_, part, of), loaded in zip(parts, self.timed(self.reader.read(requests)), strict=True):
            if loaded.faults:
                self.tell(loaded.faults, len(loaded.rows))
                part = part.subset(loaded.rows)
            pixels = torch.from_numpy(loaded.images).to(self.device).permute(0, 3, 1, 2)
            targets = torch.from_numpy(self.labels[part.order.numpy()]).to(self.device)
            batch = self.transform(pixels, targets, part.to(self.device), epoch, loaded.number)
            yield replace(batch, of=of)

    def requests(self, epoch: int, parts: Sequence[tuple[int, EpochPlan, int]]) -> Iterable[BatchRequest]:
        """Requests for micro-batches, with the contents of their images where these are read in windows."""
        requests = (batch_request(part, epoch, number) for number, part, _ in parts)
        if isinstance(self.split, TarSplit) and takes_contents(self.recipe, self.images.train.images):
            return attach_contents(self.split, list(requests), self.recipe)
        return requests

    def timed(self, batches: Iterator[LoadedBatch]) -> Iterator[LoadedBatch]:
        """The same batches; the seconds of waiting for each are added to `waited`."""
        while True:
            start = time.perf_counter()
            loaded = next(batches, None)
            self.waited += time.perf_counter() - start
            if loaded is None:
                return
            yield loaded

    def tell(self, faults: list[Fault], left: int) -> None:
        """Notify of images that could be read when the training began and cannot now; no others take their place."""
        for sample, reason in faults:
            if error := missing_folder(self.split, sample):
                raise error
            if sample not in self.unreadable:
                self.unreadable.add(sample)
                self.notify(Note(f"left out {self.split.names[sample]}: {reason}"))
        if not left:
            sample, reason = faults[0]
            raise BrickworkError(f"no image of a batch can be read any more: {self.split.names[sample]}: {reason}.")

    def close(self) -> None:
        self.reader.close()


def batch_request(part: EpochPlan, epoch: int, number: int) -> BatchRequest:
    columns = (part.order, part.keys, part.mirrored, *part.shifts.T)
    rows = zip(*(column.tolist() for column in columns), strict=True)
    return BatchRequest(number, epoch, tuple(Sample(*row) for row in rows))


def make_reader(transform: ImageTransform, batch: int, workers: int) -> BatchReader:
    return Workers(transform, batch, workers) if workers else InProcess(transform, batch)


def flips(images: TrainingImages, recipe: Recipe, notify: Notify) -> bool:
    """Whether images are flipped: as the recipe says, but never digits and letters, of which a note tells."""
    if recipe.flip and not mirrors_suit(images.classes):
        notify(Note("no image is mirrored, as the classes are digits or letters"))
        return False
    return recipe.flip


def grown(images: TrainingImages, recipe: Recipe, notify: Notify) -> bool:
    """Whether images begin smaller (progressive resizing): not where the network takes one size, with a note."""
    if not grows(recipe, images.network):
        return False
    height, width = size_at(recipe, images.network, 1)
    if takes_size(images.network, (height, width)):
        return True
    name = images.network.name
    notify(Note(f"resize_from is passed over: {name} does not take images of {height}x{width}"))
    return False


def choose_device(device: torch.device | str | None) -> torch.device:
    """The device that was asked for, or the machine's; raises BrickworkError for a word that is none."""
    try:
        return torch.device(device) if device else machine.device()
    except RuntimeError:
        raise BrickworkError(f"unknown device {device!r}: expected a word such as 'cpu', 'cuda' or 'cuda:1'.") from None


def make_loader(
    images: TrainingImages,
    recipe: Recipe,
    device: torch.device | str | None = None,
    notify: Notify = ignore,
    own: Share = WHOLE,
) -> Loader:
    """The loader that suits the images and the recipe: where both kinds would do, they give the same batches."""
    device = choose_device(device)
    whole = fits_on_device(images, recipe, device) and not transforms_images(recipe)
    return (TensorLoader if whole else WorkerLoader)(images, recipe, device, notify, own)


def open_loader(
    dataset: Dataset,
    network: Network,
    recipe: Recipe,
    *,
    normalisation: Normalisation | None = None,
    device: torch.device | str | None = None,
    notify: Notify = ignore,
    rank: int = 0,
    world_size: int = 1,
    findings: Findings | None = None,
) -> Loader:
    """The loader of a data set's training images at a network's input size, for a loop of your own or the Trainer.

    Its batches have `images`, float32, N x C x H x W, normalised, and `targets`; `validation` has the images that the
    data set, or the recipe's share of the training images, keeps for validation. `normalisation` is the mean and
    deviation of each channel where it should not be that of the training images. Of `world_size` processes, the one of
    number `rank` gets its own micro-batches of each batch alone; with the `findings` of another's loader it does not
    read all images again. The loader's recipe says how many images of shards are shuffled together. Raises
    BrickworkError where no image of a split can be read.
    """
    check_kind("dataset", dataset, Dataset, "a Dataset, which open_data gives")
    check_kind("network", network, Network, "a Network, which zoo.network gives, and a Model has as model.network")
    check_kind("recipe", recipe, Recipe, "a Recipe, which recipe_for(...).recipe is")
    check_fit(network, dataset)
    dataset = dataset.with_validation(recipe.validation, recipe.seed)
    own = Share(rank, world_size)
    images = prepare(network, dataset, recipe, notify, normalisation, findings)
    kept = isinstance(images.train.images, Pack)
    window = findings.window if findings else choose_window(recipe, images.train.split, kept=kept)
    return make_loader(images, replace(recipe, window=window), device, notify, own)
