"""Validation images, as the network takes them."""

from dataclasses import dataclass
from functools import partial
from itertools import repeat

import numpy as np
import torch
from torch import Tensor

from brickwork.data.cache.decoded import DecodedSplit, ImageFiles, Item, missing_folder
from brickwork.data.cache.pack import Pack, allocate
from brickwork.data.dataset import Images
from brickwork.data.images.decode import Unreadable
from brickwork.data.parallel import map_in_order
from brickwork.data.preprocessing import Preprocessing
from brickwork.data.shards.pieces import read_in_order


@dataclass(frozen=True, eq=False, repr=False)
class ValidationImages:
    """Validation images as N x C x H x W bytes, a slice at a time, with their labels."""

    split: DecodedSplit
    preprocessing: Preprocessing

    @property
    def labels(self) -> Tensor:
        """The labels of the validation images: int64, N."""
        return torch.from_numpy(self.split.labels)

    def __len__(self) -> int:
        return len(self.split)

    def __repr__(self) -> str:
        return f"ValidationImages({len(self):,} images of {'x'.join(map(str, self.preprocessing.shape))})"

    def __getitem__(self, part: slice) -> Tensor:
        images = network_images(self.split, self.preprocessing, range(len(self))[part])
        return torch.from_numpy(np.ascontiguousarray(images.transpose(0, 3, 1, 2)))


def network_images(decoded: DecodedSplit, preprocessing: Preprocessing, positions: range) -> Images:
    """Images at the network's input size as bytes, N x H x W x C; where memory holds them so, a view of it."""
    channels, height, width = preprocessing.shape
    pack = decoded.images
    if isinstance(pack, Pack) and pack.uniform and tuple(pack.sizes[0]) == (height, width):
        return pack.pixels.reshape(-1, height, width, channels)[positions.start : positions.stop : positions.step]
    images = allocate(len(positions), (height, width, channels))
    contents = read_in_order(decoded.split, positions) if isinstance(decoded.images, ImageFiles) else repeat(None)
    for place, pixels in enumerate(map_in_order(partial(read_again, decoded), zip(positions, contents))):  # noqa: B905
        images[place] = preprocessing.pad(pixels)
    return images


def read_again(decoded: DecodedSplit, item: Item) -> Images:
    """An image that could be read before; raises BrickworkError where its folder is gone, Unreadable where it is."""
    i, content = item
    try:
        images = decoded.images
        return images.image(i) if content is None or isinstance(images, Pack) else images.decode(i, content)
    except Unreadable as error:
        raise missing_folder(decoded.split, i) or error from None
