"""The order of the images in an epoch, and what is done to each: functions of (seed, epoch, sample) alone."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor


@dataclass(frozen=True)
class Draws:
    """What chance decides in one epoch; all but `order` hold a row for each sample, in the data's own order."""

    order: Tensor  # the samples in the order in which they are seen
    mirrored: Tensor  # bool
    shifts: Tensor  # samples x 2, pixels down and right

    def to(self, device: torch.device) -> "Draws":
        return Draws(self.order.to(device), self.mirrored.to(device), self.shifts.to(device))


def draws(seed: int, epoch: int, samples: int, *, flip: bool, crop: int) -> Draws:
    """The draws of an epoch. Each kind has its own stream, so that one more kind changes none of the others."""
    order, flips, crops = np.random.default_rng((seed, epoch)).spawn(3)
    mirrored = flips.random(samples) < 0.5
    return Draws(
        torch.from_numpy(order.permutation(samples)),
        torch.from_numpy(mirrored & flip),
        torch.from_numpy(crops.integers(-crop, crop + 1, (samples, 2))),
    )


def batches(draws: Draws, batch: int) -> Iterator[Tensor]:
    """The order cut into batches of nearly equal size, none larger than `batch`: no last batch of one image."""
    steps = -(-len(draws.order) // batch)
    yield from torch.tensor_split(draws.order, steps)


def augmented(images: Tensor, samples: Tensor, draws: Draws) -> Tensor:
    """The images of some samples, mirrored and shifted as drawn; what a shift uncovers repeats the edge.

    `images` is uint8, N x C x H x W, and so is what is returned, with channels last in memory. One gather does it:
    pixel (row, column) comes from (row + down, column + right), the columns counted from the other side where
    mirrored, and both held inside the image.
    """
    height, width = images.shape[2:]
    down, right = draws.shifts[samples].T[:, :, None]
    rows = (torch.arange(height, device=images.device) + down).clamp(0, height - 1)
    columns = (torch.arange(width, device=images.device) + right).clamp(0, width - 1)
    columns = torch.where(draws.mirrored[samples, None], width - 1 - columns, columns)
    channels_last = images.permute(0, 2, 3, 1)
    return channels_last[samples[:, None, None], rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)


def mirrors_suit(classes: Sequence[str]) -> bool:
    """False where every class is a number or a single character: a mirrored digit or letter is another sign."""
    return not all(name.isdigit() or len(name) == 1 for name in classes)
