"""What a training works on: the images that can be read, and how they become a network's input."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from brickwork.data import index as indices
from brickwork.data.cache.decoded import (
    Cache,
    DecodedSplit,
    Storage,
    changed_names,
    decode_split,
    missing_folder,
    sums_of,
)
from brickwork.data.cache.pack import Pack, allocate
from brickwork.data.cache.presize import Presize
from brickwork.data.dataset import Dataset, Images, Skipped
from brickwork.data.images.decode import Unreadable
from brickwork.data.index import Index
from brickwork.data.parallel import map_in_order
from brickwork.data.preprocessing import Preprocessing
from brickwork.data.sources.notes import name_list
from brickwork.data.statistics import channel_moments
from brickwork.errors import BrickworkError
from brickwork.loader.note import Note, Notify
from brickwork.loader.transforms import transforms_images
from brickwork.loader.workers import warm, worker_count
from brickwork.machine import device, free_memory
from brickwork.network import Network
from brickwork.recipe.recipe import Recipe

PAUSE = 5.0  # seconds between two notes while images are read


@dataclass(frozen=True, eq=False)
class TrainingImages:
    """Images to train on and to validate with; the preprocessing has the training pixels' mean and deviation."""

    classes: tuple[str, ...]
    train: DecodedSplit
    val: DecodedSplit
    preprocessing: Preprocessing
    network: Network
    in_memory: bool  # whether the training images were to live there

    @property
    def skipped(self) -> tuple[Skipped, ...]:
        return (*self.train.skipped, *self.val.skipped)

    @property
    def views(self) -> "ValidationImages":
        """The validation images as the network takes them."""
        return ValidationImages(self.val, self.preprocessing)


@dataclass(frozen=True, eq=False)
class ValidationImages:
    """Images as N x C x H x W bytes, a slice at a time."""

    split: DecodedSplit
    preprocessing: Preprocessing

    def __len__(self) -> int:
        return len(self.split)

    def __getitem__(self, part: slice) -> Tensor:
        images = network_images(self.split, self.preprocessing, range(len(self))[part])
        return torch.from_numpy(np.ascontiguousarray(images.transpose(0, 3, 1, 2)))


def network_images(stock: DecodedSplit, preprocessing: Preprocessing, numbers: range) -> Images:
    """Images as the network takes them, N x H x W x C; where they lie so in memory, that memory itself."""
    channels, height, width = preprocessing.shape
    pack = stock.images
    if isinstance(pack, Pack) and pack.uniform and tuple(pack.sizes[0]) == (height, width):
        return pack.pixels.reshape(-1, height, width, channels)[numbers.start : numbers.stop : numbers.step]
    images = allocate(len(numbers), (height, width, channels))
    for place, pixels in enumerate(map_in_order(partial(read_again, stock), numbers)):
        images[place] = preprocessing.pad(pixels)
    return images


def read_again(stock: DecodedSplit, i: int) -> Images:
    """An image that could be read before; raises BrickworkError where its folder is gone, Unreadable where it is."""
    try:
        return stock.images.image(i)
    except Unreadable as error:
        raise missing_folder(stock.split, i) or error from None


def prepare(network: Network, dataset: Dataset, recipe: Recipe, report: Notify) -> TrainingImages:
    """Reads the splits "train" and "val" at the network's input size, once, and keeps them as the recipe says.

    Raises BrickworkError where one of them has no readable image, or the data are gone.
    """
    if transforms_images(recipe) and worker_count(recipe, len(dataset.split("train")), device()):
        warm()
    channels, height, width = network.input
    plain = Preprocessing(channels, height, width, mean=(0.0,) * channels, std=(1.0,) * channels, fit=recipe.fit)
    presizes = {"train": Presize(plain, whole=recipe.scale < 1), "val": Presize(plain)}
    reading = Preparation(dataset, known_index(dataset, report), recipe.cache, report)
    homes = choose_memory(dataset, presizes, recipe)
    train, val = (reading.part(name, presizes[name], homes[name]) for name in ("train", "val"))
    mean, std = channel_moments(train.counts)
    return TrainingImages(dataset.classes, train, val, replace(plain, mean=mean, std=std), network, homes["train"])


def choose_memory(dataset: Dataset, presizes: dict[str, Presize], recipe: Recipe) -> dict[str, bool]:
    """Which splits live in memory: those that fit into what the recipe allows, and are not read one by one."""
    free = recipe.memory * free_memory()
    homes: dict[str, bool] = {}
    for name, presize in presizes.items():
        needed = len(dataset.split(name)) * presize.bytes
        homes[name] = needed <= free and not (name == "train" and transforms_images(recipe))
        free -= needed if homes[name] else 0
    return homes


def known_index(dataset: Dataset, report: Notify) -> Index | None:
    """What `brickwork check` saw of the data, with a note where images have come or gone since."""
    index = indices.load_index(dataset.source, lambda text: report(Note(text))) if dataset.source else None
    if index:
        for keys, word in ((indices.new_keys(index, dataset), "new"), (indices.missing_keys(index, dataset), "gone")):
            if keys:
                text = f"images that are {word} since 'brickwork check': {len(keys):,} ({name_list(keys)})"
                report(Note(text, names=tuple(keys)))
    return index


@dataclass(frozen=True, eq=False)
class Preparation:
    """One reading of a data set, and who hears of it."""

    dataset: Dataset
    index: Index | None
    cache: Cache
    report: Notify

    def part(self, name: str, presize: Presize, in_memory: bool) -> DecodedSplit:
        """A split's images, with a note for every one that was skipped."""
        split, keep = self.dataset.split(name), Storage(in_memory, self.cache)
        made = decode_split(
            split, presize, self.sums(name, keep), keep, partial(self.tell, name), self.counter(name, "read")
        )
        self.check_there()
        for skipped in made.skipped:
            self.note(f"skipped {skipped.name}: {skipped.reason}")
        if not len(made):
            raise BrickworkError(no_images_text(self.dataset.name, name, len(split)))
        self.note(f"{name}: {len(made):,} images")
        return made

    def sums(self, name: str, keep: Storage) -> list[str]:
        """The images' sums where they are of use; those that have changed since they were indexed are named."""
        split, known = self.dataset.split(name), self.index.by_key if self.index else {}
        if not self.index and not keep.wants_file(split):
            return []
        entries = [known.get(key) for key in split.keys]
        sums = sums_of(split, entries, self.counter(name, "looked at"))
        if names := changed_names(split, sums, entries):
            text = f"{name}: images that have changed since 'brickwork check': {len(names):,} ({name_list(names)})"
            self.report(Note(text, names=tuple(names)))
        return sums

    def check_there(self) -> None:
        """Raises BrickworkError where the whole data set is there no more."""
        source = Path(self.dataset.source)
        if source.is_absolute() and not source.exists():
            raise BrickworkError(f"{self.dataset.source} is gone: is a disk or a share missing?")

    def counter(self, name: str, verb: str) -> "ProgressCounter":
        return ProgressCounter(f"{name}: {{:,}} of {len(self.dataset.split(name)):,} images {verb}", self.note)

    def tell(self, name: str, text: str) -> None:
        self.note(f"{name}: {text}")

    def note(self, text: str) -> None:
        self.report(Note(text))


class ProgressCounter:
    """Tells how many images are done, every few seconds."""

    def __init__(self, words: str, note: Callable[[str], None]) -> None:
        self.words, self.note = words, note
        self.told = time.monotonic()

    def __call__(self, done: int) -> None:
        if time.monotonic() - self.told > PAUSE:
            self.told = time.monotonic()
            self.note(self.words.format(done))


def no_images_text(name: str, split: str, count: int) -> str:
    if count:
        return f"{name}: none of the {count:,} images of the split {split!r} can be read."
    if split == "val":
        return f"{name}: no class has two images, one of them to validate with: add images."
    return f"{name}: the split {split!r} is empty."
