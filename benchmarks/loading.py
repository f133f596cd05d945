"""How fast images come: from JPEG files and from the cache, with 0, 1 and 2 worker processes.

    python benchmarks/loading.py [IMAGES [REPEATS]]

The peer is what one writes by hand: torchvision's ImageFolder with the same random crops, flips and normalisation in
a torch DataLoader of as many workers. All take turns, epoch by epoch, so that a busy machine is busy for all. Next to
the clock stands the processors' time, of all processes together, which others cannot lengthen. From files the limit is
decoding, as the line below each table says; from the cache it is cutting a part out and bringing it to its size.
"""

import io
import multiprocessing
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

import numpy as np
import PIL
import torch
import torchvision
from PIL import Image
from torch.utils.data import DataLoader
from torchvision.datasets import ImageFolder
from torchvision.transforms import v2

from brickwork import zoo
from brickwork.data import open_data
from brickwork.data.images.decode import decode_bytes
from brickwork.loader.loader import open_loader
from brickwork.network.columns import RULE, format_columns
from brickwork.recipe.recipe import Recipe

SIDE = 224
SIZES = ((1600, 1200), (500, 375))
WORKERS = (0, 1, 2)
PEER = "ImageFolder, DataLoader"
HEAD = ("", "workers", "images/s", "ratio", "a core", "ratio")
RECIPE = Recipe(batch=32, scale=0.35, validation=0.1)


def photograph(size: tuple[int, int], seed: int) -> Image.Image:
    """Smooth shapes and noise, which JPEG takes about as many bytes for as for a photograph."""
    chance = np.random.default_rng(seed)
    small = Image.fromarray(chance.integers(0, 256, (size[1] // 20, size[0] // 20, 3), np.uint8))
    noise = chance.normal(0, 8, (size[1], size[0], 1))
    return Image.fromarray((np.asarray(small.resize(size, Image.Resampling.BICUBIC)) + noise).clip(0, 255).astype("u1"))


def write(root: Path, size: tuple[int, int], count: int) -> None:
    for number in range(count):
        for split, name in (("train", f"{number}"), *([("val", "0")] if number < 4 else [])):
            path = root / split / f"class{number % 2}" / f"{name}{number}.jpg"
            path.parent.mkdir(parents=True, exist_ok=True)
            photograph(size, number).save(path, quality=88)


@dataclass(frozen=True)
class Loading:
    """One way to get an epoch's batches."""

    name: str
    workers: int
    epoch: Callable[[int], Iterator[object]]


def ours(root: Path, stack: ExitStack) -> Iterator[Loading]:
    network = zoo.network("resnet18", input=(3, SIDE, SIDE), classes=2)
    for cache in ("off", "auto"):
        for workers in WORKERS:
            recipe = replace(RECIPE, workers=workers, cache=cache)
            made = open_loader(open_data(str(root)), network, recipe, device=torch.device("cpu"))
            stack.callback(made.close)
            yield Loading(f"brickwork, {'files' if cache == 'off' else 'cache'}", workers, made.batches)


def peers(root: Path) -> Iterator[Loading]:
    transforms = v2.Compose([
        v2.RandomResizedCrop(SIDE, scale=(RECIPE.scale, 1)),
        v2.RandomHorizontalFlip(),
        v2.PILToTensor(),
        v2.ToDtype(torch.float32, scale=True),
        v2.Normalize([0.5] * 3, [0.25] * 3),
    ])  # fmt: skip
    for workers in WORKERS:
        loader = DataLoader(
            ImageFolder(root / "train", transforms),
            batch_size=RECIPE.batch,
            shuffle=True,
            num_workers=workers,
            persistent_workers=workers > 0,
        )
        yield Loading(PEER, workers, lambda number, loader=loader: iter(loader))


def used() -> float:
    """Seconds of a processor that this process and its workers have taken (Linux)."""
    ticks = 0
    for worker in multiprocessing.active_children():
        fields = Path(f"/proc/{worker.pid}/stat").read_text().rsplit(")", 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])  # proc(5): utime, stime
    return time.process_time() + ticks / os.sysconf("SC_CLK_TCK")


def speed(loading: Loading, number: int, images: int) -> tuple[float, float]:
    """Images a second in one epoch: by the clock, and of a processor."""
    began, before = time.perf_counter(), used()
    for _ in loading.epoch(number):
        pass
    return images / (time.perf_counter() - began), images / (used() - before)


def decoding(root: Path) -> tuple[float, float]:
    """Images a second that one core decodes in full, and at the fraction of their size that is enough."""
    contents = [path.read_bytes() for path in sorted((root / "train").rglob("*.jpg"))[:16]]

    def per_second(decode: Callable[[bytes], Image.Image]) -> float:
        began = time.process_time()
        for content in contents:
            decode(content)
        return len(contents) / (time.process_time() - began)

    full = per_second(lambda content: Image.open(io.BytesIO(content)).convert("RGB"))
    return full, per_second(lambda content: decode_bytes(content, "", least=2 * SIDE))


def measure(root: Path, size: tuple[int, int], images: int, repeats: int) -> None:
    write(root, size, images)
    with ExitStack() as stack:
        every = [*ours(root, stack), *peers(root)]
        for loading in every:
            speed(loading, 1, images)  # processes begin, caches fill
        rounds = [[speed(loading, number, images) for loading in every] for number in range(2, 2 + repeats)]
    found = [tuple(map(median, zip(*column, strict=True))) for column in zip(*rounds, strict=True)]
    base = {each.workers: rates for each, rates in zip(every, found, strict=True) if each.name == PEER}
    rows = []
    for each, rates in zip(every, found, strict=True):
        cells = [(f"{rate:,.0f}", f"{rate / of:.2f}") for rate, of in zip(rates, base[each.workers], strict=True)]
        rows.append((each.name, str(each.workers), *cells[0], *cells[1]))
    full, enough = decoding(root)
    print(f"\n{images} JPEG photographs of {size[0]}x{size[1]} at {SIDE}x{SIDE}")
    print("\n".join(format_columns([HEAD, RULE, *rows], "<>>>>>")))
    print(f"One core decodes {full:,.0f} of them a second in full, {enough:,.0f} at the fraction that is enough.")


def main(images: int, repeats: int) -> None:
    print(
        f"Python {platform.python_version()}, torch {torch.__version__}, torchvision {torchvision.__version__}, "
        f"Pillow {PIL.__version__}, {os.cpu_count()} cores, 1 thread a process; medians of {repeats} "
        "epochs each, in turn; ratio: to the DataLoader with as many workers"
    )
    torch.set_num_threads(1)  # of this process; a worker has one anyway
    for size in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            os.environ["BRICKWORK_CACHE"] = f"{folder}/cache"
            measure(Path(folder) / "photographs", size, images, repeats)


if __name__ == "__main__":
    main(*(map(int, sys.argv[1:] + ["48", "3"][len(sys.argv) - 1 :])))
