"""Images of a quantisation: training images that calibrate its ranges, and validation images that judge it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from brickwork.data.dataset import Dataset, Images, Labels, Split
from brickwork.data.images.decode import Unreadable
from brickwork.data.preprocessing import Preprocessing
from brickwork.errors import BrickworkError
from brickwork.evaluation.data import class_positions
from brickwork.evaluation.logits import preprocessing_of
from brickwork.exporting.parity.samples import open_for, spread_places
from brickwork.model import ModelFile

CALIBRATION = 300  # images whose values give the ranges; one of each class at least
MOST = 20_000  # images that judge
BATCH = 32  # images that an engine takes at a time


@dataclass(frozen=True, eq=False)
class Int8Images:
    """Pixels, N x C x H x W bytes as prediction makes them; the test split has no part in them."""

    source: str  # the data's name
    calibration: Images
    held_out: Images  # of the validation split; on the disk, as they may be many
    labels: Labels  # of these

    def batches(self) -> Iterator[Images]:
        """The images that judge, some at a time."""
        for start in range(0, len(self.held_out), BATCH):
            yield np.ascontiguousarray(self.held_out[start : start + BATCH])


def find_int8_images(file: ModelFile, data: Dataset | str | Path | None, folder: Path) -> Int8Images:
    """The images of a quantisation, of `data` or of what the model's record names; `folder` holds the pixels.

    Raises BrickworkError where there are none, or where a class of the model has no image to calibrate with.
    """
    dataset, steps = open_for(file, data_for(file, data)), preprocessing_of(file)
    for name, use in (("train", "calibrates"), ("val", "is judged")):
        if name not in dataset.splits:
            raise BrickworkError(
                f"{dataset.name} has no split {name!r}, on whose images int8 {use}: name other --data."
            )
    places = class_positions(dataset.classes, file.classes)
    calibration = calibration_images(dataset, places, file.classes, steps)
    held_out, labels = validation_pixels(dataset, places, steps, folder / "held-out.npy")
    return Int8Images(dataset.name, calibration, held_out, labels)


def data_for(file: ModelFile, data: Dataset | str | Path | None) -> Dataset | str | Path:
    """The data, or what the record names; raises BrickworkError where that is nothing."""
    named = file.record.get("data") if data is None else data
    if not isinstance(named, str | Path | Dataset):
        raise BrickworkError("int8 needs real images, and the model's record names no data: name some with --data.")
    return named


def calibration_images(
    dataset: Dataset, places: Labels, classes: tuple[str, ...], steps: Preprocessing, count: int = CALIBRATION
) -> Images:
    """Training images, as many of every class, spread over the split; raises BrickworkError where a class has none."""
    split, found = dataset.split("train"), []
    each = -(-count // len(classes))
    for position, name in enumerate(classes):
        of = np.flatnonzero(places[split.labels] == position)
        chosen = of[spread_places(len(of), each)]
        pixels = [image for place in chosen.tolist() if (image := read_pixels(split, place, steps)) is not None]
        if not pixels:
            raise BrickworkError(
                f"{dataset.name}: class {name!r:.80} has no training image that can be read, and int8's ranges would "
                f"not know it: add some, or name other --data."
            )
        found += pixels
    return np.stack(found)


def validation_pixels(dataset: Dataset, places: Labels, steps: Preprocessing, path: Path) -> tuple[Images, Labels]:
    """The validation images and their classes' places in the model; those that cannot be read are left out."""
    split = dataset.split("val")
    chosen = spread_places(len(split), MOST)
    pixels = np.lib.format.open_memmap(path, "w+", np.uint8, (len(chosen), *steps.shape))
    labels: list[int] = []
    for place in chosen.tolist():
        image = read_pixels(split, place, steps)
        if image is not None:
            pixels[len(labels)] = image
            labels.append(int(places[split.labels[place]]))
    if not labels:
        raise BrickworkError(f"{dataset.name}: no validation image can be read, so int8 cannot be judged.")
    return pixels[: len(labels)], np.array(labels, dtype=np.int64)


def read_pixels(split: Split, place: int, steps: Preprocessing) -> NDArray[np.uint8] | None:
    """An image as prediction prepares it, C x H x W; None where it cannot be read."""
    try:
        return steps.pixels(steps.decode(split, place, split.read_bytes(place)))
    except Unreadable:
        return None
