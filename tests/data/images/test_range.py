"""What is black and what is white in images of more than 8 bits."""

import io
import json
import struct
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, TiffImagePlugin

from brickwork.data.check.examine import check
from brickwork.data.dataset import FileSplit
from brickwork.data.images.decode import Unreadable, decode_bytes
from brickwork.data.images.deep import Range
from brickwork.data.preprocessing import Preprocessing, preprocess_all
from brickwork.data.sources.open import open_data
from brickwork.data.statistics import set_range
from brickwork.errors import BrickworkError


def dim(highest: int = 4095, seed: int = 0, shape: tuple[int, ...] = (20, 24)) -> NDArray[np.uint16]:
    made = np.random.default_rng(seed).integers(0, highest + 1, shape).astype(np.uint16)
    made.reshape(-1)[:2] = 0, highest
    return made


def tiff(values: NDArray[np.uint16], highest: int | None = None, description: str = "") -> bytes:
    tags, file = TiffImagePlugin.ImageFileDirectory_v2(), io.BytesIO()
    if highest is not None:
        tags[281] = highest
    if description:
        tags[270] = description
    Image.fromarray(values).save(file, "TIFF", tiffinfo=tags)
    return file.getvalue()


def png(values: NDArray[np.uint16], significant: tuple[int, ...] = ()) -> bytes:
    """A PNG of 16 bits, grey or colour, with sBIT."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    kind = 0 if values.ndim == 2 else 2
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", values.shape[1], values.shape[0], 16, kind, 0, 0, 0))
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    bits = chunk(b"sBIT", bytes(significant)) if significant else b""
    return b"\x89PNG\r\n\x1a\n" + head + bits + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def found(content: bytes, range: Range = "file") -> NDArray[np.int64]:
    return np.asarray(decode_bytes(content, "a", range=range)).astype(np.int64)


def scaled(values: NDArray[np.uint16], low: float, high: float) -> NDArray[np.int64]:
    return np.round((values.astype(float) - low) * 255 / (high - low)).clip(0, 255).astype(np.int64)


@pytest.mark.parametrize("highest", [1023, 3000, 4095, 16383])
def test_a_tiff_is_read_in_the_range_that_it_states(highest: int) -> None:
    values = dim(highest)
    assert np.abs(found(tiff(values, highest)) - scaled(values, 0, highest)).max() <= 1


def test_an_ome_tiff_is_read_by_its_significant_bits() -> None:
    values = dim(1023)
    pixels = '<Pixels ID="Pixels:0" SignificantBits="10" Type="uint16"></Pixels>'
    words = f'<?xml version="1.0"?><OME><Image>{pixels}</Image></OME>'
    assert np.abs(found(tiff(values, description=words)) - scaled(values, 0, 1023)).max() <= 1


def test_a_statement_that_the_values_go_beyond_is_none() -> None:
    values = dim(5000)
    assert np.abs(found(tiff(values, 4095)) - scaled(values, 0, 65535)).max() <= 1


@pytest.mark.parametrize("bits", [9, 10, 12, 14])
def test_small_numbers_in_a_png_are_read_by_their_significant_bits(bits: int) -> None:
    values = dim((1 << bits) - 1)
    assert np.abs(found(png(values, (bits,))) - scaled(values, 0, (1 << bits) - 1)).max() <= 1


@pytest.mark.parametrize("bits", [10, 12])
@pytest.mark.parametrize("way", ["replicated", "shifted", "scaled"])
def test_numbers_that_were_scaled_up_as_png_demands_stay_as_they_are_even_where_all_are_dark(
    bits: int, way: str
) -> None:
    small = dim(40)
    up = {
        "replicated": small << (16 - bits) | small >> (2 * bits - 16),
        "shifted": small << (16 - bits),
        "scaled": np.round(small * (65535 / ((1 << bits) - 1))),
    }[way].astype(np.uint16)
    assert np.abs(found(png(up, (bits,))) - scaled(up, 0, 65535)).max() <= 1


def test_colour_of_12_bits_keeps_all_its_levels() -> None:
    values = dim(shape=(64, 64, 3))
    assert np.abs(found(png(values, (12, 12, 12))) - scaled(values, 0, 4095)).max() <= 1
    assert np.abs(found(png(values), (0, 4095)) - scaled(values, 0, 4095)).max() <= 1
    assert len(np.unique(found(png(values), (0, 4095)))) == 256


def test_a_given_range_wins_over_the_files_and_cuts_what_lies_beyond() -> None:
    values = dim()
    assert np.abs(found(tiff(values, 4095), (100, 2000)) - scaled(values, 100, 2000)).max() <= 1


def test_percentiles_are_each_images_own_and_do_not_see_a_hot_pixel() -> None:
    values = dim(1000, shape=(80, 80))
    values[3, 3] = 65535
    low, high = np.percentile(values, (0.1, 99.9))
    assert high < 1100
    assert np.abs(found(tiff(values), "percentiles") - scaled(values, low, high)).max() <= 1


def test_a_range_changes_nothing_in_images_of_8_bits(tmp_path: Path) -> None:
    file = io.BytesIO()
    Image.fromarray(dim(255, shape=(9, 9, 3)).astype(np.uint8)).save(file, "PNG")
    assert (found(file.getvalue(), (0, 10)) == found(file.getvalue())).all()
    assert (found(file.getvalue(), "percentiles") == found(file.getvalue())).all()


# In the preprocessing


def plain(range: Range = "file") -> Preprocessing:
    return Preprocessing(1, 20, 24, (0.5,), (0.5,), range=range)


@pytest.mark.parametrize("range", ["file", "percentiles", (0.0, 4095.0), (100.0, 4095.0)])
def test_the_range_travels_in_the_preprocessing(range: Range) -> None:
    assert Preprocessing.read(json.loads(json.dumps(plain(range).document()))) == plain(range)


def test_a_preprocessing_without_a_range_reads_and_writes_as_before_there_was_one() -> None:
    document = {"channels": 1, "height": 20, "width": 24, "mean": [0.5], "std": [0.5], "fit": "crop"}
    document |= {"interpolation": "bilinear"}
    assert Preprocessing.read(document) == plain()
    assert plain().document() == document


@pytest.mark.parametrize("range", [[5, 5], [0], ["a", "b"], "set", [0, float("inf")], None])
def test_a_range_that_is_none_is_refused(range: object) -> None:
    with pytest.raises(BrickworkError, match="range is file, percentiles, or two numbers"):
        Preprocessing.read({**plain().document(), "range": range})


def folder(root: Path, highest: int = 4095, count: int = 6, stated: int | None = None) -> Path:
    for label, name in enumerate(("cold", "warm")):
        (root / name).mkdir(parents=True)
        for number in range(count):
            content = tiff(dim(highest, seed=10 * label + number), stated)
            (root / name / f"{number}.tif").write_bytes(content)
    return root


def test_files_and_images_in_memory_are_read_in_the_preprocessings_range(tmp_path: Path) -> None:
    values = dim()
    (tmp_path / "a.tif").write_bytes(tiff(values))
    (pixels,) = preprocess_all(FileSplit(np.zeros(1, np.int64), tmp_path, ("a.tif",)), plain((0, 4095)))
    assert not isinstance(pixels, Unreadable)
    assert np.abs(pixels[0] - scaled(values, 0, 4095)).max() <= 1
    with Image.open(tmp_path / "a.tif") as image:
        assert (plain((0, 4095)).pixels(image) == pixels).all()


def test_the_range_of_a_set_is_from_its_lowest_to_its_highest_value(tmp_path: Path) -> None:
    data = open_data(folder(tmp_path / "dim", highest=3000))
    assert set_range(data.split("train")) == (0.0, 3000.0)
    Image.new("L", (9, 9), 40).save(tmp_path / "a.png")
    assert set_range(FileSplit(np.zeros(1, np.int64), tmp_path, ("a.png",))) is None


# In the check


def test_a_set_that_uses_a_small_part_of_its_depth_is_told_and_how_to_say_it(tmp_path: Path) -> None:
    report = check(open_data(folder(tmp_path / "dim", highest=3000)))
    (case,) = report.of("P208")
    assert case.detail == "12 hold values from 0 to 3,000 of 65,535: --range 4095"


def test_a_set_of_12_bits_in_colour_is_told_too(tmp_path: Path) -> None:
    for name in ("cold", "warm"):
        (tmp_path / name).mkdir()
        for number in range(3):
            (tmp_path / name / f"{number}.png").write_bytes(png(dim(4095, number, shape=(40, 40, 3))))
    (case,) = check(open_data(tmp_path)).of("P208")
    assert case.detail.endswith("of 65,535: --range 4095")


@pytest.mark.parametrize(("highest", "stated"), [(4095, 4095), (60_000, None)])
def test_a_set_whose_range_is_stated_or_used_has_no_such_finding(
    highest: int, stated: int | None, tmp_path: Path
) -> None:
    assert check(open_data(folder(tmp_path / "set", highest, stated=stated))).of("P208") == []


@pytest.mark.parametrize("mend", ["nothing", "range", "files"])
def test_training_repeats_that_a_set_is_nearly_black_until_it_is_mended(
    mend: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from brickwork import zoo
    from brickwork.data.index import save_index
    from brickwork.loader.prepare import prepare
    from brickwork.recipe.recipe import Recipe

    monkeypatch.setenv("BRICKWORK_CACHE", str(tmp_path / "cache"))
    data = open_data(folder(tmp_path / "dim", highest=3000))
    save_index(check(data).index)
    if mend == "files":
        folder_again = {path: tiff(dim(3000), 4095) for path in (tmp_path / "dim").rglob("*.tif")}
        for path, content in folder_again.items():
            path.write_bytes(content)
    recipe = Recipe(range="4095" if mend == "range" else "file", cache="off")
    told: list[str] = []
    prepare(zoo.network("lenet5"), data, recipe, lambda note: told.append(note.text))
    words = (
        "Warning: images of more than 8 bits are nearly black, as 'brickwork check' found: "
        "12 hold values from 0 to 3,000 of 65,535: --range 4095"
    )
    assert (words in told) == (mend == "nothing")
    assert sum("nearly black" in text for text in told) == (mend == "nothing")


# Readers


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\x00\x00\x00\x18ftypheic\x00\x00", "HEIC, whose reader is not installed: pip install 'brickwork[heif]'"),
        (b"\xff\x0a" + bytes(40), "JPEG XL, whose reader is not installed: pip install 'brickwork[jxl]'"),
        (
            b"\x00\x00\x00\x0cJXL \x0d\x0a\x87\x0a" + bytes(40),
            "JPEG XL, whose reader is not installed: pip install 'brickwork[jxl]'",
        ),
    ],
)
def test_without_its_reader_an_image_is_refused_with_the_line_that_installs_it(
    content: bytes, words: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("pillow_heif", "pillow_jxl"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(Unreadable) as caught:
        decode_bytes(content, "a")
    assert (caught.value.reason, caught.value.kind) == (words, "reader")
    for name in ("cold", "warm"):
        (tmp_path / name).mkdir()
        Image.new("L", (40, 40), 9).save(tmp_path / name / "a.png")
    (tmp_path / "cold" / "b.heic").write_bytes(content)
    assert [case.detail for case in check(open_data(tmp_path)).of("F112")] == [words]


# In training


@pytest.mark.parametrize(
    ("text", "range"),
    [
        ("file", "file"),
        ("percentiles", "percentiles"),
        ("4095", (0.0, 4095.0)),
        ("100,4095", (100.0, 4095.0)),
        ("set", (0.0, 3000.0)),
    ],
)
def test_a_recipes_range_ends_in_the_preprocessing_of_the_model(text: str, range: Range, tmp_path: Path) -> None:
    from brickwork import zoo
    from brickwork.loader.prepare import prepare
    from brickwork.recipe.recipe import Recipe

    data = open_data(folder(tmp_path / "dim", highest=3000))
    images = prepare(zoo.network("lenet5"), data, Recipe(range=text, cache="off"))
    assert images.preprocessing.range == range
    assert (max(images.preprocessing.mean) > 0.2) == (range != "file")  # nearly black by their depth alone


@pytest.mark.parametrize("text", ["", "none", "4095,100", "1,2,3", "nan", "inf"])
def test_a_recipes_range_that_is_none_is_refused(text: str) -> None:
    from brickwork.recipe.recipe import Recipe

    with pytest.raises(BrickworkError, match="recipe: range is file, set, percentiles, or a number such as 4095"):
        Recipe(range=text)
