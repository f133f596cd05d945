import io
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from PIL import Image

from brickwork.data import open_data
from brickwork.data.sources.open import KINDS
from brickwork.errors import BrickworkError


def test_a_word_names_an_embedded_set() -> None:
    assert open_data("fashion").name == "fashion"


def test_a_folder_of_class_folders_takes_the_folders_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("cat", "dog"):
        (tmp_path / "pets" / name).mkdir(parents=True)
        Image.new("L", (3, 3)).save(tmp_path / "pets" / name / "1.png")
    monkeypatch.chdir(tmp_path / "pets")
    assert open_data(".").name == "pets"
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert open_data("~/pets").classes == ("cat", "dog")


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("fashoin", "unknown data 'fashoin': did you mean 'fashion'? There is no folder of this name here either."),
        ("cifar10", "unknown data 'cifar10': known: fashion. There is no folder of this name here either."),
        ("x" * 300, f"unknown data '{'x' * 300}': known: fashion. There is no folder of this name here either."),
        ("", "unknown data '': known: fashion. There is no folder of this name here either."),
        ("./gone", f"there is no folder or file ./gone: data is {KINDS}."),
        ("~/gone", f"there is no folder or file ~/gone: data is {KINDS}."),
    ],
)
def test_what_is_not_there_is_refused(
    source: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BrickworkError) as caught:
        open_data(source)
    assert str(caught.value) == message


def test_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_text("")
    with pytest.raises(BrickworkError, match=r"a\.zip is a file: data is a folder of class folders, of idx "):
        open_data(str(tmp_path / "a.zip"))


def test_a_manifest_is_opened_by_its_ending(tmp_path: Path) -> None:
    (tmp_path / "photos.csv").write_text("path,label,patient\n" + "".join(f"{i},{i % 2},p{i}\n" for i in range(9)))
    found = open_data(str(tmp_path / "photos.csv"), groups="patient")
    assert (found.name, found.source, found.groups) == ("photos", str(tmp_path / "photos.csv"), "patient")


def test_the_errors_name_every_kind_of_source() -> None:
    for word in ("class folders", "idx", ".tar", ".csv", ".tsv", ".parquet", "s3://", "hf:", "fashion"):
        assert word in KINDS


def test_shards_are_opened_from_a_folder_a_file_and_a_pattern(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pets").mkdir()
    for shard in ("train-0", "train-1"):
        with tarfile.open(tmp_path / "pets" / f"{shard}.tar", "w") as tar:
            for name, content in {"1.png": b"", "1.cls": b"a", "2.png": b"", "2.cls": b"b"}.items():
                member = tarfile.TarInfo(name)
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))
    sources = {"pets": "pets", "pets/train-0.tar": "pets/train-0.tar", "pets/train-{0..1}.tar": "pets/train-{0..1}.tar"}
    for source, whole in sources.items():
        found = open_data(source)
        assert (found.classes, found.source) == (("a", "b"), str(tmp_path / whole))
        assert len(found.splits["train"]) == (2 if source.endswith("0.tar") else 4)


def test_a_folder_of_class_folders_with_an_archive_beside_them_is_one_of_class_folders(tmp_path: Path) -> None:
    for name in ("cat", "dog"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "1.png").touch()
    (tmp_path / "copy.tar").touch()
    assert open_data(str(tmp_path)).classes == ("cat", "dog")


def test_what_evaluation_alone_needs_is_opened_for_it_alone(tmp_path: Path) -> None:
    (tmp_path / "test" / "cat").mkdir(parents=True)
    (tmp_path / "test" / "cat" / "1.png").touch()
    assert list(open_data(str(tmp_path), training=False).splits) == ["test"]
    with pytest.raises(BrickworkError, match="holds a single class"):
        open_data(str(tmp_path / "test"))


def test_groups_of_images_without_paths_are_refused() -> None:
    with pytest.raises(BrickworkError, match=r"^groups: the images of fashion have no paths to look for '\(a\)' in\.$"):
        open_data("fashion", groups="(a)")


def test_opening_data_does_not_import_torch() -> None:
    code = "import sys, brickwork.data as d; d.open_data('fashion'); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_home_that_nobody_has_is_no_folder() -> None:
    with pytest.raises(BrickworkError, match="there is no folder or file ~nobody-of-this-name/photos"):
        open_data("~nobody-of-this-name/photos")


def test_a_folder_of_nearly_that_name_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "photos").mkdir()
    (tmp_path / "notes").mkdir()
    for typed in ("photso", "./phots", "phots/", "photo", str(tmp_path / "photoss")):
        with pytest.raises(BrickworkError, match=r" Did you mean (\S*/)?photos\?$"):
            open_data(typed)
    with pytest.raises(BrickworkError) as fault:
        open_data("leaves")
    assert "Did you mean" not in str(fault.value)


@pytest.mark.parametrize(
    ("name", "command"),
    [("my photos.zip", "unzip 'my photos.zip'"), ("a.ZIP", "unzip a.ZIP"), ("a.tar", "tar xf a.tar"),
     ("a.tar.gz", "tar xf a.tar.gz"), ("a.tgz", "tar xf a.tgz"), ("a.7z", "7z x a.7z")],
)  # fmt: skip
def test_an_archive_is_answered_with_the_line_that_unpacks_it(
    name: str, command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cat").mkdir()
    Image.new("L", (4, 4)).save(tmp_path / "cat" / "1.png")
    with tarfile.open(name, "w") as archive:
        archive.add("cat")
    with pytest.raises(BrickworkError) as fault:
        open_data(name)
    assert str(fault.value).endswith(f" Unpack it first: {command}")
