import csv
from pathlib import Path

import numpy as np
import pytest

import faults
from brickwork.data import open_data
from brickwork.data.check import CheckReport, can_list, check, classes_without_rows, positions_to_drop, write_manifest
from brickwork.data.dataset import Dataset, FileSplit
from brickwork.errors import BrickworkError


def examined(folder: Path) -> tuple[Dataset, CheckReport]:
    dataset = open_data(str(folder))
    return dataset, check(dataset)


def test_what_is_left_has_no_error_that_leaving_out_can_mend(tmp_path: Path) -> None:
    cases = faults.planted(tmp_path / "data", 0)
    dataset, report = examined(tmp_path / "data")
    out = {report.index.entries[i].key for i in positions_to_drop(report)}
    unreadable = {
        file for code in cases if code in ("F101", "F102", "F103", "F104", "F105", "F106") for (file,) in cases[code]
    }
    conflicts = {file for case in cases["D403"] for file in case}
    assert out == unreadable | conflicts | {"train/cat/leak.png", "train/cat/leaks.png", "val/cat/leaks.png"}
    rows = write_manifest(str(tmp_path / "fixed.csv"), dataset, report)
    assert rows == len(report.index.entries) - len(out)
    again = check(open_data(str(tmp_path / "fixed.csv")))
    assert [finding.rule.code for finding in again.findings if finding.severity == "error"] == ["C301"]
    assert again.classes == report.classes


def test_a_clean_set_keeps_every_file_with_its_label_and_split(tmp_path: Path) -> None:
    faults.clean(tmp_path / "data", 0)
    dataset, report = examined(tmp_path / "data")
    write_manifest(tmp_path / "fixed.csv", dataset, report)
    fixed = open_data(str(tmp_path / "fixed.csv"))
    assert fixed.classes == dataset.classes
    for name, split in dataset.splits.items():
        theirs = fixed.splits[name]
        assert list(zip(theirs.keys, theirs.labels.tolist(), strict=True)) == [
            (f"data/{key}", label) for key, label in zip(split.keys, split.labels.tolist(), strict=True)
        ]


def test_paths_outside_the_tables_folder_are_absolute(tmp_path: Path) -> None:
    faults.clean(tmp_path / "data", 0)
    (tmp_path / "tables").mkdir()
    dataset, report = examined(tmp_path / "data")
    write_manifest(tmp_path / "tables" / "fixed.csv", dataset, report)
    with (tmp_path / "tables" / "fixed.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["path", "label", "split"]
    assert all(row["path"].startswith(str(tmp_path / "data")) for row in rows)
    assert check(open_data(str(tmp_path / "tables" / "fixed.csv"))).findings == ()


def test_groups_stand_in_the_table(tmp_path: Path) -> None:
    faults.clean(tmp_path / "data", 0)
    dataset = open_data(str(tmp_path / "data"), groups=r"/([0-9]+)\.")
    write_manifest(tmp_path / "fixed.csv", dataset, check(dataset))
    fixed = open_data(str(tmp_path / "fixed.csv"))
    assert fixed.splits["train"].groups == dataset.splits["train"].groups


def test_a_file_that_is_there_is_not_written_over(tmp_path: Path) -> None:
    faults.clean(tmp_path / "data", 0)
    dataset, report = examined(tmp_path / "data")
    (tmp_path / "mine.csv").write_text("mine")
    with pytest.raises(BrickworkError, match=r"mine\.csv is there already, and no file is ever changed"):
        write_manifest(tmp_path / "mine.csv", dataset, report)
    assert (tmp_path / "mine.csv").read_text() == "mine"


def test_images_without_files_of_their_own_cannot_be_listed(tmp_path: Path) -> None:
    dataset = open_data("fashion")
    few = Dataset("few", dataset.classes, {"train": dataset.splits["train"].subset(range(20))}, source="few")
    assert not can_list(few)
    with pytest.raises(
        BrickworkError, match=r"few: its images have no files of their own, which a manifest could list"
    ):
        write_manifest(tmp_path / "fixed.csv", few, check(few))
    assert not (tmp_path / "fixed.csv").exists()


def test_a_table_of_another_kind_is_refused_and_one_with_tabs_is_read_again(tmp_path: Path) -> None:
    faults.clean(tmp_path / "data", 0)
    dataset, report = examined(tmp_path / "data")
    with pytest.raises(BrickworkError, match=r"fixed\.txt: a manifest is a table whose name ends in \.csv or \.tsv\."):
        write_manifest(tmp_path / "fixed.txt", dataset, report)
    write_manifest(tmp_path / "fixed.tsv", dataset, report)
    assert len(open_data(str(tmp_path / "fixed.tsv")).splits["train"]) == 100


def test_a_name_that_is_no_text_cannot_be_listed(tmp_path: Path) -> None:
    split = FileSplit(np.zeros(1, np.int64), tmp_path, ("caf\udce9.jpg",))
    strange = Dataset("strange", ("a",), {"train": split}, source="strange")
    with pytest.raises(BrickworkError, match=r"caf\\udce9\.jpg has a name that is no text: rename it"):
        write_manifest(tmp_path / "fixed.csv", strange, check(strange))


def test_a_class_that_loses_all_its_images_is_named(tmp_path: Path) -> None:
    faults.clean(tmp_path / "data", 0)
    for split, count in (("train", 3), ("val", 2)):
        (tmp_path / "data" / split / "yak").mkdir()
        for i in range(count):
            (tmp_path / "data" / split / "yak" / f"{i}.heic").write_bytes(b"\0\0\0\x18ftypheic")
    dataset, report = examined(tmp_path / "data")
    (finding,) = (finding for finding in report.findings if finding.rule.code[0] == "C")  # not that test lacks it, too
    assert (finding.rule.code, finding.severity, finding.cases[0].detail) == ("C308", "error", "yak: none of 5")
    assert classes_without_rows(report) == ["yak"]
    write_manifest(tmp_path / "fixed.csv", dataset, report)
    assert open_data(tmp_path / "fixed.csv").classes == tuple(name for name in dataset.classes if name != "yak")


def test_a_class_whose_training_images_cannot_be_read_has_none_in_train(tmp_path: Path) -> None:
    faults.clean(tmp_path / "data", 0)
    for path in (tmp_path / "data" / "train" / "cat").iterdir():
        path.write_bytes(b"")
    _, report = examined(tmp_path / "data")
    assert [case.detail for case in report.of("C301")] == ["cat: 10 elsewhere"]
    assert classes_without_rows(report) == []
