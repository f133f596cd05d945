"""A PIL image that was opened from a file is predicted as the file is, and one that was changed as it is now."""

import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, TiffImagePlugin

from brickwork.data.dataset import Images
from brickwork.data.images.deep import Range
from brickwork.data.preprocessing import Preprocessing
from brickwork.runtime.inputs import file_content, iter_images
from brickwork.runtime.prediction import decode_images

CHANCE = np.random.default_rng(0)


def png(depth: int, kind: int, rows: bytes, *others: tuple[bytes, bytes]) -> bytes:
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 8, 8, depth, kind, 0, 0, 0))
    middle = b"".join(chunk(*other) for other in others)
    return b"\x89PNG\r\n\x1a\n" + head + middle + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def grey_of_two_bits() -> bytes:
    """Of 0 to 3, 2 is transparent."""
    return png(2, 0, b"\0\x1b\xb1" * 8, (b"tRNS", b"\0\2"))


def ten_bits() -> bytes:
    values = CHANCE.integers(0, 1024, (8, 8)).astype(">u2")
    values[0, 0] = 1023
    return png(16, 0, b"".join(b"\0" + row.tobytes() for row in values), (b"sBIT", b"\x0a"))


def sixteen_bits_with_alpha() -> bytes:
    values = CHANCE.integers(0, 65536, (8, 8, 4)).astype(">u2")
    return png(16, 6, b"".join(b"\0" + row.tobytes() for row in values))


def twelve_bits() -> bytes:
    tags, file = TiffImagePlugin.ImageFileDirectory_v2(), io.BytesIO()
    tags[281] = 4095
    Image.fromarray(CHANCE.integers(0, 4096, (8, 8)).astype(np.uint16)).save(file, "TIFF", tiffinfo=tags)
    return file.getvalue()


def sideways() -> bytes:
    exif, file = Image.Exif(), io.BytesIO()
    exif[274] = 6
    Image.fromarray(CHANCE.integers(0, 256, (8, 8, 3)).astype(np.uint8)).save(file, "JPEG", exif=exif)
    return file.getvalue()


def bits() -> bytes:
    return b"#define a_width 8\n#define a_height 8\nstatic char a_bits[] = {\n" + b"0x5b, " * 7 + b"0x01};\n"


FILES: list[Callable[[], bytes]] = [
    grey_of_two_bits, ten_bits, sixteen_bits_with_alpha, twelve_bits, sideways, bits,
]  # fmt: skip


def loaded(image: Image.Image) -> Image.Image:
    image.load()
    return image


def pixels(source: Path | Image.Image, range: Range) -> Images:
    preprocessing = Preprocessing(3, 8, 8, (0.0,) * 3, (1.0,) * 3, range=range)
    (found,) = decode_images(list(iter_images(source)), preprocessing)
    assert isinstance(found, np.ndarray)
    return found


@pytest.mark.parametrize("range", ["file", "percentiles", (100.0, 900.0)])
@pytest.mark.parametrize("make", FILES)
def test_an_opened_image_has_the_pixels_of_its_file(make: Callable[[], bytes], range: Range, tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(make())
    expected = pixels(path, range)
    assert len(np.unique(expected)) > 1
    for image in (Image.open(path), loaded(Image.open(path)), Image.open(io.BytesIO(path.read_bytes()))):
        np.testing.assert_array_equal(pixels(image, range), expected)


def paint(image: Image.Image) -> None:
    ImageDraw.Draw(image).rectangle((0, 0, 8, 4), fill=0)


def recolour(image: Image.Image) -> None:
    image.putpalette([7, 7, 7] * 256)


@pytest.mark.parametrize(("mode", "change"), [("L", paint), ("RGB", paint), ("P", recolour)])
def test_an_image_that_was_changed_since_is_predicted_as_it_is_now(
    mode: str, change: Callable[[Image.Image], None], tmp_path: Path
) -> None:
    path = tmp_path / "a.png"
    Image.fromarray(CHANCE.integers(1, 256, (8, 8)).astype(np.uint8)).convert(mode).save(path)
    image = Image.open(path)
    change(image)
    shows = np.asarray(image.convert("RGB")).transpose(2, 0, 1)
    np.testing.assert_array_equal(pixels(image, "file"), shows)
    assert (pixels(path, "file") != shows).any()


def test_another_frame_is_that_frame(tmp_path: Path) -> None:
    path = tmp_path / "a.gif"
    frames = [Image.new("L", (8, 8), grey) for grey in (50, 200)]
    frames[0].save(path, save_all=True, append_images=frames[1:])
    with Image.open(path) as image:
        image.seek(1)
        assert np.unique(pixels(image, "file")).tolist() == [200]


def test_a_draft_and_a_copy_have_no_file(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    Image.new("RGB", (64, 64), "red").save(path)
    draft = Image.open(path)
    draft.draft("RGB", (16, 16))
    assert file_content(Image.open(path)) == path.read_bytes()
    assert file_content(draft) is None
    assert file_content(Image.open(path).copy()) is None


def test_an_image_whose_file_is_gone_or_another_by_now_is_what_was_loaded(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    Image.new("L", (8, 8), 90).save(path)
    image = loaded(Image.open(path))
    Image.new("L", (8, 8), 10).save(path)
    assert np.unique(pixels(image, "file")).tolist() == [90]
    path.unlink()
    assert np.unique(pixels(image, "file")).tolist() == [90]
