"""Resizing inside a graph: Pillow's filter as two matrix products, each rounded to bytes as Pillow does.

Never an engine's own Resize: with antialias ONNX Runtime's is up to 9 levels of 255 off, and OpenVINO's ignores it.
"""

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from brickwork.data.preprocessing import Preprocessing, colour
from brickwork.errors import BrickworkError

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
        return pixels.to(torch.uint8)

    def picture(self, height: int, width: int) -> tuple[int, int]:
        """The height and width to which an image is resized: crop covers the input, pad lies inside, squash is it."""
        tall, wide = self.width * height // width, self.height * width // height
        if self.fit == "crop":
            return torch.sym_max(self.height, tall), torch.sym_max(self.width, wide)
        if self.fit == "pad":
            least = torch.sym_max(1, tall), torch.sym_max(1, wide)
            return torch.sym_min(self.height, least[0]), torch.sym_min(self.width, least[1])
        return self.height, self.width

    def kept(self, picture: int, target: int) -> int:
        """The side that Pillow is asked for: for crop it is the input's, as only that box is resized."""
        return picture if self.fit == "pad" else target

    def matrix(self, target: int, size: int, picture: int) -> Tensor:
        """The weights, target x size, with which pixels of a side of the input come from those of the image.

        A pixel's centre is (2 place + 1) size / (2 picture) in the image; its whole part is subtracted as whole
        numbers, so that float32 is exact enough on images of any size.
        """
        doubled = (2 * self.places(target, picture) + 1) * size
        whole = torch.div(doubled, 2 * picture, rounding_mode="floor")
        part = (doubled - whole * (2 * picture)).float() / (2 * picture)
        distance = (torch.arange(size) - whole[:, None]).float() + 0.5 - part[:, None]
        stretch = (_number(size).float() / picture).clamp(min=1)  # a filter is as wide as what a pixel takes in
        weights = self.kernel((distance / stretch).abs())
        return weights / weights.sum(1, keepdim=True)

    def places(self, target: int, picture: int) -> Tensor:
        """Where each pixel of a side of the input lies in the picture: centred, as crop and pad have it."""
        if self.fit == "pad":
            return torch.arange(target) - (target - picture) // 2
        half, odd = (picture - target) // 2, (picture - target) % 2
        return torch.arange(target) + (half + odd * (half % 2))  # Python's round: a half goes to the even neighbour

    def inside(self, target: int, picture: int) -> Tensor:
        """Which pixels of a side are the picture's, and not bars."""
        places = self.places(target, picture)
        return (places >= 0) & (places < picture)

    def kernel(self, x: Tensor) -> Tensor:
        """Weights at distances from 0 on: a triangle, or Keys' cubic."""
        if not self.cubic:
            return (1 - x).clamp(min=0)
        near = ((CUBIC + 2) * x - (CUBIC + 3)) * x * x + 1
        far = (((x - 5) * x + 8) * x - 4) * CUBIC
        return torch.where(x < 1, near, torch.where(x < 2, far, torch.zeros_like(x)))


def to_bytes(values: Tensor) -> Tensor:
    """Rounded and clipped as bytes are, still in float32."""
    return torch.floor(values + 0.5).clamp(0, 255)


def across_first(planes: Tensor, down: Tensor, across: Tensor) -> Tensor:
    return to_bytes(down @ to_bytes(planes @ across.T))


def down_first(planes: Tensor, down: Tensor, across: Tensor) -> Tensor:
    return to_bytes(to_bytes(down @ planes) @ across.T)


def _number(size: int) -> Tensor:
    return torch.scalar_tensor(size, dtype=torch.int64)


def is_vertical_first() -> bool:
    """Whether this Pillow begins with the vertical pass where a height shrinks by more than twice what the width does.

    Pillow 13 does, 12 does not; as bytes are rounded and clipped between the passes, it changes pixels.
    """
    noise = np.random.default_rng(0).integers(0, 2, (64, 9), np.uint8) * 255
    image, cubic = Image.fromarray(noise), Image.Resampling.BICUBIC
    horizontal = image.resize((8, 64), cubic).resize((8, 8), cubic)
    return image.resize((8, 8), cubic).tobytes() != horizontal.tobytes()
