"""Images that are whole and of a kind that no reader here reads: a code of their own, and words that fit."""

import io
import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from brickwork.data.check.examine import check
from brickwork.data.images.decode import TURNS, Unreadable, decode_bytes
from brickwork.data.sources.open import open_data

imagecodecs = pytest.importorskip("imagecodecs")


def refusal(content: bytes) -> Unreadable:
    with pytest.raises(Unreadable) as caught:
        decode_bytes(content, "a")
    return caught.value


def deep_jpeg2000() -> bytes:
    pixels = np.full((40, 40, 3), 4095, np.uint16)
    return bytes(imagecodecs.jpeg2k_encode(pixels, level=0, reversible=True, bitspersample=12, codecformat="j2k"))


def bmp_of_two_bits() -> bytes:
    info = struct.pack("<IiiHHIIiiII", 40, 8, 8, 1, 2, 0, 32, 0, 0, 4, 0) + bytes(16)
    return b"BM" + struct.pack("<IHHI", 14 + len(info) + 32, 0, 0, 14 + len(info)) + info + bytes(32)


REFUSED = [
    (deep_jpeg2000(), "a JPEG 2000 in RGB of 12 bits, whose bright samples Pillow turns black"),
    (b"PF\n4 4\n-1.0\n" + bytes(192), "a PFM in colour, of which Pillow reads those in grey alone"),
    (bmp_of_two_bits(), "cannot be decoded (Unsupported BMP pixel depth (2))"),
]


@pytest.mark.parametrize(("content", "words"), REFUSED)
def test_a_kind_that_cannot_be_read_is_named_and_not_called_damaged(content: bytes, words: str) -> None:
    error = refusal(content)
    assert (error.reason, error.kind) == (words, "unsupported")


def test_the_check_has_a_code_for_it(tmp_path: Path) -> None:
    for name in ("cold", "warm"):
        (tmp_path / name).mkdir()
        Image.new("L", (40, 40), 9).save(tmp_path / name / "a.png")
    (tmp_path / "cold" / "b.jp2").write_bytes(deep_jpeg2000())
    report = check(open_data(tmp_path))
    assert [case.detail for case in report.of("F113")] == [REFUSED[0][1]]
    assert report.of("F106") == []


def test_channels_of_several_sizes_are_refused_where_pillow_cannot_read_them() -> None:
    content = bytearray(imagecodecs.jpeg2k_encode(np.zeros((40, 40), np.uint8), level=0, codecformat="j2k"))
    content[content.index(b"\xff\x51") + 41] = 2  # XRsiz
    assert refusal(bytes(content)).reason == "a JPEG 2000 of channels of several sizes, which Pillow cannot read"


@pytest.mark.parametrize("length", range(0, 60, 7))
def test_a_jpeg_2000_that_is_cut_in_its_header_is_no_surprise(length: int) -> None:
    assert refusal(deep_jpeg2000()[:length]).kind in ("damaged", "truncated", "empty", "unsupported")


@pytest.mark.parametrize("range", [(0.0, 4095.0), (100.0, 2000.0)])
def test_a_range_counts_in_the_numbers_of_the_file(range: tuple[float, float]) -> None:
    values = np.random.default_rng(0).integers(0, 4096, (20, 24)).astype(np.uint16)
    content = imagecodecs.jpeg2k_encode(values, level=0, reversible=True, bitspersample=12, codecformat="jp2")
    found = np.asarray(decode_bytes(content, "a", range=range))
    low, high = range
    np.testing.assert_array_equal(found, np.round((values - low) * 255.0 / (high - low)).clip(0, 255))


@pytest.mark.parametrize("turn", range(1, 9))
def test_an_avif_is_turned_once_as_its_boxes_say(turn: int) -> None:
    """Pillow writes EXIF's orientation as the boxes irot and imir; OpenCV passes over them."""
    picture = Image.new("RGB", (48, 32), (200, 200, 200))
    picture.paste((20, 20, 20), (0, 0, 48, 16))
    picture.paste((220, 20, 20), (24, 16, 48, 32))
    exif, file = Image.Exif(), io.BytesIO()
    exif[274] = turn
    picture.save(file, "AVIF", exif=exif.tobytes(), quality=95)
    assert (b"irot" in file.getvalue()) or (b"imir" in file.getvalue()) or turn == 1
    upright = picture.transpose(TURNS[turn]) if turn in TURNS else picture
    found = decode_bytes(file.getvalue(), "a")
    assert found.size == upright.size
    assert np.abs(np.asarray(found).astype(int) - np.asarray(upright).astype(int)).mean() < 4
