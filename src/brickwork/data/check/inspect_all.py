"""Inspection of a whole dataset: every image is read once, on all cores."""

from collections.abc import Callable
from functools import partial

from brickwork.data.check.inspect import ImageFacts, inspect_image
from brickwork.data.dataset import Dataset
from brickwork.data.parallel import map_in_order

AHEAD = 4096  # images that may be done before the one that they wait for, as a large one takes long


def inspect_all(dataset: Dataset, max_pixels: int, progress: Callable[[int], None]) -> list[ImageFacts]:
    """The facts of every image of every split, in order; `progress` hears how many are done."""
    facts: list[ImageFacts] = []
    for named_split in dataset.splits.items():
        inspect = partial(inspect_image, named_split, dataset.classes, max_pixels)
        for image in map_in_order(inspect, range(len(named_split[1])), ahead=AHEAD):
            facts.append(image)
            progress(len(facts))
    return facts
