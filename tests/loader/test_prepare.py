from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import bars
from brickwork.data import index, open_data
from brickwork.data.cache.decoded import Cache, ImageFiles
from brickwork.data.cache.pack import Pack
from brickwork.data.check import check
from brickwork.errors import BrickworkError
from brickwork.loader import prepare as material_module
from brickwork.loader.note import Note
from brickwork.loader.prepare import ProgressCounter, prepare


def folder(root: Path, count: int = 6) -> Path:
    """No two images are identical."""
    for name in ("dark", "light"):
        for split in ("train", "val"):
            (root / split / name).mkdir(parents=True)
            for number in range(count):
                colour = np.full((8, 8, 3), 40 if name == "dark" else 200, np.uint8)
                colour[0, 0] = (number, 100 if split == "val" else 0, 0)
                Image.fromarray(colour).save(root / split / name / f"{number}.png")
    return root


def test_the_preprocessing_has_the_training_pixels_mean_and_deviation() -> None:
    data = bars.dataset().with_validation(0.2)
    material = prepare(bars.network(), data, bars.QUICK, bars.silent)
    pixels = data.splits["train"].images / 255
    assert material.preprocessing.mean == pytest.approx([pixels.mean()])
    assert material.preprocessing.std == pytest.approx([pixels.std()])
    assert material.preprocessing.shape == (1, 8, 8)
    assert len(material.train) + len(material.val) == len(bars.dataset().splits["train"])


def test_an_image_that_cannot_be_read_is_named_and_no_other_takes_its_place(tmp_path: Path) -> None:
    data = folder(tmp_path / "lights")
    (data / "train" / "dark" / "2.png").write_text("<html>")
    heard: list[Note] = []
    material = prepare(
        replace(bars.network(classes=2), input=(3, 8, 8)), open_data(str(data)), bars.QUICK, heard.append
    )
    assert len(material.train) == 11
    assert [skipped.name for skipped in material.skipped] == [str(data / "train" / "dark" / "2.png")]
    assert f"skipped {data}/train/dark/2.png: {material.skipped[0].reason}" in [news.text for news in heard]


def test_a_split_without_a_readable_image_is_said(tmp_path: Path) -> None:
    data = folder(tmp_path / "lights", count=1)
    for name in ("dark", "light"):
        (data / "val" / name / "0.png").write_text("no image")
    with pytest.raises(BrickworkError, match="lights: none of the 2 images of the split 'val' can be read"):
        prepare(replace(bars.network(classes=2), input=(3, 8, 8)), open_data(str(data)), bars.QUICK, bars.silent)


COLOURED = replace(bars.network(classes=2), input=(3, 8, 8))


def notes(data: Path, **changes: object) -> list[str]:
    """What is told while a data set is read."""
    heard: list[str] = []
    recipe = replace(bars.QUICK, **changes)  # type: ignore[arg-type]
    prepare(COLOURED, open_data(str(data)), recipe, lambda news: heard.append(news.text))
    return heard


def test_what_has_changed_come_or_gone_since_the_check_is_named(tmp_path: Path) -> None:
    data = folder(tmp_path / "lights")
    index.save_index(check(open_data(str(data))).index)
    assert notes(data, cache="off") == ["train: 12 images", "val: 12 images"]
    dark, light = data / "train" / "dark", data / "val" / "light"
    Image.new("RGB", (8, 8), "red").save(dark / "1.png")
    (dark / "0.png").rename(dark / "other.png")
    Image.new("RGB", (8, 8), "blue").save(light / "3.png")
    assert notes(data, cache="off") == [
        "images that are new since 'brickwork check': 1 (train/dark/other.png)",
        "images that are gone since 'brickwork check': 1 (train/dark/0.png)",
        f"train: images that have changed since 'brickwork check': 1 ({dark / '1.png'})",
        "train: 12 images",
        f"val: images that have changed since 'brickwork check': 1 ({light / '3.png'})",
        "val: 12 images",
    ]


def test_the_second_reading_comes_from_the_cache_and_has_the_same_statistics(tmp_path: Path) -> None:
    data = folder(tmp_path / "lights")
    first = prepare(COLOURED, open_data(str(data)), bars.QUICK, bars.silent)
    assert notes(data) == [
        "train: 12 images come decoded from the cache",
        "train: 12 images",
        "val: 12 images come decoded from the cache",
        "val: 12 images",
    ]
    assert prepare(COLOURED, open_data(str(data)), bars.QUICK, bars.silent).preprocessing == first.preprocessing


def test_a_data_set_that_vanishes_while_it_is_read_is_told_so(tmp_path: Path) -> None:
    data = folder(tmp_path / "lights")
    opened = open_data(str(data))
    data.rename(tmp_path / "elsewhere")
    with pytest.raises(BrickworkError, match=rf"{data} is gone: is a disk or a share missing\?"):
        prepare(COLOURED, opened, bars.QUICK, bars.silent)


@pytest.mark.parametrize(("free", "cache", "kind"), [(1 << 30, "off", Pack), (0, "auto", Pack), (0, "off", ImageFiles)])
def test_views_are_slices_of_what_the_network_sees_wherever_they_lie(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, cache: Cache, kind: type
) -> None:
    monkeypatch.setattr(material_module, "free_memory", lambda: free)
    data = open_data(str(folder(tmp_path / "lights")))
    material = prepare(replace(COLOURED, input=(3, 6, 6)), data, replace(bars.QUICK, cache=cache), bars.silent)
    assert isinstance(material.val.images, kind)
    assert material.in_memory == (free > 0)
    found = np.concatenate([material.validation[0:5].numpy(), material.validation[5:12].numpy()])
    expected = [material.preprocessing.pixels(data.splits["val"].image(i)) for i in range(12)]
    assert np.array_equal(found, expected)
    assert len(material.validation) == 12


def test_long_readings_tell_how_far_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    counter = ProgressCounter("train: {:,} of 5 images read", told.append)
    counter(1)
    monkeypatch.setattr(material_module, "PAUSE", 0.0)
    counter(2)
    assert told == ["train: 2 of 5 images read"]


def test_of_a_thousand_refused_images_five_are_told_and_all_are_named(tmp_path: Path) -> None:
    data = folder(tmp_path / "lights")
    for split in ("train", "val"):
        for number in range(500):
            (data / split / "dark" / f"no {number}.png").touch()
    heard: list[Note] = []
    prepare(COLOURED, open_data(data), replace(bars.QUICK, cache="off"), heard.append)
    skipped = [note for note in heard if note.text.startswith("skipped")]
    assert [note.text.split(" ")[1] for note in skipped[:5]] == [f"{data}/train/dark/no"] * 5
    assert skipped[5].text == "skipped 995 more; a run's notes.txt names them all"
    assert len(skipped) == 6
    named = {note.text.split("/no ")[1].split(":")[0] for note in skipped[:5]} | {
        f"{name.split('/')[-3]} {name.split('/no ')[1].split(':')[0]}" for name in skipped[5].names
    }
    assert len(named) == 1000


def test_a_class_that_loses_all_its_images_is_named(tmp_path: Path) -> None:
    data = folder(tmp_path / "lights")
    for number in range(6):
        (data / "train" / "light" / f"{number}.png").write_bytes(b"\0\0\0\x18ftypheic")
    told = notes(data, cache="off")
    assert "Warning: train: no image can be read of light" in told
    assert not any("val: no image" in text for text in told)


def test_what_the_check_found_and_nobody_has_mended_is_told_again(tmp_path: Path) -> None:
    data = folder(tmp_path / "lights")
    dark, light = data / "train" / "dark", data / "train" / "light"
    Image.open(dark / "1.png").save(data / "val" / "dark" / "leak.bmp")
    Image.open(dark / "2.png").save(light / "either.bmp")
    Image.open(dark / "3.png").save(dark / "copy.bmp")  # twice in one split and class: no more than said there
    assert not [text for text in notes(data, cache="off") if "identical" in text]  # nobody has checked
    index.save_index(check(open_data(data)).index)
    leak = "1 (train/dark/1.png = val/dark/leak.bmp)"
    contrary = "1 (train/dark/2.png = train/light/either.bmp)"
    assert [text for text in notes(data, cache="off") if "identical" in text] == [
        f"Warning: groups of identical images across splits, as 'brickwork check' found, so that accuracy will be too "
        f"high: {leak}",
        f"Warning: groups of identical images with different labels, as 'brickwork check' found: {contrary}",
    ]
    (data / "val" / "dark" / "leak.bmp").unlink()
    Image.new("RGB", (9, 9), "red").save(light / "either.bmp")
    assert not [text for text in notes(data, cache="off") if "identical" in text]


def test_a_cache_out_of_reach_is_one_note(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("BRICKWORK_CACHE", str(tmp_path / "file" / "cache"))
    told = notes(folder(tmp_path / "lights"), memory=0.5)
    place = tmp_path / "file" / "cache" / "packs"
    assert [text for text in told if "cache" in text] == [
        f"train: decoded images are not kept in the cache: {place}: Not a directory"
    ]
