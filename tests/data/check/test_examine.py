"""Every fault that is planted is found, and nothing else."""

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

import faults
from brickwork.data import open_data
from brickwork.data.check import RULES, CheckReport, check
from brickwork.data.index import missing_keys, new_keys
from brickwork.data.names import printable


def found(report: CheckReport) -> faults.Cases:
    """Each code's cases: files by their keys; otherwise the words, of a guess only the class."""
    entries = report.index.entries
    cases = {
        finding.rule.code: [
            tuple(entries[i].key for i in case.images) or case.files or (case.detail,) for case in finding.cases
        ]
        for finding in report.findings
    }
    guessed = {code: [(words.split(":")[0],) for (words,) in cases[code]] for code in cases if code[0] == "S"}
    return {code: sorted(each) for code, each in {**cases, **guessed}.items()}


@pytest.mark.parametrize("seed", range(6))
def test_a_clean_set_has_no_findings(seed: int, tmp_path: Path) -> None:
    faults.clean(tmp_path, seed)
    report = check(open_data(str(tmp_path)))
    assert report.findings == ()
    assert report.notes == ()
    assert dict(report.splits) == {"train": 100, "val": 25, "test": 25}


@pytest.mark.parametrize("seed", range(3))
def test_every_planted_fault_is_found_with_its_files_and_nothing_else_is(seed: int, tmp_path: Path) -> None:
    expected = faults.planted(tmp_path, seed)
    elsewhere = {
        "C307",
        "C308",
        "F112",
        "F113",
        "P208",
    }  # all splits and readers are there, no class is lost, and 16 bits whole
    assert set(expected) == set(RULES) - elsewhere
    assert found(check(open_data(str(tmp_path)))) == expected


def test_a_set_that_is_divided_by_a_seed_says_so_and_has_no_findings(tmp_path: Path) -> None:
    faults.clean(tmp_path / "divided", 0)
    for path in sorted((tmp_path / "divided").glob("*/*/*")):
        place = tmp_path / "whole" / path.parts[-2] / f"{path.parts[-3]}-{path.name}"
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(path, place)
    report = check(open_data(str(tmp_path / "whole")))
    assert report.findings == ()
    assert [note[:36] for note in report.notes] == ["There are no train, val and test fol"]


def test_files_are_left_exactly_as_they_were(tmp_path: Path) -> None:
    faults.planted(tmp_path, 0)

    def state() -> dict[Path, tuple[int, int]]:
        return {path: (path.lstat().st_mtime_ns, path.lstat().st_ctime_ns) for path in tmp_path.rglob("*")}

    before = state()
    check(open_data(str(tmp_path)))
    assert state() == before


def test_the_index_holds_every_image_with_its_upright_size(tmp_path: Path) -> None:
    faults.clean(tmp_path, 0)
    exif = Image.Exif()
    exif[274] = 6
    path = tmp_path / "train/ape/turned.jpg"
    Image.new("RGB", (30, 20), "red").save(path, exif=exif)
    (tmp_path / "train/ape/page.jpg").write_bytes(b"<html>")
    index = check(open_data(str(tmp_path))).index
    assert len(index.entries) == 152
    entry, page = index.by_key["train/ape/turned.jpg"], index.by_key["train/ape/page.jpg"]
    assert (entry.split, entry.label, entry.bytes) == ("train", "ape", path.stat().st_size)
    assert (entry.width, entry.height, entry.reason) == (20, 30, "")
    assert entry.stamp == (path.stat().st_mtime_ns, path.stat().st_ctime_ns)
    assert (page.width, page.height, page.bytes, page.reason) == (0, 0, 6, "HTML text, not an image")
    assert index.source == str(tmp_path.resolve())


def test_nothing_is_new_or_gone_right_after_the_check_also_with_a_validation_drawn(tmp_path: Path) -> None:
    faults.clean(tmp_path, 0)
    shutil.rmtree(tmp_path / "val")
    for source in (str(tmp_path), "fashion"):
        dataset = open_data(source)
        index = check(dataset).index
        assert len(index.by_key) == len(index.entries)
        for seen in (dataset, dataset.with_validation()):
            assert (new_keys(index, seen), missing_keys(index, seen)) == ([], [])


def test_a_cap_in_pixels_makes_large_images_unreadable(tmp_path: Path) -> None:
    faults.clean(tmp_path, 0)
    Image.effect_noise((100, 80), 50).save(tmp_path / "train/ape/large.png")
    report = check(open_data(str(tmp_path)), max_pixels=7_999)
    assert [case.detail for case in report.of("F104")] == ["it has 8,000 pixels, and 7,999 are allowed"]
    assert report.index.by_key["train/ape/large.png"].reason == "it has 8,000 pixels, and 7,999 are allowed"
    assert check(open_data(str(tmp_path)), max_pixels=8_000).of("F104") == []


def test_leaks_that_are_allowed_are_a_warning(tmp_path: Path) -> None:
    faults.planted(tmp_path, 0)
    dataset = open_data(str(tmp_path))
    leaks = {each.rule.code: each for each in check(dataset, allow_leaks=True).findings}["D402"]
    assert (leaks.severity, len(leaks.cases)) == ("warning", 2)
    assert RULES["D402"].severity == "error"


def test_progress_hears_of_every_image_and_what_it_raises_ends_the_reading(tmp_path: Path) -> None:
    faults.clean(tmp_path, 0)
    heard: list[int] = []
    check(open_data(str(tmp_path)), progress=heard.append)
    assert heard == list(range(1, 151))

    def stop(done: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        check(open_data(str(tmp_path)), progress=stop)


def test_a_name_that_is_no_text_is_checked_like_any_other(tmp_path: Path) -> None:
    faults.clean(tmp_path, 0)
    strange = os.fsdecode(b"caf\xe9.png")
    try:
        (tmp_path / "train/ape" / strange).write_bytes(b"<html>")
    except (OSError, UnicodeError):
        pytest.skip("this file system takes no such name")
    (case,) = check(open_data(str(tmp_path))).of("F103")
    assert case.files == (printable(str(tmp_path / "train/ape" / strange)),)


def test_the_embedded_set_has_near_duplicates_and_no_error() -> None:
    report = check(open_data("fashion"))
    assert {finding.rule.code for finding in report.findings} == {"C307", "D404", "D405"}
    assert len(report.index.entries) == 12_000


@pytest.mark.parametrize("kind", [str, Path])
def test_a_folder_is_checked_as_the_dataset_in_it_is(tmp_path: Path, kind: Callable[[Path], str | Path]) -> None:
    faults.planted(tmp_path, 0)
    assert check(kind(tmp_path)) == check(open_data(tmp_path))


def test_reprs_of_a_report_and_its_parts_are_short(tmp_path: Path) -> None:
    faults.planted(tmp_path / "set", 0)
    report = check(tmp_path / "set")
    count = sum(report.splits.values())
    totals = (report.cases("error"), report.cases("warning"), report.cases("note"))
    assert min(totals) > 0
    assert repr(report) == f"CheckReport('set', {count} images, errors %d, warnings %d, notes %d)" % totals
    assert repr(report.index) == f"Index({str(tmp_path / 'set')!r}, {count} images)"
    (empty,) = [finding for finding in report.findings if finding.rule.code == "F102"]
    assert repr(empty) == "Finding(error F102: 2 empty files)"
    long = replace(report, name="x" * 1000, index=replace(report.index, source="/x" * 1000))
    assert max(map(len, map(repr, (long, long.index, *long.findings)))) < 400
