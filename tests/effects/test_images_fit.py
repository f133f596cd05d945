"""How images of any size become the network's input: fit, mean and deviation, and progressive sizes."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from torchvision.transforms.v2 import functional

from effects.batches import (
    WAYS,
    Batch,
    Bytes,
    Floats,
    arrays,
    classes_of,
    folder,
    restore,
    restore_bytes,
    see,
    see_arrays,
)

HEIGHT, WIDTH = 16, 24
SIZES = ((60, 40), (30, 44), (25, 25), (24, 16), (12, 9), (100, 20), (20, 90))  # width, height
BILINEAR = Image.Resampling.BILINEAR


def pictures() -> list[Image.Image]:
    """Smooth ones, so that a pixel more or less at an edge is a small difference."""
    chance = np.random.default_rng(3)
    small = [Image.fromarray(chance.integers(0, 256, (4, 4, 3), np.uint8)) for _ in SIZES]
    return [each.resize(size, Image.Resampling.BICUBIC) for each, size in zip(small, SIZES, strict=True)]


IMAGES = pictures()


def put(root: Path, images: list[Image.Image]) -> Path:
    """A class folder for each image, in train and in val."""
    for split in ("train", "val"):
        for number, image in enumerate(images):
            (root / split / f"class{number}").mkdir(parents=True)
            image.save(root / split / f"class{number}" / "image.png")
    return root


def planes(image: Image.Image) -> Bytes:
    return np.moveaxis(np.asarray(image), -1, 0).copy()


def squash(image: Image.Image) -> Bytes:
    return planes(image.resize((WIDTH, HEIGHT), BILINEAR))


def crop(image: Image.Image) -> Bytes:
    """The least size that covers the input, and of that the middle."""
    share = max(WIDTH / image.width, HEIGHT / image.height)
    size = (max(WIDTH, int(image.width * share + 1e-9)), max(HEIGHT, int(image.height * share + 1e-9)))
    return planes(functional.center_crop(image.resize(size, BILINEAR), [HEIGHT, WIDTH]))


def inner(image: Image.Image) -> Bytes:
    """The largest size that the input holds."""
    share = min(WIDTH / image.width, HEIGHT / image.height)
    size = (int(image.width * share + 1e-9), int(image.height * share + 1e-9))
    return planes(image.resize(size, BILINEAR))


def see_pictures(root: Path, fit: str, images: list[Image.Image] = IMAGES, channels: int = 3) -> Batch:
    """The one batch of these images."""
    (batch,) = see(folder(put(root, images)), (channels, HEIGHT, WIDTH), fit=fit)
    return batch


def test_squash_is_pillows_bilinear_resizing(tmp_path: Path) -> None:
    batch = see_pictures(tmp_path, "squash")
    expected = np.stack([squash(image) for image in IMAGES])
    assert (restore_bytes([batch], expected) == expected[classes_of(batch)]).all()


def test_grey_is_pillows_luminance(tmp_path: Path) -> None:
    batch = see_pictures(tmp_path, "squash", channels=1)
    greys = [image.convert("L").resize((WIDTH, HEIGHT), BILINEAR) for image in IMAGES]
    expected = np.stack([np.asarray(image)[None] for image in greys])
    assert (restore_bytes([batch], expected) == expected[classes_of(batch)]).all()


def test_crop_covers_the_input_and_takes_the_middle(tmp_path: Path) -> None:
    batch = see_pictures(tmp_path, "crop")
    expected = np.stack([crop(image) for image in IMAGES])
    gap = np.abs(restore([batch], expected)[0] - expected[classes_of(batch)])
    assert gap.max() < 3  # the edges of what is cut off count in the reference
    assert gap.mean() < 0.5


def test_pad_shows_all_of_an_image_between_bars_in_the_mean_colour(tmp_path: Path) -> None:
    batch = see_pictures(tmp_path, "pad")
    parts = [inner(image) for image in IMAGES]
    pixels = np.concatenate([part.reshape(3, -1) for part in parts], axis=1)[None, :, None]
    found = restore_bytes([batch], pixels)
    for image, number in zip(found, classes_of(batch), strict=True):
        expected = np.empty((3, HEIGHT, WIDTH), np.uint8)
        expected[:] = pixels.mean(3).round().reshape(3, 1, 1)
        _, height, width = parts[number].shape
        top, left = (HEIGHT - height) // 2, (WIDTH - width) // 2
        expected[:, top : top + height, left : left + width] = parts[number]
        assert (image == expected).all()


def test_an_image_of_the_inputs_size_keeps_every_value_whatever_the_fit(tmp_path: Path) -> None:
    chance = np.random.default_rng(3)
    noise = [Image.fromarray(chance.integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)) for _ in range(4)]
    expected = np.stack([planes(image) for image in noise])
    for fit in ("crop", "pad", "squash"):
        batch = see_pictures(tmp_path / fit, fit, noise)
        assert (restore_bytes([batch], expected) == expected[classes_of(batch)]).all()


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("more", WAYS.values(), ids=WAYS)
def test_images_are_normalised_by_the_mean_and_deviation_of_all_training_pixels(
    channels: int, more: dict[str, float]
) -> None:
    high = np.array([60, 120, 250])[:channels].reshape(1, -1, 1, 1)
    images = np.random.default_rng(3).integers(0, high, (90, channels, 8, 8)).astype(np.uint8)
    batches = see_arrays(images, **more)
    values = images[[number for batch in batches for number in classes_of(batch)]] / 255
    axes = (0, 2, 3)
    expected = (values - values.mean(axes, keepdims=True)) / values.std(axes, keepdims=True)
    found = np.concatenate([batch.images.numpy() for batch in batches])
    assert np.abs(found - expected).max() < 1e-4


def smaller(image: Floats, height: int, width: int) -> Floats:
    """Pillow's bilinear resizing of floats, in which every pixel counts."""
    channels = [Image.fromarray(each.astype(np.float32)).resize((width, height), BILINEAR) for each in image]
    return np.stack([np.asarray(each, np.float64) for each in channels])


GROWTH = [(32, 24), (40, 32), (56, 40), (64, 48), (64, 48)]  # 1/2, 2/3, 5/6, 1, 1 of 64 x 48, in steps of 8


@pytest.mark.parametrize("more", WAYS.values(), ids=WAYS)
def test_resize_from_begins_with_smaller_images_which_are_resized_with_antialias(more: dict[str, float]) -> None:
    images = np.random.default_rng(3).integers(0, 256, (6, 3, 64, 48), np.uint8)
    batches = see_arrays(images, resize_from=0.5, epochs=5, **more)
    assert [tuple(batch.images.shape[2:]) for batch in batches] == GROWTH
    for batch, size in zip(batches, GROWTH, strict=True):
        expected = np.stack([smaller(images[number], *size) for number in classes_of(batch)])
        assert np.abs(restore([batch], images)[0] - expected).max() < 0.02


def test_labels_stay_with_mixed_images_that_are_resized() -> None:
    images = np.random.default_rng(3).integers(0, 256, (6, 3, 64, 48), np.uint8)
    batch = see_arrays(images, resize_from=0.5, epochs=5, mixup=1.0)[0]
    blends = np.einsum("nk,kchw->nchw", batch.targets.numpy(), images)
    expected = np.stack([smaller(blend, 32, 24) for blend in blends])
    assert np.abs(restore([batch], images)[0] - expected).max() < 0.05


def test_without_resize_from_every_epoch_has_the_whole_size() -> None:
    images = np.random.default_rng(3).integers(0, 256, (6, 3, 64, 48), np.uint8)
    assert {tuple(batch.images.shape[2:]) for batch in see_arrays(images, epochs=3)} == {(64, 48)}


def test_a_network_of_one_size_is_told_and_given_the_whole_images() -> None:
    images, heard = np.random.default_rng(3).integers(0, 256, (6, 3, 32, 32), np.uint8), []
    data = arrays(images, range(6))
    batches = see(data, (3, 32, 32), heard.append, one_size=True, resize_from=0.5, epochs=3)
    assert {tuple(batch.images.shape[2:]) for batch in batches} == {(32, 32)}
    assert any(text.startswith("resize_from is passed over") for text in heard)
