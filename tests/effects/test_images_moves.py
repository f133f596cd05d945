"""What flip, crop and scale do to the images that a network sees."""

import numpy as np
import pytest
from PIL import Image
from torchvision.transforms import v2

from effects.batches import WAYS, Bytes, arrays, classes_of, restore_bytes, see, see_arrays
from effects.distributions import agree


def noise(count: int, channels: int = 3, height: int = 12, width: int = 10) -> Bytes:
    return np.random.default_rng(0).integers(0, 256, (count, channels, height, width), np.uint8)


def mirrors(found: Bytes, originals: Bytes) -> list[bool]:
    """Of each image whether it is mirrored; it must be that, or as it was."""
    as_they_are = (found == originals).all((1, 2, 3))
    mirrored = (found == originals[..., ::-1]).all((1, 2, 3))
    assert (as_they_are ^ mirrored).all()
    return mirrored.tolist()


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("more", WAYS.values(), ids=WAYS)
def test_half_of_the_images_are_mirrored_and_others_in_each_epoch(channels: int, more: dict[str, float]) -> None:
    images = noise(400, channels)
    batches = see_arrays(images, flip=True, epochs=2, **more)
    order = [number for batch in batches for number in classes_of(batch)]
    found = mirrors(restore_bytes(batches, images), images[order])
    once, again = (dict(zip(order[part], found[part], strict=True)) for part in (slice(400), slice(400, 800)))
    assert 160 < sum(once.values()) < 240  # four standard deviations
    assert 160 < sum(once[number] != again[number] for number in once) < 240


def test_nothing_is_mirrored_where_flip_is_off() -> None:
    images = noise(100)
    batches = see_arrays(images, flip=False)
    order = [number for batch in batches for number in classes_of(batch)]
    assert not any(mirrors(restore_bytes(batches, images), images[order]))


@pytest.mark.parametrize("more", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize(("classes", "mirrored"), [("0 1 12", False), ("a B 7", False), ("0 cat 1", True)])
def test_digits_and_letters_are_never_mirrored(classes: str, mirrored: bool, more: dict[str, float]) -> None:
    images = np.repeat(noise(1), 60, axis=0)
    batches = see(arrays(images, [0, 1, 2] * 20, classes.split()), images.shape[1:], flip=True, **more)
    found = mirrors(restore_bytes(batches, images), images)
    assert any(found) == mirrored


def windows(image: Bytes, reach: int) -> dict[bytes, tuple[int, int, bool]]:
    """Every cut of an image whose edge is repeated outwards, with how far it lies down and right, and if mirrored."""
    height, width = image.shape[1:]
    padded = np.pad(image, ((0, 0), (reach, reach), (reach, reach)), mode="edge")
    found = {}
    for down in range(2 * reach + 1):
        for right in range(2 * reach + 1):
            cut = padded[:, down : down + height, right : right + width]
            found[cut.tobytes()] = (down - reach, right - reach, False)
            found[cut[..., ::-1].tobytes()] = (down - reach, right - reach, True)
    return found


@pytest.mark.parametrize("more", WAYS.values(), ids=WAYS)
def test_a_crop_moves_images_by_up_to_so_many_pixels_and_every_move_is_as_frequent(more: dict[str, float]) -> None:
    images = np.repeat(noise(1), 2000, axis=0)
    batches = see_arrays(images, [0, 1] * 1000, flip=True, crop=2, batch=500, **more)
    known = windows(images[0], 2)
    moves = [known[image.tobytes()] for image in restore_bytes(batches, images)]
    counts = np.unique(np.array(moves), axis=0, return_counts=True)[1]
    assert len(counts) == 5 * 5 * 2
    assert 15 < counts.min() <= counts.max() < 68  # of 40: four standard deviations of a Poisson


def map_of_places() -> Bytes:
    """64 x 64 pixels: three times the column, three times the row, and noise."""
    steps = np.broadcast_to(np.arange(64, dtype=np.uint8) * 3, (64, 64))
    return np.stack([steps, steps.T, np.random.default_rng(0).integers(0, 256, (64, 64), np.uint8)])


def bounds(ramp: Bytes) -> tuple[float, float]:
    """Where the columns of a cut begin and how many they are, by the slope of 56 that were made of them."""
    columns = np.arange(8, 48)
    slope, start = np.polyfit(columns + 0.5, ramp.mean(0)[columns] / 3 + 0.5, 1)
    return start, 56 * slope


def box_of(found: Bytes, original: Image.Image) -> tuple[int, int, int, int]:
    """Left, top, width and height of the cut that Pillow's bilinear resizing turns into just these pixels."""
    (left, width), (top, height) = bounds(found[0]), bounds(found[1].T)
    near = [(round(value) - 1, round(value), round(value) + 1) for value in (left, top, width, height)]
    for x, y, w, h in sorted(
        ((x, y, w, h) for x in near[0] for y in near[1] for w in near[2] for h in near[3]),
        key=lambda box: abs(box[0] - left) + abs(box[1] - top) + abs(box[2] - width) + abs(box[3] - height),
    ):
        cut = original.crop((x, y, x + w, y + h)).resize((56, 56), Image.Resampling.BILINEAR)
        if min(x, y) >= 0 and max(x + w, y + h) <= 64 and np.array_equal(np.moveaxis(np.asarray(cut), -1, 0), found):
            return x, y, w, h
    raise AssertionError(f"no cut of {width:.1f} x {height:.1f} at {left:.1f}, {top:.1f} gives these pixels")


def reference_boxes(scale: float, count: int) -> np.ndarray:  # type: ignore[type-arg]
    crop = v2.RandomResizedCrop(56, (scale, 1.0), (3 / 4, 4 / 3))
    image = Image.new("L", (64, 64))
    drawn = [crop.make_params([image]) for _ in range(count)]
    return np.array([(each["left"], each["top"], each["width"], each["height"]) for each in drawn])


@pytest.mark.parametrize("scale", [0.08, 0.5])
def test_scale_cuts_out_parts_as_torchvisions_random_resized_crop_does(scale: float) -> None:
    image = map_of_places()
    images = np.repeat(image[None], 400, axis=0)
    data = arrays(images, [0, 1] * 200)
    batches = see(data, (3, 56, 56), scale=scale)
    original = Image.fromarray(np.moveaxis(image, 0, -1))
    boxes = np.array([box_of(found, original) for found in restore_bytes(batches, images)])
    expected = reference_boxes(scale, 4000)
    area, ratio = boxes[:, 2] * boxes[:, 3] / 64**2, boxes[:, 2] / boxes[:, 3]
    assert scale * 0.9 < area.min() < scale + 0.04
    assert 0.95 < area.max() <= 1
    assert 0.7 < ratio.min() < 0.8
    assert 1.25 < ratio.max() < 1.45
    assert agree(area, expected[:, 2] * expected[:, 3] / 64**2)
    assert agree(np.log(ratio), np.log(expected[:, 2] / expected[:, 3]))
    assert agree(boxes[:, 0], expected[:, 0])
    assert agree(boxes[:, 1], expected[:, 1])


def test_without_scale_the_whole_image_is_seen() -> None:
    images = np.repeat(map_of_places()[None], 10, axis=0)
    batches = see_arrays(images, [0, 1] * 5, scale=1.0)
    assert (restore_bytes(batches, images) == images).all()
