"""A split as a network sees it: read a window at a time, with what slices want to know of the originals."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice

from PIL import Image

from brickwork.data.dataset import Images, Split
from brickwork.data.images.decode import Unreadable, open_header
from brickwork.data.parallel import map_in_order
from brickwork.data.preprocessing import Preprocessing
from brickwork.errors import BrickworkError

WINDOW = 256  # images that are in memory while as many more are read
JPEG = b"\xff\xd8"  # how one begins; it alone may be decoded at a part of its size


@dataclass(frozen=True, eq=False)
class DecodedImage:
    """An image as the network takes it, and the size of its original."""

    place: int  # in its split
    pixels: Images  # channels x height x width
    width: int
    height: int

    @property
    def brightness(self) -> float:
        """The mean of all pixels, 0 to 1, as the network takes them."""
        return float(self.pixels.mean()) / 255


@dataclass(frozen=True)
class UnreadableImage:
    """An image that cannot be read."""

    place: int  # in its split
    reason: str


ReadImage = DecodedImage | UnreadableImage


def read_windows(split: Split, preprocessing: Preprocessing, size: int = 0) -> Iterator[list[ReadImage]]:
    """The whole split in its order, `size` images at a time; the next ones are read on every core meanwhile."""
    images = map_in_order(partial(read_image, split, preprocessing), range(len(split)), ahead=WINDOW)
    while window := list(islice(images, size or WINDOW)):
        yield window


def read_image(split: Split, preprocessing: Preprocessing, place: int) -> ReadImage:
    try:
        content = split.read_bytes(place)
        image = preprocessing.decode(split, place, content)
        return DecodedImage(place, preprocessing.pixels(image), *original_size(content, image))
    except Unreadable as error:
        return UnreadableImage(place, error.reason)


def original_size(content: bytes, image: Image.Image) -> tuple[int, int]:
    """The width and height of an image in full, upright as the decoded one."""
    if not content.startswith(JPEG):
        return image.size
    try:
        with open_header(content) as header:
            size = header.size
    except BrickworkError:  # pixels that begin as a JPEG does
        return image.size
    return size if (size[0] > size[1]) == (image.width > image.height) else (size[1], size[0])
