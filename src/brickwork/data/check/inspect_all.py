"""A whole data set, read once on all cores."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from brickwork.data.check.inspect import ImageFacts, inspect_image
from brickwork.data.dataset import Dataset

AHEAD = 4096  # images that wait for a thread; one that takes long stops none of them


def inspect_all(dataset: Dataset, max_pixels: int, progress: Callable[[int], None]) -> list[ImageFacts]:
    """Every image of every split, in order; `progress` hears how many are done."""
    found: list[ImageFacts] = []
    pool = ThreadPoolExecutor(os.cpu_count())
    try:
        for each in results(dataset, max_pixels, pool):
            found.append(each)
            progress(len(found))
    finally:
        pool.shutdown(wait=False, cancel_futures=True)  # after Ctrl-C, nobody waits for those ahead
    return found


def results(dataset: Dataset, max_pixels: int, pool: ThreadPoolExecutor) -> Iterator[ImageFacts]:
    for named in dataset.splits.items():
        look = partial(inspect_image, named, dataset.classes, max_pixels)
        for start in range(0, len(named[1]), AHEAD):
            yield from pool.map(look, range(start, min(start + AHEAD, len(named[1]))))
