"""Sampler: an epoch's order and the random draws for each sample, as functions of (seed, epoch, sample) alone."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from brickwork.data.dataset import Labels
from brickwork.loader.windows import window_order
from brickwork.recipe.recipe import Recipe


@dataclass(frozen=True)
class EpochPlan:
    """Plan of an epoch: the samples in their order, with the random draws for each; a row for each place."""

    order: Tensor  # the samples in the order in which they are seen
    keys: Tensor  # what the draws follow from: the sample; or the place, where a sample may come twice
    mirrored: Tensor  # bool
    shifts: Tensor  # places x 2, pixels down and right
    erasures: Tensor  # places x 5, 0 to 1: see `erase_rectangles`; places x 0 where nothing is erased

    def to(self, device: torch.device) -> "EpochPlan":
        return EpochPlan(*(rows.to(device) for rows in self.rows()))

    def subset(self, places: Sequence[int]) -> "EpochPlan":
        return EpochPlan(*(rows[list(places)] for rows in self.rows()))

    def rows(self) -> Iterator[Tensor]:
        return (getattr(self, field.name) for field in fields(self))


def plan_epoch(
    recipe: Recipe, epoch: int, labels: Labels, *, flip: bool, places: NDArray[np.int64] | None = None
) -> EpochPlan:
    """Plan an epoch, which counts from 1. Each kind of draw has its own stream, so that a new kind changes no other.

    `places` are those of images in shards, as in TarSplit: with the recipe's window, these are read in long pieces.
    """
    orders, flips, crops, erasures = np.random.default_rng((recipe.seed, epoch)).spawn(4)
    count = len(labels)
    balanced = recipe.sampling == "balanced"
    if places is not None and recipe.window > 0:
        order = window_order(orders, places, recipe)
    else:
        order = class_balanced_order(orders, labels) if balanced else orders.permutation(count)
    keys = np.arange(count) if balanced else order
    mirrored = flips.random(count) < 0.5
    shifts = crops.integers(-recipe.crop, recipe.crop + 1, (count, 2))
    erased = erasures.random((count, 5 if recipe.erasing else 0), np.float32)
    return EpochPlan(*map(torch.from_numpy, (order, keys, (mirrored & flip)[keys], shifts[keys], erased[keys])))


def class_balanced_order(chance: np.random.Generator, labels: Labels) -> NDArray[np.int64]:
    """Class-balanced sampling: as many samples as there are, every class equally often, images of a class in turn."""
    classes = chance.permutation(np.unique(labels))
    quotas = [len(part) for part in np.array_split(np.arange(len(labels)), len(classes))]
    taken = [draw_several(chance, np.flatnonzero(labels == c), quota) for c, quota in zip(classes, quotas, strict=True)]
    return chance.permutation(np.concatenate(taken))


def draw_several(chance: np.random.Generator, samples: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """So many of these samples, shuffled anew each time they have all been taken."""
    return np.concatenate([chance.permutation(samples) for _ in range(-(-count // len(samples)))])[:count]


def split_batches(draws: EpochPlan, steps: int) -> Iterator[EpochPlan]:
    """Split a plan into batches of nearly equal size: no last batch of one image."""
    return (EpochPlan(*rows) for rows in zip(*(torch.tensor_split(rows, steps) for rows in draws.rows()), strict=True))


def flip_and_shift(images: Tensor, draws: EpochPlan) -> Tensor:
    """Random flip and shift of whole batches, as drawn; what a shift uncovers repeats the edge.

    `images` is uint8, N x C x H x W, and so is what is returned, with channels last in memory. One gather does it:
    pixel (row, column) comes from (row + down, column + right), the columns counted from the other side where
    mirrored, and both held inside the image.
    """
    height, width = images.shape[2:]
    down, right = draws.shifts.T[:, :, None]
    rows = (torch.arange(height, device=images.device) + down).clamp(0, height - 1)
    columns = (torch.arange(width, device=images.device) + right).clamp(0, width - 1)
    columns = torch.where(draws.mirrored[:, None], width - 1 - columns, columns)
    channels_last = images.permute(0, 2, 3, 1)
    return channels_last[draws.order[:, None, None], rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)


def erase_rectangles(images: Tensor, erasures: Tensor, probability: float) -> Tensor:
    """Random erasing: a rectangle of an image set to 0, the mean colour once it is normalised, with a probability.

    The rectangle has 2 to 33 % of the area and sides of 0.3 to 3.3 (Zhong et al. 2017, arXiv 1708.04896). An image's
    five numbers say whether, how large, of which shape, and where.
    """
    height, width = images.shape[2:]
    whether, area, shape, top, left = erasures.T[:, :, None]
    side = (height * width * (0.02 + area * (1 / 3 - 0.02))).sqrt()
    ratio = 3.3 ** (shape - 0.5)  # the square root of one from 1/3.3 to 3.3
    high, wide = (side * ratio).round().clamp(1, height), (side / ratio).round().clamp(1, width)
    top, left = ((height - high + 1) * top).floor(), ((width - wide + 1) * left).floor()
    rows, columns = torch.arange(height, device=images.device), torch.arange(width, device=images.device)
    inside = (rows >= top) & (rows < top + high) & (whether < probability)
    across = (columns >= left) & (columns < left + wide)
    return images.masked_fill((inside[:, :, None] & across[:, None, :])[:, None], 0)


def mirrors_suit(classes: Sequence[str]) -> bool:
    """Whether a flipped image keeps its class: not where classes are digits or letters (numbers, single characters)."""
    return not all(name.isdigit() or len(name) == 1 for name in classes)
