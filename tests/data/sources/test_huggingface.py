"""Hugging Face's datasets, made here and saved to the disk."""

import io
import pickle
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

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
    Image.new("L", (2, 2), 9).save(tmp_path / "9.png")
    images = (datasets.Image(), [picture(0), str(tmp_path / "9.png"), str(tmp_path / "gone.png"), None])
    monkeypatch.setattr(datasets, "load_dataset", lambda name, config: {"train": table(datasets, 4, img=images)})
    part = open_data("hf:set").splits["train"]
    assert np.asarray(part.image(1))[0, 0] == 9
    with pytest.raises(Unreadable, match=r"gone\.png is unreadable: there is no such file"):
        part.image(2)
    with pytest.raises(Unreadable, match="set#train/3 is unreadable: its row holds no image"):
        part.image(3)


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
    asked: list[tuple[str, str | None]] = []

    def load(name: str, config: str | None) -> Any:
        asked.append((name, config))
        return table(datasets, 40)

    monkeypatch.setattr(datasets, "load_dataset", load)
    for word in ("mnist", "someone/pets", "someone/pets/small"):
        assert open_data(f"hf:{word}").source == f"hf:{word}"
    assert asked == [("mnist", None), ("someone/pets", None), ("someone/pets", "small")]


def test_without_the_package_a_line_says_how_to_have_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(BrickworkError) as caught:
        open_data("hf:mnist")
    assert str(caught.value) == "hf:mnist is read with datasets: pip install 'brickwork[huggingface]'."
