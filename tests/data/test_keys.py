"""An image is what it is, however one gets to it: the keys and the splits of one set by many ways."""

import os
import shutil
import unicodedata
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from brickwork.data import open_data
from brickwork.data.dataset import Dataset
from brickwork.data.hashing import stratified_split
from brickwork.data.keys import normal_path, table_keys, unique_keys
from brickwork.errors import BrickworkError

CLASSES = ("Mädesüß", "oak tree", "Weißdorn")  # in natural order, as the rows of tables below
FILES = [f"{name}/leaf {i}.png" for name in CLASSES for i in range(60)]


@pytest.fixture
def plants(tmp_path: Path) -> Path:
    """Files of nothing but their own names, as composed letters: a set is opened without reading them as images."""
    for file in FILES:
        path = tmp_path / "plants" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(file)
    return tmp_path / "plants"


def contents(dataset: Dataset) -> dict[str, list[str]]:
    """What is in each split, in its order, by what the files say of themselves."""
    splits = dataset.splits.items()
    return {name: [split.read_bytes(i).decode() for i in range(len(split))] for name, split in splits}


def table(path: Path, rows: Iterable[str]) -> Path:
    lines = (f'"{row}",{file.partition("/")[0]}' for row, file in zip(rows, FILES, strict=True))
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(["path,label", *lines]) + "\n", encoding="utf-8")
    return path


def link(place: Path, target: Path) -> Path:
    place.symlink_to(target, target_is_directory=True)
    return place


def decompose(top: Path, place: Path) -> Path:
    for file in FILES:
        path = place / unicodedata.normalize("NFD", file)
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(top / file, path)
    return place


def blank(top: Path, place: Path) -> Path:
    shutil.copytree(top, place)
    (place / "oak tree").rename(place / "oak tree ")
    return place


def link_classes(top: Path, place: Path) -> Path:
    place.mkdir()
    for name in CLASSES:
        link(place / name, top / name)
    return place


def by_hand(top: Path, place: Path) -> Path:
    """A table with blanks around its values, and with every other way of spelling a relative path."""
    ways = (" {} ", "./{}", "../plants/{}", ".//{}", "oak tree/../{}", "{}\t")
    return table(place, (ways[i % len(ways)].format(file) for i, file in enumerate(FILES)))


WAYS: dict[str, Callable[[Path, Path], str | Path]] = {
    "a link": lambda top, other: link(other, top),
    "a link to a link": lambda top, other: link(other, link(other.with_name("first"), top)),
    "doubled slashes": lambda top, other: f"{top.parent}//{top.name}//",
    "up and down": lambda top, other: f"{top}/../{top.name}/oak tree/..",
    "moved": lambda top, other: shutil.copytree(top, other / "deep" / "down"),
    "classes that are links": link_classes,
    "decomposed names": decompose,
    "a blank at a class's end": blank,
    "a table inside": lambda top, other: table(top / "t.csv", FILES),
    "a table inside, of whole paths": lambda top, other: table(top / "t.csv", (f"{top}/{file}" for file in FILES)),
    "a table of whole paths, by a link": lambda top, other: (
        link(other, table(top / "t.csv", (f"{top}/{file}" for file in FILES)).parent) / "t.csv"
    ),
    "a table of whole paths that go through a link": lambda top, other: table(
        top / "t.csv", (f"{link(other, top) if not other.exists() else other}/{file}" for file in FILES)
    ),
    "a table elsewhere, of whole paths": lambda top, other: table(other / "t.csv", (f"{top}/{f}" for f in FILES)),
    "a table elsewhere, with ..": lambda top, other: table(other / "t.csv", (f"../plants/{f}" for f in FILES)),
    "a table that is a link": lambda top, other: link(other, table(top / "t.csv", FILES)).rename(f"{other}.csv"),
    "a table of decomposed names": lambda top, other: table(
        top / "t.csv", (unicodedata.normalize("NFD", file) for file in FILES)
    ),
    "a table by hand": lambda top, other: by_hand(top, top / "t.csv"),
}


@pytest.mark.parametrize("way", WAYS)
def test_one_set_has_the_same_splits_by_every_way_to_it(way: str, plants: Path, tmp_path: Path) -> None:
    straight = open_data(plants)
    expected = contents(straight)
    other = open_data(WAYS[way](plants, tmp_path / "other"))
    assert other.classes == straight.classes
    assert contents(other) == expected
    assert {name: list(split.keys) for name, split in other.splits.items()} == {
        name: list(split.keys) for name, split in straight.splits.items()
    }


def test_a_relative_way_to_a_set_gives_the_same_splits(plants: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = contents(open_data(plants))
    for place, source in ((plants, "."), (plants.parent, "plants"), (plants / "oak tree", "..")):
        monkeypatch.chdir(place)
        assert contents(open_data(source)) == expected


# What had one spelling already keeps its key


def test_files_in_ordinary_folders_are_known_by_their_paths_as_ever(tmp_path: Path) -> None:
    files = [f"{name}/{i}.jpg" for name in ("cat", "dog", "Élan") for i in range(40)]
    for file in files:
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).touch()
    labels = [i // 40 for i in range(120)]
    val, test, train = stratified_split(files, labels, (), (0.1, 0.1), 0)  # by the paths as they are spelled
    found = open_data(tmp_path).splits
    assert list(found["train"].keys) == [files[i] for i in train]
    assert list(found["val"].keys) == [files[i] for i in val]
    assert list(found["test"].keys) == [files[i] for i in test]


def test_a_table_beside_its_folder_keeps_the_paths_that_it_has(tmp_path: Path) -> None:
    paths = ["photos/cat/1.jpg", "photos/dog/a b.jpg", f"{tmp_path}/photos/dog/3.jpg"]
    assert table_keys(paths, tmp_path) == (["photos/cat/1.jpg", "photos/dog/a b.jpg", "photos/dog/3.jpg"], True)


def test_a_link_in_a_tables_folder_is_part_of_the_paths_within_it(tmp_path: Path) -> None:
    (tmp_path / "disk" / "cat").mkdir(parents=True)
    (tmp_path / "set").mkdir()
    link(tmp_path / "set" / "photos", tmp_path / "disk")
    link(tmp_path / "other", tmp_path / "set")
    paths = ["photos/cat/1.jpg", f"{tmp_path}/set/photos/cat/2.jpg", f"{tmp_path}/other/photos/cat/3.jpg"]
    assert table_keys(paths, tmp_path / "set")[0] == [f"photos/cat/{i}.jpg" for i in (1, 2, 3)]


# Where one spelling cannot be had


def test_paths_without_a_folder_around_them_are_told_before_drawing(tmp_path: Path) -> None:
    roots = ("/tmp", "/dev/shm")
    rows = [f"{roots[i % 2]}/brickwork-none/{i}.png,{'cat' if i < 6 else 'dog'}" for i in range(12)]
    (tmp_path / "t.csv").write_text("\n".join(["path,label", *rows]))
    notes = open_data(tmp_path / "t.csv").notes
    assert notes[0].startswith("The images lie in no common folder: their whole paths decide the splits")
    rows = [f"{row},{('train', 'val')[i % 2]}" for i, row in enumerate(rows)]
    (tmp_path / "t.csv").write_text("\n".join(["path,label,split", *rows]))
    assert not any("whole paths" in note for note in open_data(tmp_path / "t.csv").notes)  # nothing is drawn


def test_two_files_never_share_a_key() -> None:
    twins = ["cat/1.png", "cat /1.png", unicodedata.normalize("NFD", "é/1.png"), "é/1.png", "dog /1.png"]
    assert unique_keys(twins) == (*twins[:4], "dog/1.png")


def test_rows_of_different_files_with_one_normal_path_are_two_images(tmp_path: Path) -> None:
    for name in ("1.png", "1.png "):
        (tmp_path / name).touch()
    assert len(set(table_keys(["1.png", "1.png "], tmp_path)[0])) == 2
    assert len(set(table_keys(["1.png", "./1.png"], tmp_path)[0])) == 1


def test_one_image_by_two_ways_in_a_table_is_one_row(plants: Path) -> None:
    link(plants.parent / "way", plants)
    rows = f"a/1.png,x\n{plants.parent}/way/a/1.png,x\na/../a/1.png,y\n"
    (plants / "t.csv").write_text(f"path,label\n{rows}")
    with pytest.raises(BrickworkError, match=r"line 4: a/1\.png is 'y' here and 'x' in line 2"):
        open_data(plants / "t.csv")


@pytest.mark.parametrize(
    ("spelled", "normal"),
    [
        ("cat/1.png", "cat/1.png"),
        ("./cat//1.png", "cat/1.png"),
        ("cat /1.png ", "cat/1.png"),
        ("cat/a  b.png", "cat/a  b.png"),
        (unicodedata.normalize("NFD", "Über/é.png"), "Über/é.png"),
        (" /1.png", " /1.png"),
        ("..a/b..png", "..a/b..png"),
    ],
)
def test_a_path_has_one_spelling(spelled: str, normal: str) -> None:
    assert normal_path(spelled) == normal
    assert normal_path(normal) == normal


def test_names_that_are_no_text_have_keys_too() -> None:
    assert unique_keys([os.fsdecode(b"caf\xe9/1.png")]) == (os.fsdecode(b"caf\xe9/1.png"),)
