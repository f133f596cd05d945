"""Hugging Face's datasets, made here and saved to the disk."""

import io
import json
import pickle
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from brickwork.data import address as addresses
from brickwork.data import open_data
from brickwork.data.images.decode import Unreadable
from brickwork.data.sources.huggingface import open_huggingface
from brickwork.errors import BrickworkError


@pytest.fixture
def datasets(monkeypatch: pytest.MonkeyPatch) -> Any:
    import datasets

    datasets.disable_progress_bars()
    return datasets


def picture(shade: int) -> dict[str, Any]:
    file = io.BytesIO()
    Image.new("L", (2, 2), shade).save(file, "PNG")
    return {"bytes": file.getvalue(), "path": None}


def table(datasets: Any, count: int, names: tuple[str, ...] = ("wolf", "cat"), **more: Any) -> Any:
    """Image number i is of shade i; the classes take turns, and the groups are of three."""
    columns = {
        "img": (datasets.Image(), [picture(i) for i in range(count)]),
        "kind": (datasets.ClassLabel(names=list(names)), [i % 2 for i in range(count)]),
        "who": (datasets.Value("string"), [f"p{i // 3}" for i in range(count)]),
        **more,
    }
    kept = {name: column for name, column in columns.items() if column}
    features = datasets.Features({name: kind for name, (kind, _) in kept.items()})
    return datasets.Dataset.from_dict({name: values for name, (_, values) in kept.items()}, features=features)


def saved(datasets: Any, folder: Path, *unnamed: Any, **splits: Any) -> str:
    (unnamed[0] if unnamed else datasets.DatasetDict(splits)).save_to_disk(str(folder / "set"))
    return f"hf:{folder / 'set'}"


def refusal(source: str, **options: Any) -> str:
    with pytest.raises(BrickworkError) as caught:
        open_huggingface(source, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value).replace(source, "SET")


def test_splits_columns_and_names_are_found_by_their_kinds(datasets: Any, tmp_path: Path) -> None:
    source = saved(
        datasets, tmp_path, train=table(datasets, 20), validation=table(datasets, 6), extra=table(datasets, 2)
    )
    found = open_data(source)
    assert (found.name, found.classes, list(found.splits)) == ("set", ("cat", "wolf"), ["train", "val"])
    samples = [(image.getpixel((0, 0)), label) for image, label in found.splits["train"]]
    assert samples == [(i, 1 - i % 2) for i in range(20)]
    assert found.splits["val"].keys[5] == "val/5"
    assert found.splits["val"].names[5] == f"{source}#val/5"
    assert found.source == source
    assert found.notes == ("There is no test split.", "Splits beside train, val and test are not used: extra.")


def test_a_set_without_splits_is_drawn_and_by_groups_of_a_column(datasets: Any, tmp_path: Path) -> None:
    source = saved(datasets, tmp_path, table(datasets, 200))
    found = open_data(source, seed=2)
    assert sorted(key for part in found.splits.values() for key in part.keys) == sorted(f"all/{i}" for i in range(200))
    assert found.notes[0].startswith("There are no splits: seed 2 draws 80% of each class for training, 10% for")
    grouped = open_data(source, seed=2, groups="who")
    sets = [set(part.groups) for part in grouped.splits.values()]
    assert sum(map(len, sets)) == len(set.union(*sets)) == 67


def test_a_single_split_of_another_name_is_the_whole(datasets: Any, tmp_path: Path) -> None:
    assert list(open_data(saved(datasets, tmp_path, default=table(datasets, 60))).splits) == ["train", "val", "test"]


def test_a_split_reads_the_same_in_another_process(datasets: Any, tmp_path: Path) -> None:
    part = open_data(saved(datasets, tmp_path, train=table(datasets, 20))).splits["train"]
    sent = pickle.dumps(part)
    assert len(sent) < 10_000
    again = pickle.loads(sent).subset([7, 3])
    assert [again.read_bytes(i) for i in range(2)] == [part.read_bytes(7), part.read_bytes(3)]
    assert (list(again.keys), again.labels.tolist()) == (["train/7", "train/3"], [0, 0])


def test_rows_without_a_label_are_left_out_and_noted(datasets: Any, tmp_path: Path) -> None:
    kinds = (datasets.ClassLabel(names=["wolf", "cat"]), [0, 1, None, 1, -1, 0])
    found = open_data(saved(datasets, tmp_path, train=table(datasets, 6, kind=kinds)))
    assert list(found.splits["train"].keys) == ["train/0", "train/1", "train/3", "train/5"]
    assert "Rows without a label are not used: 2." in found.notes


def test_labels_may_be_texts_and_numbers_in_a_column_of_that_name(datasets: Any, tmp_path: Path) -> None:
    texts = (datasets.Value("string"), ["cat", "dog", "cat", " "])
    assert open_data(saved(datasets, tmp_path / "a", train=table(datasets, 4, kind=None, Label=texts))).classes == (
        "cat",
        "dog",
    )
    numbers = (datasets.Value("int64"), [10, 9, 10, 9])
    assert open_data(saved(datasets, tmp_path / "b", train=table(datasets, 4, kind=None, label=numbers))).classes == (
        "9",
        "10",
    )


def test_of_several_columns_of_labels_one_is_named(datasets: Any, tmp_path: Path) -> None:
    coarse = (datasets.ClassLabel(names=["a", "b"]), [0, 0, 1, 1])
    source = saved(datasets, tmp_path, train=table(datasets, 4, coarse=coarse))
    assert refusal(source) == "SET has several columns of labels, kind, coarse: choose one, as in SET#kind."
    found = open_data(f"{source}#coarse")
    assert (found.classes, found.splits["train"].labels.tolist()) == (("a", "b"), [0, 0, 1, 1])
    assert found.source == f"{source}#coarse"
    assert found.splits["train"].keys[0] == "train/0"


def test_an_image_may_be_a_file_or_be_missing(datasets: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datasets.config, "DOWNLOADED_DATASETS_PATH", tmp_path)
    Image.new("L", (2, 2), 9).save(tmp_path / "9.png")
    images = (datasets.Image(), [picture(0), str(tmp_path / "9.png"), str(tmp_path / "gone.png"), None])
    asked = stand_in(monkeypatch, datasets, {"train": table(datasets, 4, img=images)})
    part = open_data("hf:some/set").splits["train"]
    assert asked == [("some/set", None, {"trust_remote_code": False})]
    assert np.asarray(part.image(1))[0, 0] == 9
    with pytest.raises(Unreadable, match=r"gone\.png is unreadable: there is no such file"):
        part.image(2)
    with pytest.raises(Unreadable, match="set#train/3 is unreadable: its row holds no image"):
        part.image(3)


def stand_in(monkeypatch: pytest.MonkeyPatch, datasets: Any, tables: object) -> list[tuple[object, ...]]:
    """Has load_dataset give these tables; the list fills with what it was asked for."""
    asked: list[tuple[object, ...]] = []
    monkeypatch.setattr(datasets, "load_dataset", lambda *names, **more: (asked.append((*names, more)), tables)[1])
    return asked


# What somebody else's set may do


@pytest.mark.parametrize("spelling", ["whole", "..", "link", "file://", "https://example.org/1.png", "zip://a.png::"])
def test_rows_that_name_files_outside_the_set_are_not_read(datasets: Any, tmp_path: Path, spelling: str) -> None:
    secret = tmp_path / "secret.png"
    Image.new("L", (2, 2), 77).save(secret)
    place = {
        "whole": str(secret), "..": "../secret.png", "link": "link.png", "file://": f"file://{secret}",
        "zip://a.png::": f"zip://a.png::{secret}",
    }.get(spelling, spelling)  # fmt: skip
    rows = [place] * 4
    source = planted(datasets, tmp_path / "set", rows)
    (tmp_path / "set" / "link.png").symlink_to(secret)
    part = open_data(source).whole()
    for i in range(4):
        with pytest.raises(Unreadable, match="which is not in the set"):
            part.read_bytes(i)


def planted(datasets: Any, folder: Path, rows: list[str]) -> str:
    """A saved set whose rows name files: save_to_disk would copy them into the table."""
    import pyarrow

    table(datasets, len(rows)).save_to_disk(str(folder))
    (file,) = folder.glob("*.arrow")
    with pyarrow.memory_map(str(file)) as source:
        whole = pyarrow.ipc.open_stream(source).read_all()
    images = pyarrow.array([{"bytes": None, "path": row} for row in rows], whole.schema.field("img").type)
    whole = whole.set_column(0, whole.schema.field("img"), images)
    file.unlink()
    with pyarrow.ipc.new_stream(str(file), whole.schema) as writer:
        writer.write_table(whole)
    return f"hf:{folder}"


def test_a_file_in_the_sets_folder_is_read_also_from_elsewhere(datasets: Any, tmp_path: Path) -> None:
    source = planted(datasets, tmp_path / "set", ["images/1.png", str(tmp_path / "set" / "images" / "1.png")] * 2)
    (tmp_path / "set" / "images").mkdir()
    Image.new("L", (2, 2), 5).save(tmp_path / "set" / "images" / "1.png")
    assert {image.getpixel((0, 0)) for image, _ in open_data(source).whole()} == {5}


@pytest.mark.parametrize("name", ["../other", "/etc", "..", "a::memory://x", "memory://x", "a\\b", 5, None, {}])
def test_a_saved_set_names_its_own_parts_alone(datasets: Any, tmp_path: Path, name: object) -> None:
    source = saved(datasets, tmp_path, train=table(datasets, 4))
    (tmp_path / "set" / "dataset_dict.json").write_text(json.dumps({"splits": ["train", name]}))
    assert "SET: dataset_dict.json names" in refusal(source)
    source = saved(datasets, tmp_path / "b", table(datasets, 4))
    state = json.loads((tmp_path / "b" / "set" / "state.json").read_text())
    (tmp_path / "b" / "set" / "state.json").write_text(json.dumps({**state, "_data_files": [{"filename": name}]}))
    assert "SET: state.json names" in refusal(source)


def test_a_table_that_is_a_link_to_elsewhere_is_refused(datasets: Any, tmp_path: Path) -> None:
    source = saved(datasets, tmp_path, table(datasets, 4))
    (file,) = (tmp_path / "set").glob("*.arrow")
    file.rename(tmp_path / "elsewhere.arrow")
    file.symlink_to(tmp_path / "elsewhere.arrow")
    assert refusal(source) == f"SET: {file.name} leads out of the set's folder: copy it there."


@pytest.mark.parametrize("content", [b"[" * 100_000, b"\xff", b"{}", b"3", b'{"splits": 3}', b"\x001"])
def test_a_saved_set_with_damaged_documents_is_one_sentence(datasets: Any, tmp_path: Path, content: bytes) -> None:
    source = saved(datasets, tmp_path, train=table(datasets, 4))
    (tmp_path / "set" / "dataset_dict.json").write_bytes(content)
    assert refusal(source) == "SET: dataset_dict.json is not what save_to_disk writes."


@pytest.mark.parametrize(
    "place",
    [
        "mnist", "csv", " ", "../set", "a/../b", "a/b/c/d", "/a/b", "a//b", "reference://x/y", "s3://bucket/set",
        "a/b::c", "https://example.org/set", "hf://datasets/a/b", "-/b", "a/b\n", "a/b\u202e", "~/a/b/c",
    ],
)  # fmt: skip
def test_what_is_no_owner_and_name_is_given_to_nobody(
    datasets: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, place: str
) -> None:
    monkeypatch.chdir(tmp_path)
    asked = stand_in(monkeypatch, datasets, {})
    assert "expected hf:OWNER/NAME, hf:OWNER/NAME/CONFIG, or a folder that is there" in refusal(f"hf:{place}")
    assert not asked


def test_a_name_that_lies_in_the_current_folder_is_not_taken_for_the_hub(
    datasets: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "owner" / "name").mkdir(parents=True)
    asked = stand_in(monkeypatch, datasets, {})
    assert "owner/name also lies in the current folder" in refusal("hf:owner/name/config")
    assert not asked


def test_a_set_keeps_no_format_of_its_own(datasets: Any, tmp_path: Path) -> None:
    source = saved(datasets, tmp_path, table(datasets, 4).with_format("numpy"))
    assert open_data(source).whole().image(2).getpixel((0, 0)) == 2


def test_groups_are_not_read_from_a_column_that_opens_files(datasets: Any, tmp_path: Path) -> None:
    source = saved(datasets, tmp_path, table(datasets, 4))
    assert refusal(source, groups="img") == "SET: the column img holds no names or numbers of groups."


def test_an_fsspec_that_runs_code_is_refused_here_too(
    datasets: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = saved(datasets, tmp_path, table(datasets, 4))
    monkeypatch.setattr(addresses, "version", lambda name: "2026.4.0")
    assert refusal(source).startswith("fsspec 2026.4.0 can run code that stands in data")


def test_datasets_that_run_code_are_refused(datasets: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = saved(datasets, tmp_path, table(datasets, 4))
    monkeypatch.setattr(datasets, "__version__", "3.6.0")
    assert refusal(source) == "datasets 3.6.0 can run a set's own code: pip install 'datasets>=4'."


def test_a_set_that_does_not_serve_is_refused(datasets: Any, tmp_path: Path) -> None:
    plain = datasets.Dataset.from_dict({"label": [1, 2]})
    assert refusal(saved(datasets, tmp_path / "a", plain)) == "SET has no column of images: it has label."
    source = saved(datasets, tmp_path / "b", table(datasets, 4, kind=None))
    assert refusal(source) == (
        "SET has no column of labels (label, class, category): it has img, who; name one as in SET#COLUMN."
    )
    assert refusal(source, groups="patient") == "SET has no column 'patient': it has img, who."
    lists = (datasets.Sequence(datasets.Value("int64")), [[1], [2], [3], [4]])
    source = saved(datasets, tmp_path / "c", table(datasets, 4, kind=None, label=lists))
    assert refusal(source) == "SET: the column label holds no names or numbers of classes."
    source = saved(datasets, tmp_path / "d", val=table(datasets, 2), valid=table(datasets, 2))
    assert refusal(source) == "SET has the splits val, valid: expected one each of train, val and test."
    assert "cannot be opened: " in refusal(f"hf:{tmp_path}")


def test_names_at_the_hub_are_an_owner_a_name_and_a_configuration(
    datasets: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = stand_in(monkeypatch, datasets, table(datasets, 40))
    for word in ("ylecun/mnist", "someone/pets", "someone/pets/small"):
        assert open_data(f"hf:{word}").source == f"hf:{word}"
    no_code = {"trust_remote_code": False}
    assert asked == [
        ("ylecun/mnist", None, no_code),
        ("someone/pets", None, no_code),
        ("someone/pets", "small", no_code),
    ]


def test_without_the_package_a_line_says_how_to_have_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(BrickworkError) as caught:
        open_data("hf:ylecun/mnist")
    assert str(caught.value) == "hf:ylecun/mnist is read with datasets: pip install 'brickwork[huggingface]'."
