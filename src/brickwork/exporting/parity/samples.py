"""Images that a parity sheet compares: real ones of the validation split, and kinds that a split may lack."""

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from brickwork.data.dataset import Dataset, Split
from brickwork.data.images.decode import Unreadable, decode_bytes, open_header
from brickwork.data.preprocessing import Preprocessing
from brickwork.errors import BrickworkError
from brickwork.evaluation.data import class_positions, divided_as_trained, open_as_divided
from brickwork.model import ModelFile

Kind = Literal["real", "odd", "grey", "turned", "generated"]
MOST = 256  # real images
DERIVED = 4  # of each further kind
GENERATED = 32
TURN = 6  # Exif's orientation: the camera was held upright
SIDES = ((64, 48), (33, 57), (101, 101), (240, 91), (17, 200), (301, 225))  # of generated images


@dataclass(frozen=True, eq=False)
class Sample:
    """An encoded image, as its file is."""

    name: str
    content: bytes
    kind: Kind
    label: int | None = None  # the position of its class in the model's; None where accuracy does not count it


@dataclass(frozen=True, eq=False)
class Samples:
    """The images of a parity sheet, and where they come from."""

    images: tuple[Sample, ...]
    source: str  # for a person

    def count(self, kind: Kind) -> int:
        return sum(image.kind == kind for image in self.images)


def find_samples(file: ModelFile, preprocessing: Preprocessing, data: str | Path | Dataset | None) -> Samples:
    """Real images of the validation split of the data, or where it is not at hand generated ones, with the reason.

    Without `data` it is what the model's record names. Raises BrickworkError where data that was asked for cannot be
    read, or has a class that the model does not know.
    """
    try:
        named = file.record.get("data") if data is None else data
        if not isinstance(named, str | Path | Dataset):
            return generate(preprocessing, "the model's record names no data")
        return real_samples(file, preprocessing, named)
    except BrickworkError as fault:
        if data is not None:
            raise
        return generate(preprocessing, f"the data of the training is not at hand ({str(fault).rstrip('.')})")


def real_samples(file: ModelFile, preprocessing: Preprocessing, data: str | Path | Dataset) -> Samples:
    dataset = open_for(file, data)
    name = next(name for name in ("val", "train", *dataset.splits) if name in dataset.splits)
    split = dataset.split(name)
    known = class_positions(dataset.classes, file.classes)
    places = spread_places(len(split), MOST).tolist()
    found = [sample for place in places if (sample := read_sample(split, place, known, preprocessing))]
    if not found:
        raise BrickworkError(f"{dataset.name}: no image of the split can be read.")
    return Samples((*found, *derive(found)), f"{dataset.name}, {name}")


def open_for(file: ModelFile, data: str | Path | Dataset) -> Dataset:
    """Data, divided as it was for the training of a model."""
    dataset = data if isinstance(data, Dataset) else open_as_divided(str(data), "", file.record)
    return divided_as_trained(file, dataset)


def spread_places(length: int, most: int) -> NDArray[np.int64]:
    """So many places at most, evenly over a length; none of none."""
    count = min(most, length)
    return np.linspace(0, length - 1, count).round().astype(np.int64)


def read_sample(split: Split, place: int, known: NDArray[np.int64], preprocessing: Preprocessing) -> Sample | None:
    """An image of a split as a file; None where it cannot be read."""
    try:
        content = split.read_bytes(place)
        image = preprocessing.decode(split, place, content)
    except Unreadable:
        return None
    content = content if is_file(content) else encode(image)
    return Sample(split.names[place], content, "real", int(known[split.labels[place]]))


def is_file(content: bytes) -> bool:
    """Whether bytes are an image's file, and not bare pixels."""
    try:
        open_header(content).close()
    except (BrickworkError, OSError, ValueError, SyntaxError):
        return False
    return True


def derive(samples: list[Sample]) -> Iterator[Sample]:
    """Odd sides, grey, and turned by EXIF: kinds that a split may lack, made of its first images."""
    for sample in samples[:DERIVED]:
        image = decode_bytes(sample.content, sample.name)
        width, height = (max(1, side - 1 + side % 2) for side in image.size)
        odd = image.resize((width, max(1, height - 2)) if width == height else (width, height))
        yield Sample(f"{sample.name} (odd)", encode(odd), "odd")
        yield Sample(f"{sample.name} (grey)", encode(image.convert("L")), "grey")
        yield Sample(f"{sample.name} (turned)", encode_turned(image), "turned")


def encode(image: Image.Image) -> bytes:
    """An image as a PNG, which loses nothing."""
    buffer = BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def encode_turned(image: Image.Image) -> bytes:
    """An image as a JPEG whose EXIF turns it."""
    exif = Image.Exif()
    exif[0x0112] = TURN
    buffer = BytesIO()
    image.save(buffer, "JPEG", quality=92, exif=exif)
    return buffer.getvalue()


def generate(preprocessing: Preprocessing, why: str) -> Samples:
    """Smooth noise of many sizes; `why` there are no real images."""
    chance = np.random.default_rng(0)
    made = []
    for number in range(GENERATED):
        small = chance.integers(0, 256, (5, 7, 3), np.uint8)
        picture = Image.fromarray(small).resize(SIDES[number % len(SIDES)], Image.Resampling.BICUBIC)
        noise = np.asarray(picture) + chance.integers(-20, 21, (*picture.size[::-1], 1))
        image = Image.fromarray(noise.clip(0, 255).astype(np.uint8))
        made.append(Sample(f"generated {number}", encode(image), "generated"))
    return Samples((*made, *derive(made)), f"generated images alone, as {why}")
