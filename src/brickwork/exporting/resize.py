"""Resizing inside a graph: Pillow's filter as two matrix products, each rounded to bytes as Pillow does.

Never an engine's own Resize: with antialias ONNX Runtime's is up to 9 levels of 255 off, and OpenVINO's ignores it.
"""

from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from brickwork.data.preprocessing import Preprocessing, colour
from brickwork.errors import BrickworkError

Side = Any  # a whole number; torch.SymInt while a graph is traced for images of any size
CUBIC = -0.5  # the parameter a of the bicubic kernel (Keys 1981), as Pillow has it


class Resize(nn.Module):
    """From an image, height x width x C of bytes, to C x H x W: what `Preprocessing.pixels` makes, within a level.

    Raises BrickworkError where the interpolation is no filter.
    """

    bars: Tensor

    def __init__(self, preprocessing: Preprocessing) -> None:
        super().__init__()
        if preprocessing.interpolation == "nearest":
            raise BrickworkError(
                "with preprocessing in the graph the interpolation is bilinear or bicubic, not nearest: which pixel is "
                "the nearest depends on last bits."
            )
        self.height, self.width = preprocessing.height, preprocessing.width
        self.fit, self.cubic = preprocessing.fit, preprocessing.interpolation == "bicubic"
        self.vertical_first = is_vertical_first()
        self.register_buffer("bars", torch.tensor(colour(preprocessing.mean)).float().view(-1, 1, 1))

    def forward(self, image: Tensor) -> Tensor:
        height, width = image.shape[:2]
        tall, wide = self.picture(height, width)
        down, across = self.matrix(self.height, height, tall), self.matrix(self.width, width, wide)
        planes = image.permute(2, 0, 1).float()  # C x height x width
        if self.vertical_first:
            cut, narrowed = _number(height - self.kept(tall, self.height)), _number(width - self.kept(wide, self.width))
            pixels = torch.cond((cut > 0) & (cut > 2 * narrowed), down_first, across_first, (planes, down, across))
        else:
            pixels = across_first(planes, down, across)
        if self.fit == "pad":
            inside = self.inside(self.height, tall)[:, None] & self.inside(self.width, wide)
            pixels = torch.where(inside, pixels, self.bars)
        made: Tensor = pixels.to(torch.uint8)
        return made

    def picture(self, height: int, width: int) -> tuple[Side, Side]:
        """The height and width to which an image is resized: crop covers the input, pad lies inside, squash is it."""
        tall: Side = self.width * height // width
        wide: Side = self.height * width // height
        if self.fit == "crop":
            return torch.sym_max(self.height, tall), torch.sym_max(self.width, wide)
        if self.fit == "pad":
            least = torch.sym_max(1, tall), torch.sym_max(1, wide)
            return torch.sym_min(self.height, least[0]), torch.sym_min(self.width, least[1])
        return self.height, self.width

    def kept(self, picture: Side, target: int) -> Side:
        """The side that Pillow is asked for: for crop it is the input's, as only that box is resized."""
        return picture if self.fit == "pad" else target

    def matrix(self, target: int, size: int, picture: Side) -> Tensor:
        """The weights, target x size, with which pixels of a side of the input come from those of the image.

        A pixel's centre in the image is the box's edge + (place + 0.5) span / count; its whole part is subtracted as
        whole numbers, so that float32 is exact enough on images of any size.
        """
        first, span, places, count = self.box(target, size, picture)
        doubled = (2 * places + 1) * span.floor().long()
        whole = torch.div(doubled, 2 * count, rounding_mode="floor")
        part = (doubled - whole * (2 * count)).float() + (2 * places + 1).float() * (span - span.floor())
        part = part / (2 * count) + (first - first.floor())
        whole = whole + first.floor().long() + part.floor().long()
        distance = (torch.arange(size) - whole[:, None]).float() + 0.5 - (part - part.floor())[:, None]
        stretch = (span / count).clamp(min=1)  # a filter is as wide as what a pixel takes in
        weights = self.kernel((distance / stretch).abs())
        return weights / weights.sum(1, keepdim=True)

    def box(self, target: int, size: int, picture: Side) -> tuple[Tensor, Tensor, Tensor, Side]:
        """The part of a side that is resized: its edge, its length, the places in it, and how many it is resized to.

        Of crop's box Pillow keeps the edges in float32.
        """
        if self.fit != "crop":
            return torch.zeros(()), _number(size).float(), self.places(target, picture), picture
        start = self.start(target, picture)
        first, last = (edge(place * size, picture) for place in (start, start + target))
        return first, last - first, torch.arange(target), target

    def places(self, target: int, picture: Side) -> Tensor:
        """Where each pixel of a side of the input lies in the picture: centred, as crop and pad have it."""
        places: Tensor = torch.arange(target) + self.start(target, picture)
        return places

    def start(self, target: int, picture: Side) -> Side:
        """Where a side of the input begins in the picture."""
        if self.fit == "pad":
            return -((target - picture) // 2)
        half, odd = (picture - target) // 2, (picture - target) % 2
        return half + odd * (half % 2)  # Python's round: a half goes to the even neighbour

    def inside(self, target: int, picture: Side) -> Tensor:
        """Which pixels of a side are the picture's, and not bars."""
        places = self.places(target, picture)
        inside: Tensor = (places >= 0) & (places < picture)
        return inside

    def kernel(self, x: Tensor) -> Tensor:
        """Weights at distances from 0 on: a triangle, or Keys' cubic."""
        if not self.cubic:
            return (1 - x).clamp(min=0)
        near = ((CUBIC + 2) * x - (CUBIC + 3)) * x * x + 1
        far = (((x - 5) * x + 8) * x - 4) * CUBIC
        return torch.where(x < 1, near, torch.where(x < 2, far, torch.zeros_like(x)))


def edge(place: Side, picture: Side) -> Tensor:
    """place / picture in float32, as precise as it can be."""
    whole = place // picture
    found: Tensor = _number(whole).float() + _number(place - whole * picture).float() / picture
    return found


def to_bytes(values: Tensor) -> Tensor:
    """Rounded and clipped as bytes are, still in float32."""
    return torch.floor(values + 0.5).clamp(0, 255)


def across_first(planes: Tensor, down: Tensor, across: Tensor) -> Tensor:
    return to_bytes(down @ to_bytes(planes @ across.T))


def down_first(planes: Tensor, down: Tensor, across: Tensor) -> Tensor:
    return to_bytes(to_bytes(down @ planes) @ across.T)


def _number(size: Side) -> Tensor:
    return torch.scalar_tensor(size, dtype=torch.int64)


def is_vertical_first() -> bool:
    """Whether this Pillow begins with the vertical pass where a height shrinks by more than twice what the width does.

    Pillow 13 does, 12 does not; as bytes are rounded and clipped between the passes, it changes pixels.
    """
    noise = np.random.default_rng(0).integers(0, 2, (64, 9), np.uint8) * 255
    image, cubic = Image.fromarray(noise), Image.Resampling.BICUBIC
    horizontal = image.resize((8, 64), cubic).resize((8, 8), cubic)
    return image.resize((8, 8), cubic).tobytes() != horizontal.tobytes()
