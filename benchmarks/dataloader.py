"""Whether torch's DataLoader may take the place of our worker processes: the same bits, and how fast they come.

    OMP_NUM_THREADS=1 python benchmarks/dataloader.py [REPEATS]

Every reader has two processes of one thread that are two batches ahead, gets the same requests and calls the same
`collate`. The DataLoader is tried as its documentation has it, with a tensor a batch, which torch moves into new shared
memory; and with shared tensors that are filled again and again, as ours are. Epochs take turns, so that a busy machine
is busy for all; a ratio is that of two epochs of one round. Next to the clock stands the processors' time, of all
processes together, which others cannot lengthen. What follows a kill is in `dataloader_kills.py`.
"""

import os
import platform
import random
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import cycle
from pathlib import Path
from statistics import median, quantiles

import numpy as np
import PIL
import torch
import torchvision
from loading import photograph, used
from torch.utils.data import DataLoader, Dataset

from brickwork import zoo
from brickwork.data import open_data
from brickwork.data.cache.pack import Pack
from brickwork.data.dataset import Images
from brickwork.data.preprocessing import Preprocessing
from brickwork.loader.collate import BatchReader, BatchRequest, Fault, InProcess, LoadedBatch, collate, image_shape
from brickwork.loader.loader import batch_request
from brickwork.loader.prepare import prepare
from brickwork.loader.sampler import plan_epoch, split_batches
from brickwork.loader.shared import AHEAD, share_pixels
from brickwork.loader.transforms import ImageTransform
from brickwork.loader.workers import Workers
from brickwork.network.columns import RULE, format_columns
from brickwork.recipe.recipe import Recipe

COUNT = 2  # worker processes
OURS, *PEERS = "Workers", "forkserver", "forkserver, buffers", "fork"
HEAD = ("", "", "images/s", "ratio", "spread", "a core", "ratio", "spread")
PLAIN = Preprocessing(1, 28, 28, (0.5,), (0.25,))


class NewTensors(Dataset[tuple[int, torch.Tensor, list[int], list[Fault]]]):
    """Batches by their requests, each in a tensor of its own."""

    def __init__(self, single: ImageTransform, batch: int) -> None:
        self.single = replace(single, source=share_pixels(single.source))

    def __getitem__(self, task: BatchRequest) -> tuple[int, torch.Tensor, list[int], list[Fault]]:
        images = torch.empty((len(task.samples), *image_shape(self.single)), dtype=torch.uint8)
        rows, faults = collate(self.single, task, images.numpy())
        return task.number, images[: len(rows)], rows, faults


class SharedBuffers(Dataset[tuple[int, int, list[int], list[Fault]]]):
    """Batches by their requests and the buffers that they belong into: those in hand, and the one in use."""

    def __init__(self, single: ImageTransform, batch: int) -> None:
        self.single = replace(single, source=share_pixels(single.source))
        shape = (COUNT * AHEAD + 1, batch, *image_shape(single))
        self.buffers = torch.empty(shape, dtype=torch.uint8).share_memory_()

    def __getitem__(self, place: tuple[int, BatchRequest]) -> tuple[int, int, list[int], list[Fault]]:
        room, task = place
        return task.number, room, *collate(self.single, task, self.buffers[room].numpy())


class LoaderReader(BatchReader):
    """torch's DataLoader: a map-style dataset over requests, which are the sampler's indices."""

    def __init__(self, single: ImageTransform, batch: int, context: str, shared: bool) -> None:
        self.images = (SharedBuffers if shared else NewTensors)(single, batch)
        self.indices: list[object] = []
        self.loader = DataLoader(
            self.images, batch_size=None, sampler=self.indices, num_workers=COUNT, multiprocessing_context=context,
            persistent_workers=True, prefetch_factor=AHEAD, collate_fn=tuple, generator=torch.Generator(),
        )  # fmt: skip

    def read(self, tasks: Iterable[BatchRequest]) -> Iterator[LoadedBatch]:
        shared = isinstance(self.images, SharedBuffers)
        self.indices[:] = zip(cycle(range(COUNT * AHEAD + 1)), tasks) if shared else tasks
        for number, images, rows, faults in self.loader:
            found = self.images.buffers[images, : len(rows)] if shared else images
            yield LoadedBatch(number, found.numpy(), rows, faults)

    def close(self) -> None:
        del self.loader


@dataclass(frozen=True)
class Case:
    """What is read: images, and what is done to each."""

    name: str
    single: ImageTransform
    count: int

    def requests(self, epoch: int) -> list[BatchRequest]:
        draws = plan_epoch(self.single.recipe, epoch, np.zeros(self.count, np.int64), flip=True)
        parts = split_batches(draws, -(-self.count // self.single.recipe.batch))
        return [batch_request(part, epoch, number) for number, part in enumerate(parts)]

    def reader(self, kind: str) -> BatchReader:
        batch = self.single.recipe.batch
        if kind == OURS:
            return Workers(self.single, batch, COUNT)
        return LoaderReader(self.single, batch, kind.split(",")[0], "buffers" in kind)


def photographs(name: str, root: Path, size: tuple[int, int], count: int, side: int, recipe: Recipe) -> Case:
    """Smooth shapes and noise as JPEG files, prepared for a network of this input size."""
    for number in range(count + 4):
        path = root / ("train" if number < count else "val") / f"class{number % 2}" / f"{number}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        photograph(size, number).save(path, quality=88)
    network = zoo.network("resnet18", input=(3, side, side), classes=2)
    made = prepare(network, open_data(str(root)), recipe)
    return Case(name, ImageTransform(made.train.images, made.preprocessing, recipe), count)


def digits(count: int) -> Case:
    """28x28 arrays in memory, each changed at random."""
    pixels = np.random.default_rng(0).integers(0, 256, count * 28 * 28, np.uint8)
    pack = Pack(pixels, np.full((count, 2), 28), np.arange(count), np.zeros((1, 256), np.int64))
    return Case("28x28, trivialaugment", ImageTransform(pack, PLAIN, Recipe(batch=128, policy="trivialaugment")), count)


def cases(root: Path) -> Iterator[Case]:
    cut, files = Recipe(batch=128, scale=0.35), Recipe(batch=32, scale=0.35, cache="off")
    yield (cached := photographs("64x64 from cache, cut", root / "a", (64, 64), 2048, 64, cut))
    plain = replace(cached.single, recipe=Recipe(batch=128, crop=4))
    yield replace(cached, name="64x64 from cache, shifted", single=plain)
    yield photographs("400x300 JPEG, cut to 224", root / "b", (400, 300), 192, 224, files)
    yield digits(2048)


def speed(reader: BatchReader, tasks: list[BatchRequest], room: Images) -> tuple[float, float]:
    """Images a second, by the clock and of a processor; each batch is copied out of the shared memory once."""
    images, began, before = sum(len(task.samples) for task in tasks), time.perf_counter(), used()
    for batch in reader.read(tasks):
        np.copyto(room[: len(batch.images)], batch.images)
    return images / (time.perf_counter() - began), images / (used() - before)


def check_equal(case: Case, kind: str, reader: BatchReader) -> None:
    """Stops at the first batch that is not the same bytes as in one process."""
    expected = InProcess(case.single, case.single.recipe.batch).read(case.requests(1))
    for one, other in zip(expected, reader.read(case.requests(1)), strict=True):
        same = (one.number, one.rows, one.faults) == (other.number, other.rows, other.faults)
        if not same or one.images.tobytes() != other.images.tobytes():
            raise SystemExit(f"{case.name}, {kind}: batch {one.number} differs")


def compare(case: Case, repeats: int) -> Iterator[tuple[str, ...]]:
    readers = {kind: case.reader(kind) for kind in (OURS, *PEERS)}
    for kind, reader in readers.items():
        check_equal(case, kind, reader)
    room = np.empty((case.single.recipe.batch, *image_shape(case.single)), np.uint8)
    rounds = []
    for epoch in range(2, 2 + repeats):
        order = random.sample(list(readers), len(readers))
        rounds.append({kind: speed(readers[kind], case.requests(epoch), room) for kind in order})
    for kind, reader in readers.items():
        yield case.name, kind, *cells([(each[kind], each[OURS]) for each in rounds])
        reader.close()


def cells(pairs: list[tuple[tuple[float, float], tuple[float, float]]]) -> Iterator[str]:
    """By the clock, then of a processor: the median, its ratio to ours, and the middle half of the ratios."""
    for found in (0, 1):
        ratios = [one[found] / ours[found] for one, ours in pairs]
        low, middle, high = quantiles(ratios, n=4)
        yield from (f"{median(one[found] for one, _ in pairs):,.0f}", f"{middle:.2f}", f"{low:.2f} to {high:.2f}")


def main(repeats: int) -> None:
    print(
        f"Python {platform.python_version()}, torch {torch.__version__}, torchvision {torchvision.__version__}, "
        f"Pillow {PIL.__version__}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {COUNT} workers, 1 thread a "
        f"process; medians of {repeats} epochs each, in turn; ratio: to Workers; spread: the middle half"
    )
    torch.set_num_threads(1)  # of this process; a worker has one anyway
    with tempfile.TemporaryDirectory() as folder:
        os.environ["BRICKWORK_CACHE"] = f"{folder}/cache"
        rows = [row for case in cases(Path(folder)) for row in compare(case, repeats)]
    print("\n".join(format_columns([HEAD, RULE, *rows], "<<>>>>>>")))
    print("Every batch of every reader has the same bytes as in one process.")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:] or ["9"]))
