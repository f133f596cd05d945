"""Duplicates: images that are identical, and near duplicates."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np

from brickwork.data.check.findings import Case
from brickwork.data.check.inspect import ImageFacts
from brickwork.data.check.near import clusters

Places = Sequence[int]


def exact(images: Sequence[ImageFacts]) -> list[list[int]]:
    """Groups of images with the same pixels, whatever their files are made of."""
    by_pixels: dict[bytes, list[int]] = defaultdict(list)
    for i, image in enumerate(images):
        if image.readable:
            by_pixels[image.pixels].append(i)
    return list(by_pixels.values())


def identical(images: Sequence[ImageFacts]) -> Iterator[tuple[str, Case]]:
    """A finding for every group of identical images: the gravest that holds for it."""
    for group in exact(images):
        if len(group) > 1:
            yield identical_code(images, group), case(images, group)


def identical_code(images: Sequence[ImageFacts], group: Places) -> str:
    if len({images[i].entry.label for i in group}) > 1:
        return "D403"
    return "D402" if len(splits(images, group)) > 1 else "D401"


def near_duplicates(images: Sequence[ImageFacts]) -> Iterator[tuple[str, Case]]:
    """A finding for every group of near duplicates that are not all identical."""
    groups = exact(images)
    if not groups:
        return
    hashes = np.array([images[group[0]].hash for group in groups], np.uint64)
    thumbs = np.frombuffer(b"".join(images[group[0]].thumb for group in groups), np.uint8).reshape(len(groups), -1)
    for cluster in clusters(hashes, thumbs):
        members = sorted(i for number in cluster for i in groups[number])
        yield "D405" if len(splits(images, members)) > 1 else "D404", case(images, members)


def splits(images: Sequence[ImageFacts], group: Places) -> set[str]:
    return {images[i].entry.split for i in group}


def case(images: Sequence[ImageFacts], group: Places) -> Case:
    labels = dict.fromkeys(images[i].entry.label for i in group)
    detail = f"labels {', '.join(labels)}" if len(labels) > 1 else ""
    return Case(tuple(images[i].name for i in group), detail, tuple(group))
