"""Preparation of training and validation images: decoded once, with the preprocessing of a network's input."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from hashlib import sha256
from pathlib import Path

import torch

from brickwork.data import index as indices
from brickwork.data.cache.decoded import (
    UNKEPT,
    Cache,
    Census,
    DecodedSplit,
    Storage,
    changed_names,
    decode_split,
    sums_of,
)
from brickwork.data.cache.pack import Pack
from brickwork.data.cache.presize import Presize
from brickwork.data.dataset import Dataset, Labels, Skipped, Split
from brickwork.data.images.deep import Range
from brickwork.data.index import Index
from brickwork.data.preprocessing import Preprocessing
from brickwork.data.sources.notes import name_list
from brickwork.data.statistics import channel_moments, set_range
from brickwork.errors import BrickworkError
from brickwork.loader.note import Note, Notify, ignore
from brickwork.loader.transforms import transforms_images
from brickwork.loader.validation import ValidationImages
from brickwork.loader.workers import warm, worker_count
from brickwork.machine import device, free_memory, free_memory_on
from brickwork.network import Network
from brickwork.recipe.recipe import Recipe, parse_range

FEW = 5  # skipped images that get a note of their own
PAUSE = 5.0  # seconds between two notes while images are read
LEAKS = "across splits, as 'brickwork check' found, so that accuracy will be too high"
CONTRARY = "with different labels, as 'brickwork check' found"
Normalisation = tuple[tuple[float, ...], tuple[float, ...]]  # mean and deviation of each channel, of values in 0..1


@dataclass(frozen=True, eq=False, repr=False)
class TrainingImages:
    """Images to train on and to validate with; the preprocessing has the training pixels' mean and deviation."""

    classes: tuple[str, ...]
    train: DecodedSplit
    val: DecodedSplit
    preprocessing: Preprocessing
    network: Network
    in_memory: bool  # whether the training images were to live there

    def __repr__(self) -> str:
        return f"TrainingImages({len(self.train):,} to train on, {len(self.val):,} to validate with)"

    @cached_property
    def digest(self) -> str:
        """A sum over what is trained on and validated with, wherever it lies: classes, labels, images in order."""
        parts = [(split.sum, split.labels.tolist()) for split in (self.train, self.val)]
        return sha256(repr((self.classes, parts)).encode()).hexdigest()

    @property
    def contents(self) -> dict[str, tuple[str, str]]:
        """What is trained on and validated with: each image's key, its split and class, and its content's sum."""
        return {
            key: (f"{name}/{self.classes[label]}", digest.decode())
            for name, split in (("train", self.train), ("val", self.val))
            if (whole := split.whole)
            for key, label, digest in zip(whole.keys, whole.labels.tolist(), split.sums.tolist(), strict=True)
        }

    @property
    def skipped(self) -> tuple[Skipped, ...]:
        return (*self.train.skipped, *self.val.skipped)

    @property
    def validation(self) -> ValidationImages:
        """The validation images as the network takes them."""
        return ValidationImages(self.val, self.preprocessing)


@dataclass(frozen=True, eq=False)
class Findings:
    """Findings of the process that has read the images first, with which others need not read them."""

    train: Census
    val: Census
    window: int  # as the recipe of a loader has it


def prepare(
    network: Network,
    dataset: Dataset,
    recipe: Recipe,
    notify: Notify = ignore,
    normalisation: Normalisation | None = None,
    findings: Findings | None = None,
) -> TrainingImages:
    """Reads the splits "train" and "val" at the network's input size, once, and keeps them as the recipe says.

    `normalisation` stands in place of the training pixels' own mean and deviation; with the `findings` of another
    process, only pixels that it has not kept for all are read again. Raises BrickworkError where one of the splits has
    no readable image, or the data are gone.
    """
    if transforms_images(recipe) and worker_count(recipe, len(dataset.split("train")), device()):
        warm()
    channels, height, width = network.input
    range = choose_range(dataset.split("train"), recipe.range, notify)
    zeros, ones = (0.0,) * channels, (1.0,) * channels
    plain = Preprocessing(channels, height, width, mean=zeros, std=ones, fit=recipe.fit, range=range)
    presizes = {"train": Presize(plain, whole=recipe.scale < 1), "val": Presize(plain)}
    censuses = {"train": findings.train, "val": findings.val} if findings else {}
    index = None if findings else known_index(dataset, recipe.range, notify)
    preparation = Preparation(dataset, index, recipe.cache, notify, censuses)
    in_memory = choose_memory(dataset, presizes, recipe)
    train, val = (preparation.split(name, presizes[name], in_memory[name]) for name in ("train", "val"))
    preparation.tell_skipped((*train.skipped, *val.skipped))
    mean, std = normalisation or channel_moments(train.counts)
    preprocessing = replace(plain, mean=mean, std=std)
    return TrainingImages(dataset.classes, train, val, preprocessing, network, in_memory["train"])


def choose_range(split: Split, text: str, notify: Notify) -> Range:
    """What is black and what is white in images of more than 8 bits; that of the whole set is looked for, and told."""
    range = parse_range(text)
    if range != "set":
        return range
    found = set_range(split)
    words = f"{found[0]:,g} to {found[1]:,g}, as in the training images" if found else "no image has more than 8 bits"
    notify(Note(f"range: {words}"))
    return found or "file"


def choose_memory(dataset: Dataset, presizes: dict[str, Presize], recipe: Recipe) -> dict[str, bool]:
    """Which splits live in memory: those that fit into what the recipe allows, and are not read one by one."""
    free = recipe.memory * free_memory()
    chosen: dict[str, bool] = {}
    for name, presize in presizes.items():
        needed = len(dataset.split(name)) * presize.bytes
        chosen[name] = needed <= free and not (name == "train" and transforms_images(recipe))
        free -= needed if chosen[name] else 0
    return chosen


def fits_on_device(images: TrainingImages, recipe: Recipe, device: torch.device) -> bool:
    """Whether the decoded images are in memory and fit into this device's, too, by the recipe's share of it."""
    pack = images.train.images
    if not images.in_memory or not isinstance(pack, Pack):
        return False
    needed = len(pack) * images.train.presize.bytes
    return device.type != "cuda" or needed < recipe.memory * free_memory_on(device)


def known_index(dataset: Dataset, range: str, notify: Notify) -> Index | None:
    """The index that `brickwork check` wrote of the data, with a note where images have come or gone since."""
    index = indices.load_index(dataset.source, lambda text: notify(Note(text))) if dataset.source else None
    if index:
        for keys, word in ((indices.new_keys(index, dataset), "new"), (indices.missing_keys(index, dataset), "gone")):
            if keys:
                text = f"images that are {word} since 'brickwork check': {len(keys):,} ({name_list(keys)})"
                notify(Note(text, names=tuple(keys)))
        for groups, words in zip(indices.identical_groups(index, dataset), (LEAKS, CONTRARY), strict=True):
            if groups:
                text = f"Warning: groups of identical images {words}: {len(groups):,} ({name_list(groups)})"
                notify(Note(text, names=tuple(groups)))
        if range == "file" and (words := indices.narrow_range_still(index, dataset)):
            notify(Note(f"Warning: images of more than 8 bits are nearly black, as 'brickwork check' found: {words}"))
    return index


@dataclass(frozen=True, eq=False)
class Preparation:
    """Reads a data set's splits, and notes what a person should know of them."""

    dataset: Dataset
    index: Index | None
    cache: Cache
    notify: Notify
    censuses: Mapping[str, Census]  # of the splits, where another process has read them
    said: set[str] = field(default_factory=set)

    def split(self, name: str, presize: Presize, in_memory: bool) -> DecodedSplit:
        """A split's images, with a note for every one that was skipped."""
        split, keep = self.dataset.split(name), Storage(in_memory, self.cache)
        sums, counter = self.sums(name, keep), self.counter(name, "read")
        census = self.censuses.get(name)
        decoded = decode_split(split, presize, sums, keep, partial(self.tell_of, name), counter, census)
        self.check_there()
        if not len(decoded):
            self.tell_skipped(decoded.skipped)
            raise BrickworkError(no_images_text(self.dataset.name, name, len(split)))
        self.tell(f"{name}: {len(decoded):,} image{'' if len(decoded) == 1 else 's'}")
        if lost := unreadable_classes(self.dataset.classes, split.labels, decoded.labels):
            self.tell(f"Warning: {name}: no image can be read of {name_list(lost)}")
        return decoded

    def sums(self, name: str, keep: Storage) -> list[str]:
        """The images' sums where they are of use; those that have changed since they were indexed are named."""
        if census := self.censuses.get(name):
            return census.texts
        split, known = self.dataset.split(name), self.index.by_key if self.index else {}
        if not self.index and not keep.wants_file(split):
            return []
        entries = [known.get(key) for key in split.keys]
        sums = sums_of(split, entries, self.counter(name, "looked at"))
        if names := changed_names(split, sums, entries):
            text = f"{name}: images that have changed since 'brickwork check': {len(names):,} ({name_list(names)})"
            self.notify(Note(text, names=tuple(names)))
        return sums

    def check_there(self) -> None:
        """Raises BrickworkError where the whole data set is there no more."""
        source = Path(self.dataset.source)
        if source.is_absolute() and not source.exists():
            raise BrickworkError(f"{self.dataset.source} is gone: is a disk or a share missing?")

    def counter(self, name: str, verb: str) -> "ProgressCounter":
        return ProgressCounter(f"{name}: {{:,}} of {len(self.dataset.split(name)):,} images {verb}", self.tell)

    def tell(self, text: str) -> None:
        self.notify(Note(text))

    def tell_skipped(self, skipped: Sequence[Skipped]) -> None:
        for note in skip_notes(skipped):
            self.notify(note)

    def tell_of(self, split: str, text: str) -> None:
        """Tells what is so of one split; that nothing is kept in the cache is told once for all."""
        if text in self.said and text.startswith(UNKEPT.partition("{")[0]):
            return
        self.said.add(text)
        self.tell(f"{split}: {text}")


def skip_notes(skipped: Sequence[Skipped]) -> Iterator[Note]:
    """A note for each of the first images that were skipped, and one for all others, which has their names."""
    lines = [f"{image.name}: {image.reason}" for image in skipped]
    yield from (Note(f"skipped {line}") for line in lines[:FEW])
    if rest := lines[FEW:]:
        yield Note(f"skipped {len(rest):,} more; a run's notes.txt names them all", names=tuple(rest))


def unreadable_classes(classes: Sequence[str], before: Labels, after: Labels) -> list[str]:
    """The classes of which there were images, and of which none could be read."""
    return [classes[label] for label in sorted({*before.tolist()} - {*after.tolist()})]


class ProgressCounter:
    """Progress of reading: a note with the number of images that are done, every few seconds."""

    def __init__(self, words: str, tell: Callable[[str], None]) -> None:
        self.words, self.tell = words, tell
        self.last = time.monotonic()

    def __call__(self, done: int) -> None:
        if time.monotonic() - self.last > PAUSE:
            self.last = time.monotonic()
            self.tell(self.words.format(done))


def no_images_text(name: str, split: str, count: int) -> str:
    if count:
        return f"{name}: none of the {count:,} images of the split {split!r} can be read."
    if split == "val":
        return f"{name}: no class has two images, one of them to validate with: add images."
    return f"{name}: the split {split!r} is empty."
