"""Presizing: images at the size in which the cache and the memory keep them for training."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from brickwork.data.preprocessing import Preprocessing

DECODING = 3  # raised whenever a file is decoded to other pixels than before
MARGIN = 8 / 7  # of a whole image's short side over the input's: 256 for 224


@dataclass(frozen=True)
class Presize:
    """Presizing: from an image of any size to the bytes that are kept of it, height x width x channels."""

    preprocessing: Preprocessing
    whole: bool = False  # the whole image, from which parts are cut at random; else what the network sees of it

    def __call__(self, image: Image.Image) -> NDArray[np.uint8]:
        image = self._shrink(image) if self.whole else self.preprocessing.resize(image)
        return self.preprocessing.array(image)

    @property
    def bytes(self) -> int:
        """The size of a presized image in bytes: about, where it is whole, else at most."""
        channels, height, width = self.preprocessing.shape
        side = self._side
        return channels * (side * side * 4 // 3 if self.whole else height * width)

    @property
    def words(self) -> str:
        """The part of the cache key that says how the bytes come about, besides the content and Pillow."""
        of = self.preprocessing
        parts = (*of.shape, of.interpolation, "whole" if self.whole else of.fit, DECODING)
        return "/".join(map(str, parts if of.range == "file" else (*parts, of.range)))

    def keeps(self, height: int, width: int) -> bool:
        """Whether an image of this size stays as it is."""
        if self.whole:
            return min(height, width) <= self._side
        return (height, width) == (self.preprocessing.height, self.preprocessing.width)

    @property
    def _side(self) -> int:
        """The short side of a whole image."""
        return round(MARGIN * max(self.preprocessing.height, self.preprocessing.width))

    def _shrink(self, image: Image.Image) -> Image.Image:
        """Resize the image in full, never enlarging it."""
        image = self.preprocessing.convert(image)
        if self.keeps(image.height, image.width):
            return image
        share = self._side / min(image.size)
        size = (round(image.width * share), round(image.height * share))
        return image.resize(size, Image.Resampling[self.preprocessing.interpolation.upper()])
