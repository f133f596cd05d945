import io
import pickle
import struct
import subprocess
import sys
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from brickwork.data.images.decode import TURNS, Unreadable, bytes_of, decode, decode_bytes
from brickwork.data.images.quiet import Quiet
from brickwork.errors import BrickworkError

module = import_module("brickwork.data.images.decode")  # the package's own word `decode` is the function
RED, GREEN, BLUE, GREY = (230, 20, 10), (10, 220, 30), (20, 30, 210), (128, 128, 128)


def quarters(size: int = 32) -> Image.Image:
    """Red, green, blue and grey corners: every turn of it looks different."""
    image = Image.new("RGB", (size, size + 16))
    half, middle = size // 2, (size + 16) // 2
    for colour, corner in ((RED, (0, 0)), (GREEN, (half, 0)), (BLUE, (0, middle)), (GREY, (half, middle))):
        image.paste(colour, (*corner, corner[0] + half, corner[1] + middle))
    return image


def values(image: Image.Image) -> NDArray[np.int64]:
    return np.asarray(image).astype(np.int64)


def refusal(path: Path) -> str:
    with pytest.raises(Unreadable) as caught:
        decode(path)
    assert caught.value.path == str(path)
    assert "\n" not in str(caught.value)
    return caught.value.reason


# What is decoded, and as what


@pytest.mark.parametrize("number", range(1, 9))
@pytest.mark.parametrize("ending", ["jpg", "png", "webp", "tiff"])
def test_an_image_is_turned_as_its_exif_says(number: int, ending: str, tmp_path: Path) -> None:
    upright = quarters()
    back = {6: 8, 8: 6}.get(number, number)  # a quarter turn is undone by the opposite one, all others by themselves
    exif = Image.Exif()
    exif[274] = number
    stored = upright.transpose(TURNS[back]) if number > 1 else upright
    stored.save(tmp_path / f"a.{ending}", exif=exif, quality=95)
    found = decode(tmp_path / f"a.{ending}")
    assert found.size == upright.size
    for corner in ((4, 4), (27, 4), (4, 43), (27, 43)):
        assert np.abs(np.subtract(found.getpixel(corner), upright.getpixel(corner))).max() < 16


def test_damaged_exif_leaves_the_image_as_it_is(tmp_path: Path) -> None:
    quarters().save(tmp_path / "a.jpg", exif=b"Exif\x00\x00MM\x00*\x00\x00\xff\xff nonsense")
    assert decode(tmp_path / "a.jpg").size == quarters().size


@pytest.mark.parametrize("mode", ["1", "L", "LA", "I;16", "I", "F"])
def test_grey_modes_become_grey(mode: str, tmp_path: Path) -> None:
    ending = "tiff" if mode in ("I", "F") else "png"
    Image.new("L", (6, 5), 1).convert("I" if mode == "I;16" else mode).convert(mode).save(tmp_path / f"a.{ending}")
    found = decode(tmp_path / f"a.{ending}")
    assert (found.mode, found.size) == ("L", (6, 5))


@pytest.mark.parametrize("mode", ["P", "RGB", "RGBA", "CMYK", "YCbCr", "LAB"])
def test_colour_modes_become_rgb(mode: str, tmp_path: Path) -> None:
    ending = "tiff" if mode in ("CMYK", "YCbCr", "LAB") else "png"
    Image.new(mode, (6, 5)).save(tmp_path / f"a.{ending}")
    found = decode(tmp_path / f"a.{ending}")
    assert (found.mode, found.size) == ("RGB", (6, 5))


def test_lab_becomes_the_colour_that_it_is(tmp_path: Path) -> None:
    Image.new("LAB", (2, 2), (255, 128, 128)).save(tmp_path / "white.tiff")
    Image.new("LAB", (2, 2), (0, 128, 128)).save(tmp_path / "black.tiff")
    assert values(decode(tmp_path / "white.tiff")).min() > 250
    assert values(decode(tmp_path / "black.tiff")).max() < 5


def test_cmyk_becomes_the_colour_that_it_is(tmp_path: Path) -> None:
    quarters().convert("CMYK").save(tmp_path / "a.jpg", quality=95)
    assert np.abs(values(decode(tmp_path / "a.jpg")) - values(quarters()))[4:8, 4:8].max() < 12


def test_alpha_lies_on_white(tmp_path: Path) -> None:
    image = Image.new("RGBA", (4, 1), (200, 0, 0, 255))
    image.putpixel((1, 0), (0, 0, 0, 0))
    image.putpixel((2, 0), (0, 0, 0, 128))
    image.save(tmp_path / "a.png")
    assert values(decode(tmp_path / "a.png"))[0, :3].tolist() == [[200, 0, 0], [255, 255, 255], [127, 127, 127]]


def test_grey_with_alpha_stays_grey_and_keeps_its_values(tmp_path: Path) -> None:
    grey = np.arange(256, dtype=np.uint8).reshape(16, 16)
    opaque = np.full_like(grey, 255)
    Image.fromarray(np.stack([grey, opaque], axis=-1), "LA").save(tmp_path / "a.png")
    assert decode(tmp_path / "a.png").mode == "L"
    assert (values(decode(tmp_path / "a.png")) == grey).all()


@pytest.mark.parametrize("transparency", [1, b"\xff\x00\xff"])
def test_a_transparent_palette_colour_becomes_white(transparency: int | bytes, tmp_path: Path) -> None:
    image = Image.new("P", (3, 1))
    image.putpalette([*RED, *GREEN, *BLUE])
    image.putdata([0, 1, 2])
    image.save(tmp_path / "a.png", transparency=transparency)
    assert values(decode(tmp_path / "a.png")).tolist() == [[list(RED), [255, 255, 255], list(BLUE)]]


def test_a_transparent_colour_without_alpha_becomes_white(tmp_path: Path) -> None:
    image = Image.new("RGB", (2, 1), RED)
    image.putpixel((1, 0), BLUE)
    image.save(tmp_path / "a.png", transparency=BLUE)
    assert values(decode(tmp_path / "a.png")).tolist() == [[list(RED), [255, 255, 255]]]


def test_an_animation_gives_its_first_frame(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (8, 8), colour) for colour in (RED, GREEN, BLUE)]
    for ending in ("gif", "webp", "png", "tiff"):
        path = tmp_path / f"a.{ending}"
        frames[0].save(path, save_all=True, append_images=frames[1:], lossless=True)
        with Image.open(path) as stored:
            assert getattr(stored, "n_frames", 1) == 3
        assert values(decode(path))[0, 0].tolist() == list(RED)


# Depth: scaled, never clipped


@pytest.mark.parametrize("name", ["a.png", "a.tiff", "a.pgm", "a.jp2"])
def test_sixteen_bits_are_scaled_by_their_depth(name: str, tmp_path: Path) -> None:
    deep = np.linspace(0, 65535, 256).astype(np.uint16).reshape(16, 16)
    Image.fromarray(deep).save(tmp_path / name)
    found = decode(tmp_path / name)
    assert found.mode == "L"
    assert (values(found) == np.round(deep / 257)).all()


def test_a_dark_sixteen_bit_image_stays_dark(tmp_path: Path) -> None:
    Image.fromarray(np.full((4, 4), 257, np.uint16)).save(tmp_path / "a.png")
    assert (values(decode(tmp_path / "a.png")) == 1).all()


def test_sixteen_bit_colour_keeps_its_high_bytes(tmp_path: Path) -> None:
    ppm = b"P6 2 1 65535\n" + struct.pack(">6H", 0, 257 * 100, 65535, 65535, 0, 257 * 50)
    (tmp_path / "a.ppm").write_bytes(ppm)
    assert values(decode(tmp_path / "a.ppm")).tolist() == [[[0, 100, 255], [255, 0, 50]]]


def tiff(data: bytes, bits: int, *, kind: int = 1, photometric: int = 1, order: str = "<") -> bytes:
    """A TIFF 2 x 1: its pixels follow the header, then the directory."""
    tags = [
        (256, 2),
        (257, 1),
        (258, bits),
        (259, 1),
        (262, photometric),
        (273, 8),
        (277, 1),
        (278, 1),
        (279, len(data)),
    ]
    tags.append((339, kind))
    directory = struct.pack(order + "H", len(tags))
    for number, value in tags:
        directory += struct.pack(order + "HHIHH", number, 3, 1, value, 0)
    start = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", 8 + len(data))
    return start + data + directory + b"\0\0\0\0"


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (tiff(struct.pack("<2H", 0, 65535), 16), [0, 255]),
        (tiff(struct.pack(">2H", 0, 32896), 16, order=">"), [0, 128]),
        (tiff(struct.pack("<2H", 0, 65535), 16, photometric=0), [255, 0]),  # white is zero
        (tiff(b"\xff\xff\xff", 12), [255, 255]),  # 4095 is the highest of 12 bits
        (tiff(struct.pack("<2h", -32768, 32767), 16, kind=2), [0, 255]),
        (tiff(struct.pack("<2i", -(2**31), 2**31 - 1), 32, kind=2), [0, 255]),
        (tiff(struct.pack("<2I", 0, 2**32 - 1), 32), [0, 255]),
        (tiff(struct.pack("<2I", 0, 1000), 32), [0, 0]),
        (tiff(struct.pack("<2f", 0.0, 1.0), 32, kind=3), [0, 255]),
        (tiff(struct.pack("<2f", 0.0, 0.5), 32, kind=3), [0, 128]),
        (tiff(struct.pack("<2f", 0.0, 200.0), 32, kind=3), [0, 200]),
        (tiff(struct.pack("<2f", 0.0, 65535.0), 32, kind=3), [0, 255]),
        (tiff(struct.pack("<2f", -3.0, 1e9), 32, kind=3), [0, 255]),
        (tiff(struct.pack("<2f", -3.0, -3.0), 32, kind=3), [0, 0]),
    ],
)
def test_tiff_depths_are_those_of_the_file(made: bytes, expected: list[int], tmp_path: Path) -> None:
    (tmp_path / "a.tif").write_bytes(made)
    assert values(decode(tmp_path / "a.tif")).ravel().tolist() == expected


def test_floats_that_are_no_numbers_are_refused(tmp_path: Path) -> None:
    Image.fromarray(np.array([[0.0, np.nan]], np.float32)).save(tmp_path / "a.tif")
    assert refusal(tmp_path / "a.tif") == "holds values that are no finite numbers"


# What is refused, and why


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "empty (0 bytes)"),
        (b"\n\n <!DOCTYPE HTML><html><body>404</body></html>", "HTML text, not an image"),
        (b"<html>", "HTML text, not an image"),
        ("Grüße".encode(), "text, not an image"),
        ("hello".encode("utf-16"), "text, not an image"),
        ("é".encode() * 300, "text, not an image"),  # the 512 bytes that are read end within a character or not
        (("x" + "é" * 300).encode(), "text, not an image"),
        (b"<?xml version='1.0'?><svg/>", "an SVG drawing, which has no pixels: export it as PNG"),
        (
            b"version https://git-lfs.github.com/spec/v1\noid",
            "a Git LFS pointer, not the image itself: run 'git lfs pull'",
        ),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n", "PostScript, a drawing without pixels: export it as PNG"),
        (b"%PDF-1.7 \xff\xfe", "a PDF document, not an image"),
        (b"PK\x03\x04\x14\x00", "a ZIP archive, not an image"),
        (b"\x00\x00\x00\x18ftypisom\x00\x00", "a film, not an image"),
        (b"\x00" * 100, "nothing but zero bytes"),
        (b"\x80\x81\x82\x83" * 10, "not an image that Pillow knows"),
        (b"\xff\xd8\xff\xe0\x00", "begins as a JPEG, but is cut short, damaged or of a kind that Pillow cannot read"),
    ],
)
def test_what_is_no_image_is_refused_with_what_it_is(content: bytes, why: str, tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(content)
    assert refusal(tmp_path / "a.jpg") == why


@pytest.mark.parametrize("ending", ["jpg", "png", "gif", "bmp", "webp", "tiff", "ppm"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_truncated_image_is_refused(ending: str, share: float, tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    Image.fromarray(noise).save(tmp_path / f"whole.{ending}")
    whole = (tmp_path / f"whole.{ending}").read_bytes()
    (tmp_path / f"a.{ending}").write_bytes(whole[: int(len(whole) * share)])
    why = refusal(tmp_path / f"a.{ending}")
    assert any(word in why for word in ("truncated", "cut short", "cannot be decoded", "not an image"))


def test_a_progressive_jpeg_that_was_cut_is_called_truncated(tmp_path: Path) -> None:
    quarters(256).save(tmp_path / "whole.jpg", progressive=True)
    whole = (tmp_path / "whole.jpg").read_bytes()
    (tmp_path / "a.jpg").write_bytes(whole[: len(whole) * 2 // 3])
    assert refusal(tmp_path / "a.jpg") == "truncated: the file ends before its image does"


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"", "empty"),
        (b"\0" * 1000, "empty"),
        (b"<html>", "foreign"),
        (b"\xff\xd8\xff\xe0\x00", "damaged"),
        (tiff(struct.pack("<2f", 0.0, float("nan")), 32, kind=3), "damaged"),
    ],
)
def test_a_refusal_says_what_sort_it_is(content: bytes, kind: str, tmp_path: Path) -> None:
    with pytest.raises(Unreadable) as caught:
        decode_bytes(content, "a.jpg")
    assert caught.value.kind == kind


def test_a_refusal_tells_bombs_cuts_and_missing_files_apart(tmp_path: Path) -> None:
    quarters(64).save(tmp_path / "a.jpg")
    whole = (tmp_path / "a.jpg").read_bytes()
    kinds = []
    for content, cap in ((whole, 64 * 80 - 1), (whole[: len(whole) // 2], 10**9)):
        with pytest.raises(Unreadable) as caught:
            decode_bytes(content, "a.jpg", max_pixels=cap)
        kinds.append(caught.value.kind)
    with pytest.raises(Unreadable) as caught:
        decode(tmp_path / "gone.jpg")
    assert [*kinds, caught.value.kind] == ["bomb", "truncated", "missing"]


def test_a_bomb_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    quarters(32).save(tmp_path / "a.png")
    assert decode(tmp_path / "a.png", max_pixels=32 * 48).size == (32, 48)
    with pytest.raises(Unreadable, match=r"a\.png is unreadable: it would take more than the 1,535 pixels"):
        decode(tmp_path / "a.png", max_pixels=32 * 48 - 1)


@pytest.mark.parametrize("side", [12_000, 60_000])  # above Pillow's warning, above Pillow's error
def test_a_real_bomb_neither_warns_nor_fills_the_memory(side: int, tmp_path: Path) -> None:
    bmp = (
        b"BM"
        + struct.pack("<IHHI", 54, 0, 0, 54)
        + struct.pack("<IiiHHIIiiII", 40, side, side, 1, 24, 0, 0, 0, 0, 0, 0)
    )
    (tmp_path / "a.bmp").write_bytes(bmp)
    with pytest.raises(Unreadable, match="more than the 100,000,000 pixels"):
        decode(tmp_path / "a.bmp", max_pixels=100_000_000)


def test_a_jpeg_of_thousands_of_scans_is_refused_before_it_takes_minutes() -> None:
    made = io.BytesIO()
    Image.new("L", (3000, 3000), 100).save(made, "JPEG", progressive=True)
    content = made.getvalue()
    last = content[content.rindex(b"\xff\xda") : -2]
    assert decode_bytes(content[:-2] + 2 * last + content[-2:], "a.jpg").size == (3000, 3000)
    with pytest.raises(Unreadable, match=r"it has 4,006 scans, which would take too long to decode") as caught:
        decode_bytes(content[:-2] + 4000 * last + content[-2:], "a.jpg")
    assert caught.value.kind == "bomb"


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path / "gone.jpg") == "there is no such file"
    assert refusal(tmp_path) == "a folder, not an image"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such pipes")
def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    import os

    os.mkfifo(tmp_path / "a.jpg")
    assert refusal(tmp_path / "a.jpg") == "a device or a pipe, not a file"


def test_the_message_is_one_line_whatever_the_file_is_called(tmp_path: Path) -> None:
    path = tmp_path / "a\nb\udce9.jpg"
    try:
        path.write_bytes(b"<html>")
    except (OSError, UnicodeError):
        pytest.skip("this file system takes no such name")
    with pytest.raises(Unreadable) as caught:
        decode(path)
    assert str(caught.value).endswith("a\\nb\\udce9.jpg is unreadable: HTML text, not an image.")


def test_a_refusal_is_a_users_mistake_and_crosses_processes() -> None:
    error = pickle.loads(pickle.dumps(Unreadable("a.jpg", "text, not an image")))
    assert isinstance(error, BrickworkError)
    assert (error.path, error.reason) == ("a.jpg", "text, not an image")
    assert str(error) == "a.jpg is unreadable: text, not an image."


def test_mutated_files_are_refused_or_decoded_and_nothing_else(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    noise = Image.fromarray(rng.integers(0, 256, (24, 32, 3), np.uint8))
    seen = set()
    for ending in ("jpg", "png", "webp", "tiff", "gif", "bmp"):
        noise.save(tmp_path / f"whole.{ending}")
        whole = np.frombuffer((tmp_path / f"whole.{ending}").read_bytes(), np.uint8)
        for _ in range(40):
            mutated = whole.copy()
            places = rng.integers(0, len(whole), rng.choice([1, 4, 30]))
            mutated[places] ^= rng.integers(1, 256, len(places), np.uint8)
            (tmp_path / "a.img").write_bytes(mutated[: rng.integers(1, 2 * len(whole))].tobytes())
            with suppress(Unreadable):
                seen.add(decode(tmp_path / "a.img").mode)
                continue
            seen.add(refusal(tmp_path / "a.img"))
    assert "RGB" in seen
    assert "truncated: the file ends before its image does" in seen


# Memory


def test_large_images_are_decoded_one_at_a_time_and_small_ones_beside_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for side in (24, 32):
        quarters(side).save(tmp_path / f"{side}.png")
    inside: list[int] = []
    most: dict[int, int] = {24: 0, 32: 0}

    def plain(image: Image.Image, *rest: object) -> Image.Image:
        inside.append(image.width)
        time.sleep(0.005)
        most[image.width] = max(most[image.width], inside.count(image.width))
        inside.remove(image.width)
        return image

    monkeypatch.setattr(module, "LARGE", 24 * 40)
    monkeypatch.setattr(module, "to_grey_or_rgb", plain)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(decode, [tmp_path / f"{side}.png" for side in (24, 32)] * 20))
    assert most[24] > 1
    assert most[32] == 1


def test_deep_pixels_of_many_rows_are_scaled_alike(tmp_path: Path) -> None:
    deep = np.linspace(0, 65535, 3 * 1000).astype(np.uint16).reshape(1000, 3)
    Image.fromarray(deep).save(tmp_path / "a.png")
    assert (values(decode(tmp_path / "a.png")) == np.round(deep / 257)).all()


# Noise, warnings, and what was read before


def test_pillows_log_is_not_printed() -> None:
    """In a process of its own, since pytest listens to every log."""
    script = (
        "import logging; from brickwork.data.images.decode import decode_bytes\n"
        "try: decode_bytes(b'x', 'x')\n"
        "except Exception: logging.getLogger('PIL.TiffImagePlugin').error('More samples per pixel')"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")


def test_libtiff_does_not_write_about_damaged_files(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    Image.effect_noise((64, 64), 40).save(tmp_path / "a.tiff", compression="tiff_adobe_deflate")
    damaged = bytearray((tmp_path / "a.tiff").read_bytes())
    damaged[100:200] = b"\xff" * 100
    (tmp_path / "a.tiff").write_bytes(damaged)
    assert refusal(tmp_path / "a.tiff").startswith("cannot be decoded")
    assert capfd.readouterr() == ("", "")


def test_pillows_warnings_do_not_reach_the_person(tmp_path: Path) -> None:
    quarters().save(tmp_path / "a.tiff")
    data = bytearray((tmp_path / "a.tiff").read_bytes())
    data[4:8] = struct.pack("<I", len(data) - 3)  # the directory begins where the file ends
    (tmp_path / "a.tiff").write_bytes(data)
    with pytest.warns(UserWarning, match="Corrupt EXIF"), suppress(OSError):
        Image.open(tmp_path / "a.tiff")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        refusal(tmp_path / "a.tiff")
    assert caught == []


def test_warnings_from_elsewhere_pass_while_an_image_is_decoded() -> None:
    with Quiet(), pytest.warns(UserWarning, match="mine"):
        warnings.warn("mine", stacklevel=1)


def test_threads_that_overlap_leave_the_warnings_as_they_were(tmp_path: Path) -> None:
    quarters().save(tmp_path / "a.png")
    before = list(warnings.filters)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(decode, [tmp_path / "a.png"] * 200))
    assert len(found) == 200
    assert list(warnings.filters) == before


def test_pillows_order_of_formats_does_not_change_an_image(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An icon of 64 to 128 kB can be read as a TGA, which has no signature; Pillow tries first what it learnt first."""
    noise = np.random.default_rng(0).integers(0, 256, (150, 150, 3), np.uint8)
    Image.fromarray(noise).save(tmp_path / "a.ico", sizes=[(150, 150)])
    with Image.open(tmp_path / "a.ico", formats=("TGA",)) as misread:
        assert misread.size != (150, 150)
    Image.init()
    monkeypatch.setattr(Image, "ID", ["TGA", *(name for name in Image.ID if name != "TGA")])
    assert (values(decode(tmp_path / "a.ico")) == noise).all()


def test_a_large_photograph_is_decoded_small_but_never_below_what_is_needed(tmp_path: Path) -> None:
    Image.effect_noise((1600, 1200), 40).convert("RGB").save(tmp_path / "photo.jpg")
    content = bytes_of(tmp_path / "photo.jpg")
    assert decode_bytes(content, "photo").size == (1600, 1200)
    assert decode_bytes(content, "photo", least=200).size == (400, 300)
    assert decode_bytes(content, "photo", least=1201).size == (1600, 1200)
