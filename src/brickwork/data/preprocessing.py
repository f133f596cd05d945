"""Preprocessing: from an image of any shape to a network's input, alike in training, prediction and export."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from functools import partial
from math import isfinite
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from brickwork.data.dataset import Images, Split
from brickwork.data.images.decode import Unreadable
from brickwork.data.images.deep import Range
from brickwork.data.images.modes import to_grey_or_rgb
from brickwork.data.parallel import map_in_order
from brickwork.errors import BrickworkError

if TYPE_CHECKING:
    from torch import Tensor

Fit = Literal["crop", "pad", "squash"]
Interpolation = Literal["bilinear", "bicubic", "nearest"]
Size = tuple[int, int]  # width, height, as Pillow has it


@dataclass(frozen=True)
class Preprocessing:
    """Preprocessing: how an image becomes a network's input; it travels in the model file as plain data."""

    channels: int  # 1 (grey) or 3 (red, green, blue)
    height: int
    width: int
    mean: tuple[float, ...]  # one a channel, of pixels in 0..1
    std: tuple[float, ...]  # one a channel
    fit: Fit = "crop"  # crop: cover the input, cut what stands over; pad: all of it, bars in the mean colour; squash
    interpolation: Interpolation = "bilinear"
    range: Range = "file"  # what is black and what is white of more than 8 bits; file: what it states, else its depth

    def __post_init__(self) -> None:
        if problem := next(self._problems(), None):
            raise BrickworkError(f"preprocessing: {problem}.")

    @property
    def shape(self) -> tuple[int, int, int]:
        return (self.channels, self.height, self.width)

    @property
    def least(self) -> int:
        """The pixels a side that an image needs before it is resized: twice the input, so that no detail is lost."""
        return 2 * max(self.height, self.width)

    def decode(self, split: Split, i: int, content: bytes) -> Image.Image:
        """Decode image number i of a split in this range, and no larger than it needs to be; raises Unreadable."""
        return split.decode(i, content, self.least, self.range)

    def pixels(self, image: Image.Image) -> NDArray[np.uint8]:
        """Preprocess an image to bytes, channels x height x width; one that has this size already keeps every value."""
        return self.rows(image).transpose(2, 0, 1).copy()

    def rows(self, image: Image.Image) -> NDArray[np.uint8]:
        """The same bytes as rows, height x width x channels; they must not be written to."""
        return self.pad(self.array(self.resize(image)))

    def resize(self, image: Image.Image) -> Image.Image:
        """Resize an image to the input by its fit, without the bars of "pad"; one of this size stays as it is."""
        image, target = self.convert(image), (self.width, self.height)
        if image.size == target:
            return image
        resample = Image.Resampling[self.interpolation.upper()]
        if self.fit == "crop":
            return image.resize(target, resample, box=centre_box(image.size, target))
        return image.resize(target if self.fit == "squash" else fit_inside(image.size, target), resample)

    def pad(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Pad height x width x channels to the input with bars in the mean colour, where it is smaller."""
        height, width = pixels.shape[:2]
        if (height, width) == (self.height, self.width):
            return pixels
        canvas = np.full((self.height, self.width, self.channels), colour(self.mean), np.uint8)
        top, left = (self.height - height) // 2, (self.width - width) // 2
        canvas[top : top + height, left : left + width] = pixels
        return canvas

    def convert(self, image: Image.Image) -> Image.Image:
        """Convert an image to grey ("L") or colour ("RGB"), as the network takes it."""
        return to_grey_or_rgb(image, self.range).convert("L" if self.channels == 1 else "RGB")

    def array(self, image: Image.Image) -> NDArray[np.uint8]:
        """An image in these colours as height x width x channels; it must not be written to."""
        return np.asarray(image).reshape(image.height, image.width, self.channels)

    def normalize(self, pixels: "Tensor") -> "Tensor":
        """Normalise a batch of bytes to float32, (x / 255 - mean) / std, on the batch's own device.

        Channels that come last in memory stay there; whole rows are then computed at once, three times as fast.
        """
        rows = pixels.permute(0, 2, 3, 1)  # N x H x W x C
        if self.channels == 1 or not rows.is_contiguous():
            values = pixels.float().div_(255)
            mean, std = (values.new_tensor(moment).view(-1, 1, 1) for moment in (self.mean, self.std))
            return values.sub_(mean).div_(std)
        count, height, width, channels = rows.shape
        lines = rows.reshape(count * height, width * channels).float().div_(255)
        mean, std = (lines.new_tensor(moment).repeat(width) for moment in (self.mean, self.std))
        return lines.sub_(mean).div_(std).view(rows.shape).permute(0, 3, 1, 2)

    def document(self) -> dict[str, Any]:
        """The preprocessing as plain data for JSON; `read` takes it back. A range that is the file's is left out."""
        values = {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(self).items()}
        return values if self.range != "file" else {key: value for key, value in values.items() if key != "range"}

    @staticmethod
    def read(document: dict[str, Any]) -> "Preprocessing":
        """Read the preprocessing from what `document` gave; raises BrickworkError where it is not that."""
        names = {field.name for field in fields(Preprocessing)} - {"range"}
        if not isinstance(document, dict) or set(document) - {"range"} != names:
            raise BrickworkError(f"preprocessing: expected {', '.join(sorted(names))}, found {document!r:.200}.")
        values: dict[str, Any] = {key: tuple(v) if isinstance(v, list) else v for key, v in document.items()}
        return Preprocessing(**values)

    def _problems(self) -> Iterator[str]:
        """Sentences on wrong fields, each once those before it are right; the fields may come from a file."""
        if type(self.channels) is not int or self.channels not in (1, 3):
            yield f"an image has 1 channel or 3, not {self.channels}"
        if not all(type(side) is int and side > 0 for side in (self.height, self.width)):
            yield f"height and width are whole numbers from 1, not {self.height} x {self.width}"
        for name, values in (("mean", self.mean), ("std", self.std)):
            if not are_numbers(values, self.channels):
                yield f"{name} needs a number for each of the {self.channels} channels, found {values!r:.100}"
        if min(self.std) <= 0:
            yield f"std is above 0, not {min(self.std)}"
        for name, known in (("fit", get_args(Fit)), ("interpolation", get_args(Interpolation))):
            if (value := getattr(self, name)) not in known:
                yield f"{name} is one of {', '.join(known)}, not {value!r}"
        if self.range not in ("file", "percentiles") and not is_range(self.range):
            yield f"range is file, percentiles, or two numbers of which the second is larger, not {self.range!r:.100}"


def preprocess_all(split: Split, preprocessing: Preprocessing, *, threads: int = 0) -> Iterator[Images | Unreadable]:
    """The preprocessed pixels of every image of a split, channels x height x width, or why there are none; in order.

    So many threads decode ahead; 0: one a core.
    """
    return map_in_order(partial(preprocess_one, split, preprocessing), range(len(split)), threads=threads)


def preprocess_one(split: Split, preprocessing: Preprocessing, i: int) -> Images | Unreadable:
    try:
        return preprocessing.pixels(preprocessing.decode(split, i, split.read_bytes(i)))
    except Unreadable as error:
        return error


def is_range(value: object) -> bool:
    return isinstance(value, tuple) and are_numbers(value, 2) and value[0] < value[1]


def are_numbers(values: object, count: int) -> bool:
    """Whether these are so many finite numbers; they may come from a file, and so be anything."""
    return (
        isinstance(values, tuple)
        and len(values) == count
        and all(type(value) in (int, float) and isfinite(value) for value in values)
    )


def centre_box(size: Size, target: Size) -> tuple[float, float, float, float]:
    """The middle of an image that covers the target: what is left of it after resizing and a centre crop.

    Resizing that box alone needs no memory for what is cut off, which for a very long image is most of it.
    """
    scaled = covering(size, target)
    starts = [round((s - t) / 2) for s, t in zip(scaled, target, strict=True)]
    (x, y), (w, h) = starts, target
    across, down = size[0] / scaled[0], size[1] / scaled[1]
    return (x * across, y * down, (x + w) * across, (y + h) * down)


def covering(size: Size, target: Size) -> Size:
    """The smallest size of the image's own shape that covers the target."""
    (w, h), (width, height) = size, target
    if width * h >= height * w:
        return (width, max(height, width * h // w))
    return (max(width, height * w // h), height)


def fit_inside(size: Size, target: Size) -> Size:
    """The largest size of the image's own shape that the target holds."""
    (w, h), (width, height) = size, target
    if width * h <= height * w:
        return (width, max(1, width * h // w))
    return (max(1, height * w // h), height)


def colour(values: Sequence[float]) -> tuple[int, ...]:
    """A colour in 0..1 as bytes."""
    return tuple(round(255 * min(max(value, 0.0), 1.0)) for value in values)
