"""Transforms of whole batches on the device: normalisation, random erasing, mixup and cutmix, resizing."""

from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from brickwork.data.preprocessing import Preprocessing
from brickwork.loader.sampler import EpochPlan, erase_rectangles
from brickwork.loader.seeds import torch_seeded
from brickwork.network import Network
from brickwork.network.layer import shape_text
from brickwork.recipe.progressive import size_at
from brickwork.recipe.recipe import Recipe


@dataclass(frozen=True, eq=False, repr=False)
class Batch:
    """Batch, or micro-batch where the recipe accumulates: images and targets of a training step, on the device."""

    images: Tensor  # float32, N x C x H x W, normalised, with channels last in memory
    targets: Tensor  # int64, N; or the share of each class, float32, N x K, where images are mixed
    of: int = 0  # the images of its step's whole batch, those that cannot be read included; 0 where it is the batch

    def __repr__(self) -> str:
        return f"Batch({len(self.images):,} images of {shape_text(self.images.shape[1:])}, {self.images.device})"


@dataclass(frozen=True)
class BatchTransform:
    """Transform of a batch: normalisation, random erasing, mixup or cutmix, progressive resizing, in this order."""

    recipe: Recipe
    preprocessing: Preprocessing
    network: Network
    grows: bool  # whether images begin smaller

    def __call__(self, images: Tensor, labels: Tensor, plan: EpochPlan, epoch: int, number: int) -> Batch:
        """Batch `number` of an epoch, from bytes, N x C x H x W, and int64 labels."""
        images = self.preprocessing.normalize(images)
        if self.recipe.erasing:
            images = erase_rectangles(images, plan.erasures, self.recipe.erasing)
        return self.resize(self.mix(Batch(images, labels), epoch, number), epoch)

    def mix(self, batch: Batch, epoch: int, number: int) -> Batch:
        """Each image with the one before it: blended, or with a part of it laid over. One of the two, by chance.

        Zhang et al. 2017, arXiv 1710.09412; Yun et al. 2019, arXiv 1905.04899.
        """
        recipe = self.recipe
        if not recipe.mixup and not recipe.cutmix:
            return batch
        from torchvision.transforms import v2  # type: ignore[import-untyped]

        with torch_seeded(recipe.seed, epoch, number):
            blend = bool(recipe.mixup) and (not recipe.cutmix or bool(torch.rand(()) < 0.5))
            kind, alpha = (v2.MixUp, recipe.mixup) if blend else (v2.CutMix, recipe.cutmix)
            images, targets = kind(alpha=alpha, num_classes=self.network.classes)(batch.images, batch.targets)
        return replace(batch, images=images.contiguous(memory_format=torch.channels_last), targets=targets)

    def resize(self, batch: Batch, epoch: int) -> Batch:
        size = size_at(self.recipe, self.network, epoch)
        if not self.grows or size == self.network.input[1:]:
            return batch
        images = interpolate(batch.images, size, mode="bilinear", antialias=True)
        return replace(batch, images=images.contiguous(memory_format=torch.channels_last))
