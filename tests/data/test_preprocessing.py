import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision.transforms import CenterCrop, Compose, InterpolationMode, Resize

from brickwork.data.dataset import FileSplit
from brickwork.data.images.decode import Unreadable
from brickwork.data.preprocessing import (
    Fit,
    Interpolation,
    Preprocessing,
    centre_box,
    covering,
    fit_inside,
    preprocess_all,
)
from brickwork.errors import BrickworkError


def colour(height: int, width: int, *, fit: Fit = "crop", interpolation: Interpolation = "bilinear") -> Preprocessing:
    return Preprocessing(3, height, width, (0.5, 0.25, 1.0), (0.5, 0.25, 2.0), fit, interpolation)


def grey(height: int, width: int) -> Preprocessing:
    return Preprocessing(1, height, width, (0.5,), (0.25,))


def noise(width: int, height: int, mode: str = "RGB") -> Image.Image:
    rng = np.random.default_rng(width * height)
    return Image.fromarray(rng.integers(0, 256, (height, width, 3), np.uint8)).convert(mode)


@pytest.mark.parametrize("fit", ["crop", "pad", "squash"])
@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic", "nearest"])
def test_an_image_of_the_right_size_passes_bit_for_bit(fit: Fit, interpolation: Interpolation) -> None:
    image = noise(40, 24)
    found = colour(24, 40, fit=fit, interpolation=interpolation).pixels(image)
    assert (found == np.asarray(image).transpose(2, 0, 1)).all()
    assert found.flags.c_contiguous


def test_a_grey_image_of_the_right_size_passes_bit_for_bit_in_one_channel_and_in_three() -> None:
    image = noise(28, 28, "L")
    assert (grey(28, 28).pixels(image) == np.asarray(image)).all()
    assert (colour(28, 28).pixels(image) == np.asarray(image)).all()


@pytest.mark.parametrize("seed", range(60))
def test_any_image_gets_the_networks_shape(seed: int) -> None:
    rng = np.random.default_rng(seed)
    width, height, w, h = (int(side) for side in rng.integers(1, 70, 4))
    fit = ("crop", "pad", "squash")[seed % 3]
    mode = ("1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I", "F")[seed % 9]
    for preprocessing in (colour(h, w, fit=fit), grey(h, w)):  # type: ignore[arg-type]
        found = preprocessing.pixels(noise(width, height).convert("L" if mode in "IF" else "RGB").convert(mode))
        assert found.shape == preprocessing.shape
        assert found.dtype == np.uint8
        assert found.flags.c_contiguous
        assert found.flags.writeable


@pytest.mark.parametrize("size", [(64, 48), (48, 64), (33, 100), (101, 32), (500, 333), (7, 5)])
@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic"])
def test_crop_is_torchvisions_resize_and_centre_crop_but_for_the_last_rounding(
    size: tuple[int, int], interpolation: Interpolation
) -> None:
    peer = Compose([Resize(32, InterpolationMode(interpolation)), CenterCrop(32)])
    image = noise(*size)
    found = colour(32, 32, interpolation=interpolation).pixels(image).astype(int)
    expected = np.asarray(peer(image)).transpose(2, 0, 1)
    assert np.abs(found - expected).max() <= 1
    assert (found != expected).mean() < 0.05


def test_a_crop_keeps_the_middle_and_the_shape_of_things() -> None:
    image = Image.new("RGB", (90, 30), "red")
    image.paste("blue", (30, 0, 60, 30))
    assert (colour(10, 10).pixels(image)[2, :, 1:-1] == 255).all()  # at the edges, red shines in


def test_a_very_long_image_needs_no_memory_for_what_is_cut_off() -> None:
    assert covering((100_000, 1), (224, 224)) == (22_400_000, 224)  # 15 GB, were it made
    assert colour(224, 224).pixels(Image.new("RGB", (100_000, 1), "red")).shape == (3, 224, 224)


@pytest.mark.parametrize("seed", range(200))
def test_the_box_that_is_cropped_lies_in_the_image_and_in_its_middle(seed: int) -> None:
    rng = np.random.default_rng(seed)
    (w, h), (width, height) = rng.integers(1, 5000, 2).tolist(), rng.integers(1, 500, 2).tolist()
    left, top, right, bottom = centre_box((w, h), (width, height))
    assert 0 <= left < right <= w * (1 + 1e-9)
    assert 0 <= top < bottom <= h * (1 + 1e-9)
    scaled = covering((w, h), (width, height))
    assert abs(left - (w - right)) <= w / scaled[0] + 1e-6  # at most one pixel of the result off the middle
    assert abs(top - (h - bottom)) <= h / scaled[1] + 1e-6


@pytest.mark.parametrize("seed", range(200))
def test_a_covering_size_covers_and_a_contained_one_fits(seed: int) -> None:
    rng = np.random.default_rng(seed)
    (w, h), (width, height) = rng.integers(1, 5000, 2).tolist(), rng.integers(1, 500, 2).tolist()
    outer, inner = covering((w, h), (width, height)), fit_inside((w, h), (width, height))
    assert outer[0] >= width >= inner[0] >= 1
    assert outer[1] >= height >= inner[1] >= 1
    assert width in (outer[0], inner[0])
    assert height in (outer[1], inner[1])


def test_pad_shows_all_of_the_image_between_bars_in_the_mean_colour() -> None:
    found = colour(20, 20, fit="pad").pixels(Image.new("RGB", (40, 20), (10, 20, 30)))
    bars = [128, 64, 255]  # the mean, as bytes
    assert found[:, 5, 0].tolist() == [10, 20, 30]
    assert found[:, 14, 19].tolist() == [10, 20, 30]
    assert found[:, 4, 0].tolist() == bars
    assert found[:, 15, 19].tolist() == bars


def test_squash_shows_all_of_the_image() -> None:
    image = Image.new("RGB", (40, 20), "red")
    image.paste("blue", (20, 0, 40, 20))
    found = colour(10, 10, fit="squash", interpolation="nearest").pixels(image)
    assert (found[0, :, :5] == 255).all()
    assert (found[2, :, 5:] == 255).all()


def test_normalised_takes_the_mean_and_divides_by_the_deviation() -> None:
    pixels = torch.tensor([0, 255], dtype=torch.uint8).expand(2, 3, 1, 2)
    found = colour(1, 2).normalize(pixels)
    assert found.dtype == torch.float32
    assert found[1, :, 0].tolist() == [[-1.0, 1.0], [-1.0, 3.0], [-0.5, 0.0]]


def test_normalised_gives_the_same_bits_in_every_memory_format_and_leaves_the_bytes_alone() -> None:
    pixels = torch.randint(0, 256, (5, 3, 9, 7), dtype=torch.uint8)
    made = Preprocessing(3, 9, 7, (0.1, 0.2, 0.3), (0.4, 0.5, 0.6))
    mean, std = (torch.tensor(values).view(-1, 1, 1) for values in (made.mean, made.std))
    expected = (pixels / 255 - mean) / std
    before = pixels.clone()
    assert torch.equal(made.normalize(pixels), expected)
    assert torch.equal(made.normalize(pixels.to(memory_format=torch.channels_last)), expected)
    assert torch.equal(pixels, before)


def test_normalised_keeps_the_memory_format() -> None:
    pixels = torch.zeros(2, 3, 4, 4, dtype=torch.uint8).to(memory_format=torch.channels_last)
    assert colour(4, 4).normalize(pixels).is_contiguous(memory_format=torch.channels_last)


def test_a_document_is_plain_json_and_reads_back_as_it_was() -> None:
    made = colour(24, 40, fit="pad", interpolation="bicubic")
    assert Preprocessing.read(json.loads(json.dumps(made.document()))) == made


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"channels": 2}, "an image has 1 channel or 3, not 2"),
        ({"height": 0}, "height and width are whole numbers from 1, not 0 x 8"),
        ({"width": 8.5}, "height and width are whole numbers from 1, not 8 x 8.5"),
        ({"mean": [0.5]}, r"mean needs a number for each of the 3 channels, found \(0.5,\)"),
        ({"mean": 0.5}, "mean needs a number for each of the 3 channels, found 0.5"),
        ({"std": ["a", "b", "c"]}, "std needs a number for each of the 3 channels"),
        ({"std": [0.5, 0.5, float("nan")]}, "std needs a number for each of the 3 channels"),
        ({"std": [0.5, 0.5, 0.0]}, "std is above 0, not 0.0"),
        ({"fit": "stretch"}, "fit is one of crop, pad, squash, not 'stretch'"),
        ({"interpolation": ["cubic"]}, "interpolation is one of bilinear, bicubic, nearest"),
        ({"colour": "red"}, "expected channels, fit, height, interpolation, mean, std, width, found"),
    ],
)
def test_a_document_that_is_wrong_is_refused_in_one_line(change: dict[str, object], message: str) -> None:
    with pytest.raises(BrickworkError, match=message) as caught:
        Preprocessing.read({**colour(8, 8).document(), **change})
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("document", [{}, None, [], "crop"])
def test_what_is_no_document_is_refused(document: object) -> None:
    with pytest.raises(BrickworkError, match="preprocessing: expected channels"):
        Preprocessing.read(document)  # type: ignore[arg-type]


def test_a_whole_split_is_preprocessed_in_its_order_and_what_cannot_be_read_says_why(tmp_path: Path) -> None:
    for i in range(300):
        Image.new("RGB", (10, 12), (i % 256, i // 256, 0)).save(tmp_path / f"{i}.png")
    (tmp_path / "1.png").write_text("<html>")
    (tmp_path / "3.png").unlink()
    split = FileSplit(np.zeros(300, np.int64), tmp_path, tuple(f"{i}.png" for i in range(300)))
    results = list(preprocess_all(split, colour(8, 8)))
    unreadable = {i: result.reason for i, result in enumerate(results) if isinstance(result, Unreadable)}
    assert unreadable == {1: "HTML text, not an image", 3: "there is no such file"}
    arrays = [result for result in results if not isinstance(result, Unreadable)]
    assert {array.shape for array in arrays} == {(3, 8, 8)}
    assert [int(array[0, 0, 0]) + 256 * int(array[1, 0, 0]) for array in arrays] == [0, 2, *range(4, 300)]
