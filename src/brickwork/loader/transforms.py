"""Transforms of single images (crop, flip, colour, policy), in the process or worker that reads them."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from PIL import Image

from brickwork.data.cache.decoded import ImageFiles
from brickwork.data.dataset import Images
from brickwork.data.preprocessing import Preprocessing, colour
from brickwork.loader.seeds import torch_seeded
from brickwork.recipe.recipe import Recipe

Transform = Callable[[Image.Image], Image.Image]


class Source(Protocol):
    """Source of decoded images by number, each as height x width x channels."""

    def image(self, i: int) -> Images: ...


@dataclass(frozen=True)
class Sample:
    """Sample of a batch: which image, and the random draws for it."""

    number: int  # in the split
    key: int  # what its random changes are drawn for: the sample, or its place where it may come twice
    mirrored: bool
    down: int  # pixels that it is shifted by
    right: int
    content: bytes | None = None  # of its file, where it has been read already


def transforms_images(recipe: Recipe) -> bool:
    """Whether a recipe has transforms image by image: scale, color or policy."""
    return recipe.scale < 1 or recipe.color > 0 or recipe.policy != "none"


@dataclass(frozen=True)
class ImageTransform:
    """Transform of an image: random resized crop, flip and shift, then RandAugment or TrivialAugment, colour jitter."""

    source: Source
    preprocessing: Preprocessing
    recipe: Recipe

    def image(self, epoch: int, sample: Sample) -> Images:
        """An image as the network takes it, height x width x channels."""
        pixels = self.decode(sample)
        if not transforms_images(self.recipe):
            return flip_and_shift_image(self.preprocessing.pad(pixels), sample)
        with torch_seeded(self.recipe.seed, epoch, sample.key):
            return self.augment(pixels, sample)

    def decode(self, sample: Sample) -> Images:
        """An image as it is kept, or from its content."""
        if sample.content is not None and isinstance(self.source, ImageFiles):
            return self.source.decode(sample.number, sample.content)
        return self.source.image(sample.number)

    def augment(self, pixels: Images, sample: Sample) -> Images:
        array = self.preprocessing.array
        pixels = array(self.random_crop(to_pil(pixels))) if self.random_crop else self.preprocessing.pad(pixels)
        pixels = flip_and_shift_image(pixels, sample)
        return array(self.color(to_pil(pixels))) if self.color else pixels

    @cached_property
    def random_crop(self) -> Transform | None:
        """A part of the image, brought to the network's size (Szegedy et al. 2014, section 6)."""
        if self.recipe.scale == 1:
            return None
        from torchvision.transforms import InterpolationMode, v2  # type: ignore[import-untyped]

        size, mode = (self.preprocessing.height, self.preprocessing.width), self.preprocessing.interpolation
        crop: Transform = v2.RandomResizedCrop(size, (self.recipe.scale, 1.0), interpolation=InterpolationMode(mode))
        return crop

    @cached_property
    def color(self) -> Transform | None:
        """The policy, then brightness, contrast and saturation."""
        recipe, preprocessing = self.recipe, self.preprocessing
        if recipe.policy == "none" and not recipe.color:
            return None
        from torchvision.transforms import InterpolationMode, v2

        mode, fill = InterpolationMode(preprocessing.interpolation), list(colour(preprocessing.mean))
        policies = {
            "none": v2.Identity(),
            "randaugment": v2.RandAugment(interpolation=mode, fill=fill),
            "trivialaugment": v2.TrivialAugmentWide(interpolation=mode, fill=fill),
        }
        jitter: Transform = v2.Compose([policies[recipe.policy], v2.ColorJitter(*[recipe.color] * 3)])
        return jitter


def to_pil(pixels: Images) -> Image.Image:
    return Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels)


def flip_and_shift_image(pixels: Images, sample: Sample) -> Images:
    """Mirrored and shifted, pixel for pixel as `sampler.flip_and_shift` does it to whole batches."""
    height, width = pixels.shape[:2]
    if sample.down:
        pixels = pixels[(np.arange(height) + sample.down).clip(0, height - 1)]
    if sample.right:
        columns = (np.arange(width) + sample.right).clip(0, width - 1)
        return pixels[:, width - 1 - columns if sample.mirrored else columns]
    return pixels[:, ::-1] if sample.mirrored else pixels
