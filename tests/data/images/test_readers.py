"""HEIC and JPEG XL, where their readers are installed."""

import io

import numpy as np
import pytest
from PIL import Image

from brickwork.data.images.decode import MAX_SLOW, Unreadable, decode_bytes
from brickwork.data.images.jpeg_xl import is_animated, jpeg_xl_head

heif = pytest.importorskip("pillow_heif")
imagecodecs = pytest.importorskip("imagecodecs")
pytest.importorskip("pillow_jxl")


def picture(width: int = 48, height: int = 32) -> Image.Image:
    """Dark above, red on the right: every turn of it looks different."""
    made = Image.new("RGB", (width, height), (200, 200, 200))
    made.paste((20, 20, 20), (0, 0, width, height // 2))
    made.paste((220, 20, 20), (width // 2, height // 2, width, height))
    return made


def encode(image: Image.Image, format: str, turn: int = 1) -> bytes:
    exif, file = Image.Exif(), io.BytesIO()
    exif[274] = turn
    heif.register_heif_opener()
    image.save(file, format, exif=exif.tobytes(), quality=95)
    return file.getvalue()


@pytest.mark.parametrize("format", ["HEIF", "JXL"])
def test_an_image_is_read_as_its_reader_reads_it(format: str) -> None:
    found = np.asarray(decode_bytes(encode(picture(), format), "a")).astype(int)
    assert np.abs(found - np.asarray(picture()).astype(int)).mean() < 8


@pytest.mark.parametrize("format", ["HEIF", "JXL"])
@pytest.mark.parametrize(("turn", "back"), [(3, Image.Transpose.ROTATE_180), (6, Image.Transpose.ROTATE_90)])
def test_an_image_is_turned_as_its_exif_says_and_once(format: str, turn: int, back: Image.Transpose) -> None:
    found = decode_bytes(encode(picture().transpose(back), format, turn), "a")
    assert found.size == picture().size
    assert np.abs(np.asarray(found).astype(int) - np.asarray(picture()).astype(int)).mean() < 8


@pytest.mark.parametrize("size", [(48, 32), (1, 1), (7, 300), (256, 256), (640, 480), (1000, 3), (16, 9)])
@pytest.mark.parametrize("container", [False, True])
def test_the_size_of_a_jpeg_xl_is_known_before_it_is_decoded(size: tuple[int, int], container: bool) -> None:
    pixels = np.asarray(Image.new("RGB", size, "red"))
    content = imagecodecs.jpegxl_encode(pixels, usecontainer=container)
    assert jpeg_xl_head(content) == (*size, 1)


@pytest.mark.parametrize("frames", [1, 3])
def test_an_animated_jpeg_xl_is_refused_as_its_reader_gives_the_last_frame(frames: int) -> None:
    pixels = np.stack([np.full((40, 48, 3), 20 + 60 * number, np.uint8) for number in range(frames)])
    content = imagecodecs.jpegxl_encode(pixels if frames > 1 else pixels[0])
    assert is_animated(content) == (frames > 1)
    if frames == 1:
        assert decode_bytes(content, "a").size == (48, 40)
        return
    with pytest.raises(Unreadable, match="an animated JPEG XL, of which pillow_jxl gives the last frame") as caught:
        decode_bytes(content, "a")
    assert caught.value.kind == "unsupported"


def test_a_jpeg_xl_bomb_is_refused_before_it_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    content = encode(picture(), "JXL")
    assert decode_bytes(content, "a", max_pixels=48 * 32).size == (48, 32)
    monkeypatch.setattr("pillow_jxl.JpegXLImagePlugin.Decoder", lambda **options: pytest.fail("it was decoded"))
    with pytest.raises(Unreadable, match="more than the 1,535 pixels") as caught:
        decode_bytes(content, "a", max_pixels=48 * 32 - 1)
    assert caught.value.kind == "bomb"


@pytest.mark.parametrize("format", ["HEIF", "JXL"])
def test_a_cut_file_is_refused(format: str) -> None:
    content = encode(picture(), format)
    with pytest.raises(Unreadable, match=r"cut short|cannot be decoded|truncated"):
        decode_bytes(content[: len(content) // 3], "a")


def test_a_format_that_is_decoded_in_python_is_bounded() -> None:
    side = int(MAX_SLOW**0.5) + 1
    head = b"qoif" + side.to_bytes(4, "big") * 2 + b"\3\0"
    with pytest.raises(
        Unreadable, match=r"pixels of QOI, which is decoded so slowly that 8,000,000 are allowed"
    ) as caught:
        decode_bytes(head + b"\xfd" * 70_000 + b"\0" * 7 + b"\1", "a")
    assert caught.value.kind == "bomb"
