import os
import time
import unicodedata
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from brickwork.data.dataset import Dataset, FileSplit
from brickwork.data.sources.folder import open_folder
from brickwork.errors import BrickworkError
from calls import calls


def fill(folder: Path, *files: str) -> Path:
    """Small images where the name ends in .jpg or .png, text elsewhere; a name that ends in / is a folder."""
    for file in files:
        path = folder / file
        if file.endswith("/"):
            path.mkdir(parents=True, exist_ok=True)
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix in (".jpg", ".png"):
            Image.new("RGB", (2, 2)).save(path)
        else:
            path.write_text("some text")
    return folder


def touch(folder: Path, *files: str) -> Path:
    """Files of nothing: a set is opened without reading them."""
    for file in files:
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).touch()
    return folder


def files(dataset: Dataset, split: str) -> dict[str, list[str]]:
    """A split's files by class."""
    found = dataset.splits[split]
    assert isinstance(found, FileSplit)
    pairs = list(zip(found.files, found.labels.tolist(), strict=True))
    return {name: [file for file, label in pairs if label == i] for i, name in enumerate(dataset.classes)}


def many(name: str, count: int) -> list[str]:
    return [f"{name}/{i}.png" for i in range(count)]


def refusal(folder: Path) -> str:
    with pytest.raises(BrickworkError) as caught:
        open_folder(folder, seed=0)
    assert "\n" not in str(caught.value)
    return str(caught.value).replace(str(folder), "DATA")


# Class folders with splits above them


def test_the_splits_are_those_of_the_folders(tmp_path: Path) -> None:
    fill(
        tmp_path,
        "train/cat/1.jpg",
        "train/dog/1.jpg",
        "val/cat/2.jpg",
        "val/dog/2.jpg",
        "test/cat/3.jpg",
        "test/dog/3.jpg",
    )
    found = open_folder(tmp_path, seed=0)
    assert found.classes == ("cat", "dog")
    assert files(found, "train") == {"cat": ["train/cat/1.jpg"], "dog": ["train/dog/1.jpg"]}
    assert files(found, "val") == {"cat": ["val/cat/2.jpg"], "dog": ["val/dog/2.jpg"]}
    assert files(found, "test") == {"cat": ["test/cat/3.jpg"], "dog": ["test/dog/3.jpg"]}
    assert (found.name, found.shape, found.notes) == (tmp_path.name, None, ())


@pytest.mark.parametrize("names", [("Training", "validation", "Testing"), ("TRAIN", "valid", "test")])
def test_splits_go_by_several_names(names: tuple[str, str, str], tmp_path: Path) -> None:
    fill(tmp_path, *(f"{split}/{name}/1.jpg" for split in names for name in ("cat", "dog")))
    assert list(open_folder(tmp_path, seed=0).splits) == ["train", "val", "test"]


def test_class_ids_come_from_the_union_of_the_names_in_natural_order(tmp_path: Path) -> None:
    fill(
        tmp_path,
        "train/class10/1.jpg",
        "train/class2/1.jpg",
        "train/Class3/1.jpg",
        "test/class1/1.jpg",
        "test/class10/2.jpg",
    )
    found = open_folder(tmp_path, seed=0)
    assert found.classes == ("class1", "class2", "Class3", "class10")
    assert found.splits["train"].labels.tolist() == [1, 2, 3]
    assert found.splits["test"].labels.tolist() == [0, 3]
    assert "The train split has no images of class1." in found.notes
    assert "The test split has no images of class2, Class3." in found.notes
    assert "There is no val split." in found.notes


def test_accents_are_one_class_however_the_file_system_writes_them(tmp_path: Path) -> None:
    name = "café"
    fill(
        tmp_path,
        f"train/{unicodedata.normalize('NFC', name)}/1.jpg",
        f"test/{unicodedata.normalize('NFD', name)}/1.jpg",
    )
    fill(tmp_path, "train/tea/1.jpg", "test/tea/1.jpg")
    assert open_folder(tmp_path, seed=0).classes == ("café", "tea")


def test_folders_below_a_class_belong_to_it(tmp_path: Path) -> None:
    fill(tmp_path, "train/cat/1.jpg", "train/cat/indoors/left/2.jpg", "train/dog/dog/3.jpg")
    found = files(open_folder(tmp_path, seed=0), "train")
    assert found == {"cat": ["train/cat/1.jpg", "train/cat/indoors/left/2.jpg"], "dog": ["train/dog/dog/3.jpg"]}


def test_images_and_folders_that_are_in_no_class_are_noted(tmp_path: Path) -> None:
    fill(tmp_path, "train/cat/1.jpg", "train/dog/1.jpg", "train/2.jpg", "3.jpg", "extra/cat/1.jpg", "test/1.jpg")
    found = open_folder(tmp_path, seed=0)
    assert list(found.splits) == ["train"]
    assert "Images outside class folders have no label and are not used: 3." in found.notes
    assert "Folders beside the splits are not used: extra." in found.notes
    assert "There is no test split." in found.notes


def test_class_names_that_differ_in_case_are_noted(tmp_path: Path) -> None:
    fill(tmp_path, "train/Cat/1.jpg", "train/dog/1.jpg", "test/cat/1.jpg", "test/dog/1.jpg")
    found = open_folder(tmp_path, seed=0)
    assert found.classes == ("Cat", "cat", "dog")
    assert "Class names that differ in case alone are kept apart: Cat, cat." in found.notes


def test_an_empty_class_folder_is_left_out_and_noted(tmp_path: Path) -> None:
    fill(tmp_path, "train/cat/1.jpg", "train/dog/1.jpg", "train/eel/", "train/fox/readme.txt")
    found = open_folder(tmp_path, seed=0)
    assert found.classes == ("cat", "dog")
    assert "Class folders without images are left out: eel, fox." in found.notes


# Class folders without splits


def test_without_splits_every_class_is_drawn_in_three(tmp_path: Path) -> None:
    found = open_folder(fill(tmp_path, *many("cat", 20), *many("dog", 10), *many("eel", 3)), seed=0)
    counts = {split: [len(part) for part in files(found, split).values()] for split in found.splits}
    assert counts == {"train": [15, 8, 1], "val": [3, 1, 1], "test": [2, 1, 1]}
    assert found.notes == (
        "There are no train, val and test folders: seed 0 draws 80% of each class for training, 10% for validation "
        "and 10% for testing.",
    )


def test_classes_of_one_and_two_images_are_trained_on(tmp_path: Path) -> None:
    found = open_folder(fill(tmp_path, *many("cat", 1), *many("dog", 2), *many("eel", 3)), seed=0)
    assert [len(part) for part in files(found, "train").values()] == [1, 2, 1]
    assert found.notes[0].endswith("for testing; a class of fewer than 3 images is in train alone.")
    assert "The val split has no images of cat, dog." in found.notes


def test_the_three_parts_are_all_the_images_once(tmp_path: Path) -> None:
    whole = [*many("cat", 200), *many("dog", 40), *many("eel", 2)]
    found = open_folder(touch(tmp_path, *whole), seed=0)
    assert sorted(file for split in found.splits for part in files(found, split).values() for file in part) == (
        sorted(whole)
    )


def test_new_images_move_none_of_the_others(tmp_path: Path) -> None:
    before = open_folder(touch(tmp_path, *many("cat", 150), *many("dog", 150)), seed=0)
    after = open_folder(touch(tmp_path, *many("cat", 300), *many("dog", 151), *many("ant", 3)), seed=0)
    for split, images in before.splits.items():
        assert set(images.keys) <= set(after.splits[split].keys)


def test_the_seed_decides_and_neither_the_place_nor_other_classes_do(tmp_path: Path) -> None:
    here, there = fill(tmp_path / "here", *many("cat", 30), *many("dog", 30)), tmp_path / "there"
    fill(there, *many("cat", 30), *many("ant", 5), *many("eel", 12))
    first = files(open_folder(here, seed=3), "test")
    assert files(open_folder(here, seed=3), "test") == first
    assert files(open_folder(there, seed=3), "test")["cat"] == first["cat"]
    assert files(open_folder(here, seed=4), "test") != first


def test_a_class_may_be_called_test(tmp_path: Path) -> None:
    found = open_folder(fill(tmp_path, *many("blood", 3), *many("test", 3)), seed=0)
    assert found.classes == ("blood", "test")
    assert "Taken as a class, as there are no folders inside: test." in found.notes


# Groups


def test_the_images_of_a_group_go_to_one_split(tmp_path: Path) -> None:
    images = [f"{name}/p{patient}_{i}.png" for name in ("cat", "dog") for patient in range(60) for i in range(3)]
    found = open_folder(touch(tmp_path, *images), seed=0, groups=r"(p\d+)_")
    homes: dict[str, set[str]] = {}
    for split, part in found.splits.items():
        for file, group in zip(part.keys, part.groups, strict=True):
            assert group == file.split("/")[1].split("_")[0]
            homes.setdefault(group, set()).add(split)
    assert all(len(splits) == 1 for splits in homes.values())
    assert list(found.splits) == ["train", "val", "test"]
    assert found.notes[0].startswith("There are no train, val and test folders: seed 0 draws 80% of the 60 groups for")
    held = found.splits["train"].subset(range(len(found.splits["train"])))
    without = Dataset("set", found.classes, {"train": held}).with_validation(0.3)
    assert not set(without.splits["train"].groups) & set(without.splits["val"].groups)


def test_groups_of_unlike_sizes_and_those_that_leave_a_class_out_are_noted(tmp_path: Path) -> None:
    large = [f"cat/p1_{i}.png" for i in range(90)]
    found = open_folder(touch(tmp_path, *large, "dog/p2_1.png", "dog/p3_1.png", "dog/p4_1.png"), groups="(p.)_")
    assert any(note.startswith("Groups of unlike sizes make the splits unequal: train has ") for note in found.notes)
    assert "The val split has no images of cat." in found.notes or "The val split has no images of dog." in found.notes


def test_groups_that_given_splits_tear_apart_are_noted(tmp_path: Path) -> None:
    fill(tmp_path, "train/cat/p1_1.jpg", "train/dog/p2_1.jpg", "test/cat/p1_2.jpg", "test/dog/p3_1.jpg")
    found = open_folder(tmp_path, groups="(p.)_")
    assert "Groups with images in more than one split: p1." in found.notes


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("(p", "groups: '(p' is no regular expression: missing ), unterminated subpattern at position 0."),
        (
            "p.",
            "groups: 'p.' has 0 pairs of round brackets: expected one, around what names the group, as in "
            "'(patient[0-9]+)_'.",
        ),
        ("(film)", "groups: '(film)' is found in none of the 4 paths: the first without it is cat/p1.png."),
        ("(p[0-9])", "groups: '(p[0-9])' is not found in 1 of the 4 paths: the first without it is dog/q.png."),
        ("([pq])", "groups: train, val and test need three at least, and there are 2: p, q."),
    ],
)
def test_groups_that_say_nothing_are_refused(pattern: str, message: str, tmp_path: Path) -> None:
    touch(tmp_path, "cat/p1.png", "cat/p2.png", "dog/p3.png", "dog/q.png")
    with pytest.raises(BrickworkError) as caught:
        open_folder(tmp_path, groups=pattern)
    assert str(caught.value) == message


# What evaluation takes


@pytest.mark.parametrize(
    ("layout", "splits", "classes"),
    [
        ("test/cat/1.jpg test/dog/1.jpg", ["test"], ("cat", "dog")),
        ("test/cat/1.jpg", ["test"], ("cat",)),
        ("train/cat/1.jpg train/dog/1.jpg", ["train"], ("cat", "dog")),
        ("cat/1.jpg cat/2.jpg cat/3.jpg", ["train", "val", "test"], ("cat",)),
    ],
)
def test_evaluation_needs_neither_a_train_folder_nor_two_classes(
    layout: str, splits: list[str], classes: tuple[str, ...], tmp_path: Path
) -> None:
    found = open_folder(touch(tmp_path, *layout.split()), training=False)
    assert (list(found.splits), found.classes) == (splits, classes)
    assert list(found.whole().keys) == layout.split()


# What is passed over


def test_hidden_and_junk_entries_are_passed_over_and_counted(tmp_path: Path) -> None:
    fill(tmp_path, *many("cat", 3), *many("dog", 3))
    junk = [".ipynb_checkpoints/1.jpg", "__MACOSX/cat/._1.jpg", ".DS_Store", "@eaDir/1.jpg", "cat/Thumbs.db"]
    fill(tmp_path, *junk, "cat/desktop.ini", "cat/._1.jpg", "cat/.hidden.jpg", "cat/deep/.DS_Store", "dog/@eaDir/1.jpg")
    found = open_folder(tmp_path, seed=0)
    assert found.classes == ("cat", "dog")
    assert sum(map(len, found.splits.values())) == 6
    assert "Hidden and junk entries are passed over: 10." in found.notes


def test_files_that_are_no_images_are_passed_over_and_counted_by_ending(tmp_path: Path) -> None:
    fill(tmp_path, *many("cat", 3), *many("dog", 3), "labels.csv", "cat/1.txt", "cat/2.TXT", "dog/notes")
    found = open_folder(tmp_path, seed=0)
    assert found.notes[-1] == "Files that are no images are passed over: 4 (2 .txt, 1 .csv, 1 without an ending)."


def test_an_image_without_an_ending_is_an_image(tmp_path: Path) -> None:
    fill(tmp_path, *many("cat", 3), *many("dog", 3))
    (tmp_path / "dog/0.png").rename(tmp_path / "dog/0")
    (tmp_path / "cat/0.png").rename(tmp_path / "cat/0.data")
    found = open_folder(tmp_path, seed=0)
    assert sum(map(len, found.splits.values())) == 6
    assert not [note for note in found.notes if "passed over" in note]


@pytest.mark.parametrize("name", ["bad.jpg", "bad.JPEG", "bad.heic", "bad.svg", "bad.nef"])
def test_what_is_called_an_image_is_one_until_it_is_read(name: str, tmp_path: Path) -> None:
    fill(tmp_path, "train/cat/1.jpg", "train/dog/1.jpg")
    (tmp_path / "train/cat" / name).write_text("text")
    assert len(open_folder(tmp_path, seed=0).splits["train"]) == 3


def test_links_are_followed_but_not_in_circles(tmp_path: Path) -> None:
    fill(tmp_path, "data/train/cat/1.jpg", "elsewhere/2.jpg", "data/train/dog/")
    try:
        (tmp_path / "data/train/dog/more").symlink_to(tmp_path / "elsewhere")
        (tmp_path / "data/train/cat/again").symlink_to(tmp_path / "data/train/cat")
        (tmp_path / "data/train/cat/gone.jpg").symlink_to(tmp_path / "nowhere.jpg")
    except OSError:
        pytest.skip("this file system has no links")
    found = files(open_folder(tmp_path / "data", seed=0), "train")
    assert found["dog"] == ["train/dog/more/2.jpg"]
    assert found["cat"] == ["train/cat/1.jpg", "train/cat/gone.jpg"]


def test_a_link_to_itself_is_one_unreadable_image(tmp_path: Path) -> None:
    fill(tmp_path, *many("cat", 4), *many("dog", 4))
    (tmp_path / "cat" / "self.png").symlink_to("self.png")
    dataset = open_folder(tmp_path, seed=0)
    assert sum(len(split) for split in dataset.splits.values()) == 9


def test_names_are_printable_and_files_are_found_whatever_they_are_called(tmp_path: Path) -> None:
    strange = os.fsdecode(b"caf\xe9\n")
    try:
        fill(tmp_path, f"train/{strange}/1.png", "train/dog/1.png")
    except (OSError, UnicodeError):
        pytest.skip("this file system takes no such name")
    found = open_folder(tmp_path, seed=0)
    assert found.classes == ("caf\\udce9\\n", "dog")
    assert found.splits["train"].names[0] == str(tmp_path / "train/caf\\udce9\\n/1.png")
    assert found.splits["train"].image(0).size == (2, 2)


# What is refused

LAYOUT = "data is a folder of class folders (cat/1.jpg, dog/2.jpg), with or without train, val and test above them."
SINGLE = "DATA holds a single class, {}: a network tells at least two apart."
ADD = SINGLE.format("'cat'") + " Add a folder for each further class."
AROUND = SINGLE.format("'pets'") + " Did you mean DATA/pets?"


@pytest.mark.parametrize(
    ("layout", "message"),
    [
        ("", f"DATA is empty: {LAYOUT}"),
        (".DS_Store", f"DATA is empty: {LAYOUT}"),
        ("notes.txt cat/notes.txt", f"DATA holds no images: {LAYOUT}"),
        ("cat/ dog/", f"DATA holds no images: {LAYOUT}"),
        ("1.jpg 2.jpg", f"DATA holds 2 images, but in no class folder: {LAYOUT}"),
        ("train/1.jpg test/1.jpg", f"DATA holds 2 images, but in no class folder: {LAYOUT}"),
        ("cat/1.jpg", ADD),
        ("cat/1.jpg dog/", ADD),
        ("train/cat/1.jpg test/cat/1.jpg", ADD),
        ("pets/cat/1.jpg pets/dog/1.jpg", AROUND),
        ("pets/train/cat/1.jpg", AROUND),
        ("test/cat/1.jpg val/dog/1.jpg", f"DATA has no train folder beside val and test: {LAYOUT}"),
        ("cat/1.jpg dog/1.jpg test/cat/1.jpg", f"DATA has no train folder beside test: {LAYOUT}"),
        ("train/ val/dog/1.jpg val/cat/1.jpg", f"DATA: the train folder holds no images in class folders: {LAYOUT}"),
        ("val/cat/1.jpg valid/cat/1.jpg train/", "DATA has two val folders, val and valid: keep one of them."),
    ],
)
def test_a_layout_that_cannot_be_trained_on_is_refused(layout: str, message: str, tmp_path: Path) -> None:
    assert refusal(fill(tmp_path, *layout.split())) == message


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="nothing is forbidden to root")
def test_a_folder_that_may_not_be_read_is_named(tmp_path: Path) -> None:
    fill(tmp_path, *many("cat", 3), "dog/")
    (tmp_path / "dog").chmod(0)
    assert refusal(tmp_path) == "DATA/dog cannot be listed: Permission denied."


# Speed


def test_no_file_is_opened_whose_name_tells_what_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    touch(tmp_path, *many("cat", 3), *many("dog", 3))
    opened: list[str] = []
    monkeypatch.setattr("builtins.open", lambda path, *_: opened.append(str(path)))
    open_folder(tmp_path)
    assert opened == []


def test_every_file_costs_the_same_few_calls_however_many_there_are(tmp_path: Path) -> None:
    few, twice = (
        touch(tmp_path / str(count), *many("cat", count // 2), *many("dog", count // 2)) for count in (1000, 2000)
    )
    more = calls(lambda: open_folder(twice))
    more.subtract(calls(lambda: open_folder(few)))
    assert more.total() < 80 * 1000
    assert more["stat"] == more["lstat"] == 0  # the folder's own listing says what is a file


# Folders that a training leaves behind


def run_folder(path: Path) -> None:
    """What is in a run folder, its picture of the curve among it."""
    fill(
        path.parent, *(f"{path.name}/{name}" for name in ("run.json", "recipe.toml", "curve.svg", "checkpoints/1.txt"))
    )


def test_run_folders_are_passed_over_and_counted_wherever_they_lie(tmp_path: Path) -> None:
    images = [*many("cat", 12), *many("dog", 12)]
    before = open_folder(fill(tmp_path, *images), seed=0)
    for place in ("runs/a-1", "runs/b-1", "mine", "cat/deeper/runs/c-1"):
        run_folder(tmp_path / place)
    after = open_folder(tmp_path, seed=0)
    assert after.classes == before.classes
    assert [split.keys for split in after.splits.values()] == [split.keys for split in before.splits.values()]
    note = "Run folders are passed over: 4 (cat/deeper/runs/c-1, mine, runs/a-1, runs/b-1)."
    assert after.notes == (*before.notes, note)


def test_run_folders_beside_splits_and_shards_are_passed_over(tmp_path: Path) -> None:
    fill(tmp_path, *many("train/cat", 3), *many("train/dog", 3))
    run_folder(tmp_path / "runs" / "a-1")
    found = open_folder(tmp_path, seed=0)
    assert found.classes == ("cat", "dog")
    assert list(found.splits) == ["train"]
    assert "Run folders are passed over: 1 (runs/a-1)." in found.notes
    assert not any("beside the splits" in note for note in found.notes)


def test_a_class_may_be_called_runs(tmp_path: Path) -> None:
    fill(tmp_path, *many("runs", 3), *many("jumps", 3), "jumps/recipe.toml")
    found = open_folder(tmp_path, seed=0)
    assert found.classes == ("jumps", "runs")
    assert not any("Run folders" in note for note in found.notes)


# Names that differ in blanks


def test_a_blank_at_a_folders_end_makes_no_class_of_its_own(tmp_path: Path) -> None:
    fill(tmp_path, *many("cat", 5), "cat /7.png", "cat /8.png", "cat /1.png", *many("dog", 5))
    found = open_folder(tmp_path, seed=0)
    assert found.classes == ("cat", "dog")
    assert sum(map(len, found.splits.values())) == 13
    keys = [key for split in found.splits.values() for key in split.keys]
    assert {"cat/7.png", "cat/8.png", "cat/1.png", "cat /1.png"} <= set(keys)
    assert len(set(keys)) == 13
    assert "One class with the folder of that name without blanks or with its accents: 'cat '." in found.notes


def test_class_names_that_differ_in_blanks_inside_are_noted(tmp_path: Path) -> None:
    fill(tmp_path, *many("red fox", 3), *many("Redfox", 3), *many("cat", 3))
    found = open_folder(tmp_path, seed=0)
    assert found.classes == ("cat", "red fox", "Redfox")
    assert "Class names that differ in case or blanks alone are kept apart: red fox, Redfox." in found.notes


# What is no file


def test_pipes_and_devices_are_never_opened(tmp_path: Path) -> None:
    fill(tmp_path, *many("cat", 4), *many("dog", 4))
    os.mkfifo(tmp_path / "cat" / "pipe")
    os.mkfifo(tmp_path / "dog" / "pipe.png")
    (tmp_path / "cat" / "device").symlink_to("/dev/zero")
    found = open_folder(tmp_path, seed=0)  # opening the pipe would wait for ever
    assert sum(map(len, found.splits.values())) == 9
    assert "Files that are no images are passed over: 2 (2 without an ending)." in found.notes
    reasons = []
    for split in found.splits.values():
        for i in range(len(split)):
            try:
                split.read_bytes(i)
            except BrickworkError as error:
                reasons.append(str(error))
    assert len(reasons) == 1
    assert reasons[0].endswith("pipe.png is unreadable: a device or a pipe, not a file.")


def test_links_that_lead_back_up_are_named(tmp_path: Path) -> None:
    fill(tmp_path, *many("cat", 4), *many("dog", 4), "dog/deep/1.png")
    (tmp_path / "dog" / "deep" / "round").symlink_to(tmp_path / "dog")
    (tmp_path / "self").symlink_to("self")
    found = open_folder(tmp_path, seed=0)
    where = "themselves, back up or to a folder of this class"
    assert f"Links that lead to {where} are not followed: dog/deep/round, self." in found.notes
    assert found.classes == ("cat", "dog")
    assert sum(map(len, found.splits.values())) == 9


def test_a_folder_is_read_once_however_many_links_lead_to_it(tmp_path: Path) -> None:
    """Ten folders that all link to each other have ten times nine times eight ... ways through them."""
    places = [f"cat/{name}" for name in "abcdefghij"]
    fill(tmp_path, *(f"{place}/{number}.png" for place in places for number in range(2)), *many("dog", 4))
    for place in places:
        for other in places:
            if other != place:
                (tmp_path / place / f"to {other[-1]}").symlink_to(tmp_path / other)
    fill(tmp_path.parent / "elsewhere", "deep/1.png", "2.png")
    for name in ("one", "two"):
        (tmp_path / "dog" / name).symlink_to(tmp_path.parent / "elsewhere")
    (tmp_path / "fox").symlink_to(tmp_path / "dog")  # another class reads it as its own
    start = time.monotonic()
    found = open_folder(tmp_path, seed=0)
    assert time.monotonic() - start < 10
    counts = np.bincount(np.concatenate([split.labels for split in found.splits.values()]))
    assert found.classes == ("cat", "dog", "fox")
    assert counts.tolist() == [20, 6, 6]
    files = {file for split in found.splits.values() for file in split.files}  # type: ignore[attr-defined]
    assert {"cat/a/0.png", "cat/j/1.png", "dog/one/deep/1.png", "dog/one/2.png", "fox/one/2.png"} <= files
    (note,) = [note for note in found.notes if note.startswith("Links that ")]
    assert note.endswith(" and 87 more.")


def test_folders_nested_beyond_sense_are_one_sentence(tmp_path: Path) -> None:
    fill(tmp_path, *many("cat", 4), *many("dog", 4))
    place = tmp_path / "cat"
    for _ in range(130):
        place = place / "b"
        place.mkdir()
    text = refusal(tmp_path)
    assert text.endswith("Take that folder out of the data.")
    assert text.startswith("More than 100 folders lie inside one another: ")
    assert "/b/b/b" in text
    assert len(text) < 300
