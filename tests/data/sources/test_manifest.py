"""Manifests: what becomes of their columns, and what is said about those that do not serve."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from brickwork.data.dataset import Dataset
from brickwork.data.images.decode import Unreadable
from brickwork.data.preprocessing import Preprocessing, preprocess_all
from brickwork.data.sources.manifest import open_manifest
from brickwork.errors import BrickworkError
from calls import calls


def write(folder: Path, text: str, name: str = "photos.csv") -> Path:
    path = folder / name
    path.write_bytes(text.encode())
    return path


def rows(found: Dataset, split: str) -> list[tuple[str, str]]:
    part = found.splits[split]
    return [(key, found.classes[label]) for key, label in zip(part.keys, part.labels.tolist(), strict=True)]


def refusal(path: Path, groups: str = "") -> str:
    with pytest.raises(BrickworkError) as caught:
        open_manifest(path, groups=groups)
    assert "\n" not in str(caught.value)
    return str(caught.value).replace(str(path), "M")


def test_a_row_is_an_image_with_its_label_and_its_split(tmp_path: Path) -> None:
    text = "path,label,split\na/1.jpg,class10,train\nb/2.jpg,class2,train\nc/3.jpg,class2,test\nd.jpg,class10,valid\n"
    found = open_manifest(write(tmp_path, text))
    assert (found.name, found.classes, list(found.splits)) == (
        "photos",
        ("class2", "class10"),
        ["train", "val", "test"],
    )
    assert rows(found, "train") == [("a/1.jpg", "class10"), ("b/2.jpg", "class2")]
    assert rows(found, "test") == [("c/3.jpg", "class2")]
    assert found.splits["val"].names == (str(tmp_path / "d.jpg"),)
    assert found.notes == ("The val split has no images of class2.", "The test split has no images of class10.")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", "path,label\n{}"),
        ("a.csv", "\ufeffpath,label\r\n{}"),
        ("a.csv", 'Label;"IMAGE"\n{2}'),
        ("a.CSV", "id,file,weight,class\n{1}"),
        ("a.csv", "filename\tcategory\n{3}"),
        ("a.tsv", "path\tlabel\r\n\r\n{3}"),
        ("a.csv", '"path","label"\r\n{4}'),
    ],
)
def test_columns_go_by_several_names_and_values_by_several_marks(name: str, text: str, tmp_path: Path) -> None:
    pairs = [("ä b/1.jpg", "Käfer"), ("2.jpg", "bee"), ("3.jpg", "Käfer"), ("4.jpg", "bee")]
    forms = [
        "\n".join(f"{file},{label}" for file, label in pairs),
        "\n".join(f"7,{file},0.5,{label}" for file, label in pairs),
        "\n".join(f"{label};{file}" for file, label in pairs) + "\n",
        "\r\n".join(f"{file}\t{label}" for file, label in pairs),
        "\r\n".join(f'"{file}","{label}"' for file, label in pairs),
    ]
    found = open_manifest(write(tmp_path, text.format(*forms), name))
    assert sorted(rows(found, "train")) == sorted(pairs)  # two of a class are all in train


def test_quotes_hold_commas_quotes_and_line_ends(tmp_path: Path) -> None:
    text = 'path,label,split\n"a, ""b"".jpg","x, y",train\n"c\nd.jpg",z,train\n,,\n'
    assert refusal(write(tmp_path, text)) == "M, line 5, column path: expected a value, found nothing."
    found = open_manifest(write(tmp_path, text.removesuffix(",,\n")))
    assert rows(found, "train") == [('a, "b".jpg', "x, y"), ("c\nd.jpg", "z")]


def test_without_a_column_the_splits_are_drawn_as_those_of_the_same_folder(tmp_path: Path) -> None:
    from brickwork.data.sources.folder import open_folder

    files = [f"{name}/{i}.jpg" for name in ("cat", "dog") for i in range(60)]
    for file in files:
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).touch()
    folder = open_folder(tmp_path, seed=3)
    lines = [f"{file},{file.split('/')[0]}" for file in files]
    found = open_manifest(write(tmp_path, "path,label\n" + "\n".join(lines)), seed=3)
    for split, part in folder.splits.items():
        assert set(found.splits[split].keys) == set(part.keys)
    assert found.notes[0].startswith("There is no column split: seed 3 draws 80% of each class for training, 10% for")


def test_numbers_are_names_in_natural_order(tmp_path: Path) -> None:
    found = open_manifest(write(tmp_path, "path,label,split\na,10,train\nb,9,train\nc,010,train\n"))
    assert found.classes == ("9", "010", "10")
    assert found.splits["train"].labels.tolist() == [2, 0, 1]


def test_accents_and_blanks_around_labels_make_no_second_class(tmp_path: Path) -> None:
    found = open_manifest(write(tmp_path, "path,label,split\na,cafe\u0301,train\nb, café ,train\nc,tea,train\n"))
    assert found.classes == ("café", "tea")


def test_absolute_paths_are_taken_and_those_inside_have_the_same_keys(tmp_path: Path) -> None:
    inside, outside = tmp_path / "set", tmp_path / "elsewhere"
    inside.mkdir()
    lines = [f"{inside}/cat/1.jpg,cat", f"{outside}/2.jpg,dog", "./cat//3.jpg,cat", "../4.jpg,dog"]
    found = open_manifest(write(inside, "path,label,split\n" + "".join(f"{line},train\n" for line in lines)))
    part = found.splits["train"]
    assert list(part.keys) == ["cat/1.jpg", f"{outside}/2.jpg", "cat/3.jpg", "../4.jpg"]
    assert part.names[:2] == (f"{inside}/cat/1.jpg", f"{outside}/2.jpg")


def test_backslashes_of_windows_stand_between_folders(tmp_path: Path) -> None:
    text = "path,label,split\ncat\\1.jpg,cat,train\ndog\\2.jpg,dog,train\n"
    assert list(open_manifest(write(tmp_path, text)).splits["train"].keys) == ["cat/1.jpg", "dog/2.jpg"]
    try:
        (tmp_path / "cat\\1.jpg").touch()
    except OSError:
        pytest.skip("this file system takes no such name")
    assert open_manifest(tmp_path / "photos.csv").splits["train"].keys[0] == "cat\\1.jpg"


def test_files_that_are_not_there_are_left_to_decoding(tmp_path: Path) -> None:
    Image.new("L", (2, 2)).save(tmp_path / "1.png")
    found = open_manifest(write(tmp_path, "path,label,split\n1.png,cat,train\ngone.png,dog,train\n"))
    there, gone = preprocess_all(found.splits["train"], Preprocessing(1, 2, 2, (0.0,), (1.0,)))
    assert not isinstance(there, Unreadable)
    assert isinstance(gone, Unreadable)
    assert (gone.path, gone.reason) == (str(tmp_path / "gone.png"), "there is no such file")


# Groups


def grouped(folder: Path, column: str) -> Path:
    lines = [f"{i}.jpg,{'cat' if i % 2 else 'dog'},g{i // 5}" for i in range(300)]
    return write(folder, f"path,label,{column}\n" + "\n".join(lines))


@pytest.mark.parametrize(("column", "groups"), [("group", ""), ("patient", "patient"), ("Site", "site")])
def test_the_images_of_a_group_go_to_one_split(column: str, groups: str, tmp_path: Path) -> None:
    found = open_manifest(grouped(tmp_path, column), groups=groups)
    sets = [set(part.groups) for part in found.splits.values()]
    assert sum(map(len, sets)) == len(set.union(*sets)) == 60
    assert "draws 80% of the 60 groups for training" in found.notes[0]
    assert found.groups == groups


def test_a_group_may_be_a_pattern_in_the_paths(tmp_path: Path) -> None:
    found = open_manifest(grouped(tmp_path, "patient"), groups=r"([0-9])\.jpg")
    assert {group for part in found.splits.values() for group in part.groups} == set("0123456789")


def test_a_group_that_is_no_column_is_refused_with_those_that_are(tmp_path: Path) -> None:
    assert refusal(grouped(tmp_path, "patient"), "patients") == (
        "groups: M has no column 'patients': it has path, label, patient; a pattern in the paths has round brackets."
    )


# What is noted


def test_rows_that_repeat_an_image_are_left_out_and_noted(tmp_path: Path) -> None:
    path = write(tmp_path, "path,label,split\na.jpg,cat,train\nb.jpg,dog,train\n./a.jpg,cat,train\nb.jpg,dog,train\n")
    found = open_manifest(path)
    assert rows(found, "train") == [("a.jpg", "cat"), ("b.jpg", "dog")]
    assert f"Rows that repeat an image are left out: 2, first {path}, line 4." in found.notes


def test_columns_that_could_have_been_meant_are_noted(tmp_path: Path) -> None:
    found = open_manifest(write(tmp_path, "Filename,path,label,class,split\nx,a,cat,1,train\ny,b,dog,2,train\n"))
    assert rows(found, "train") == [("a", "cat"), ("b", "dog")]
    assert found.notes[-2:] == (
        "The column path is read, and not filename.",
        "The column label is read, and not class.",
    )


# What is refused

HEADER = "path,label,split\na.jpg,cat,train\n"
PATHS = "expected a header with a column for the images' paths (path, image, file, filename), found"
LABELS = "expected a header with a column for the labels (label, class, category), found"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "M is empty: expected a header and a row for each image."),
        ("\n\n", "M is empty: expected a header and a row for each image."),
        ("path,label\n", "M has a header, but no rows below it."),
        ("cat/1.jpg,cat\ncat/2.jpg,cat\n", f"M: {PATHS} cat/1.jpg, cat."),
        ("path,species\na,cat\n", f"M: {LABELS} path, species."),
        ("path,label,Path\na,cat,b\n", "M has two columns 'path': rename one of them."),
        (HEADER + "b.jpg,dog\n", "M, line 3: expected 3 values (path, label, split), found 2."),
        (HEADER + "\nb.jpg,dog,train,1\n", "M, line 4: expected 3 values (path, label, split), found 4."),
        (HEADER + "b.jpg, ,train\n", "M, line 3, column label: expected a value, found nothing."),
        (HEADER + ",dog,train\n", "M, line 3, column path: expected a value, found nothing."),
        (HEADER + "b.jpg,dog,dev\n", "M, line 3, column split: expected train, val or test, found 'dev'."),
        (HEADER + "b.jpg,dog,\n", "M, line 3, column split: expected train, val or test, found ''."),
        (HEADER + "b.jpg,dog,train\na.jpg,dog,train\n", "M, line 4: a.jpg is 'dog' here and 'cat' in line 2."),
        (HEADER + "b.jpg,dog,train\na.jpg,cat,test\n", "M, line 4: a.jpg is 'test' here and 'train' in line 2."),
        (
            HEADER + '"b.jpg,dog,train\nc.jpg,dog,train\n',
            "M, line 3: expected a row of values, found a quote that stays open.",
        ),
        (
            HEADER + '"b.jpg,dog,train\nc.jpg,"dog",train\n',
            "M, line 3: expected a row of values, found a quote inside a value (',' expected after '\"').",
        ),
        (HEADER + "b.jpg,d\0g,train\n", "M, line 3: expected text, found a zero byte."),
        (
            HEADER + "http://a.example/b.jpg,dog,train\n",
            "M, line 3: expected a file's path, found the address http://a.example/b.jpg: fetch the images first.",
        ),
        (HEADER, "M holds a single class, 'cat': a network tells at least two apart."),
        (
            HEADER.replace("train", "val") + "b.jpg,dog,test\n",
            "M has images for val and test, but none for train.",
        ),
    ],
)  # fmt: skip
def test_a_table_that_does_not_serve_is_refused_in_one_line(text: str, message: str, tmp_path: Path) -> None:
    assert refusal(write(tmp_path, text)) == message


@pytest.mark.parametrize("content", ["path,label\na,caf\xe9\n".encode("latin-1"), "path,label\na,b\n".encode("utf-16")])
def test_text_in_another_coding_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "photos.csv").write_bytes(content)
    assert "expected UTF-8 text, found the byte 0x" in refusal(tmp_path / "photos.csv")


def test_what_is_only_evaluated_needs_neither_a_train_split_nor_two_classes(tmp_path: Path) -> None:
    found = open_manifest(write(tmp_path, "path,label,split\na,cat,test\n"), training=False)
    assert (list(found.splits), found.classes) == (["test"], ("cat",))


def test_a_hundred_thousand_rows_are_opened(tmp_path: Path) -> None:
    found = open_manifest(many(tmp_path, 100_000))
    assert sum(map(len, found.splits.values())) == 100_000


def test_every_row_costs_the_same_few_calls_however_many_there_are(tmp_path: Path) -> None:
    few, twice = (many(tmp_path, count) for count in (1000, 2000))
    assert calls(lambda: open_manifest(twice)).total() - calls(lambda: open_manifest(few)).total() < 40 * 1000


def many(folder: Path, count: int) -> Path:
    """A manifest of so many rows, in a hundred classes."""
    lines = "\n".join(f"images/{i % 100}/{i}.jpg,class{i % 100}" for i in range(count))
    return write(folder, f"path,label\n{lines}\n", f"{count}.csv")


# Parquet


def parquet(folder: Path, **columns: object) -> Path:
    pq.write_table(pa.table(columns), folder / "photos.parquet")
    return folder / "photos.parquet"


def test_a_parquet_file_is_read_as_a_text_is(tmp_path: Path) -> None:
    path = parquet(
        tmp_path, path=["a", "b", "c"], label=[10, 9, 10], split=["train", "train", "test"], size=[[1], [], []]
    )
    found = open_manifest(path)
    assert (found.classes, rows(found, "train"), rows(found, "test")) == (
        ("9", "10"), [("a", "10"), ("b", "9")], [("c", "10")],
    )  # fmt: skip


def test_categories_in_a_parquet_file_are_names(tmp_path: Path) -> None:
    path = parquet(tmp_path, path=["a", "b"], label=pa.array(["x", "y"]).dictionary_encode(), split=["train"] * 2)
    assert open_manifest(path).classes == ("x", "y")


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"path": ["a", "b"], "label": ["cat", None]}, "M, row 2, column label: expected a value, found nothing."),
        ({"path": [], "label": []}, "M has a header, but no rows below it."),
        ({"image": [{"bytes": b"", "path": "a"}], "label": [1]}, f"M: {PATHS} label."),
        ({"path": ["a", "a"], "label": [1, 2]}, "M, row 2: a is '2' here and '1' in row 1."),
    ],
)
def test_a_parquet_file_that_does_not_serve_is_refused(
    columns: dict[str, object], message: str, tmp_path: Path
) -> None:
    assert refusal(parquet(tmp_path, **columns)) == message


@pytest.mark.parametrize("cut", [0, 10, -20])
def test_a_damaged_parquet_file_is_refused(cut: int, tmp_path: Path) -> None:
    path = parquet(tmp_path, path=["a", "b"], label=["cat", "dog"])
    path.write_bytes(path.read_bytes()[:cut])
    assert refusal(path).startswith("M cannot be read as Parquet: ")


def test_parquet_without_pyarrow_says_how_to_have_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    (tmp_path / "photos.parquet").touch()
    assert refusal(tmp_path / "photos.parquet") == "M is read with pyarrow: pip install 'brickwork[parquet]'."


def test_labels_are_an_array_of_whole_numbers(tmp_path: Path) -> None:
    assert open_manifest(write(tmp_path, HEADER + "b,dog,train\n")).splits["train"].labels.dtype == np.int64


def test_a_path_with_a_zero_byte_is_an_unreadable_image(tmp_path: Path) -> None:
    path = parquet(tmp_path, path=["a", "b\0"], label=["cat", "dog"], split=["train", "train"])
    with pytest.raises(Unreadable, match=r"b\\x00 is unreadable: "):
        open_manifest(path).splits["train"].read_bytes(1)
