import json
import os
from dataclasses import astuple, replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from brickwork.data import index
from brickwork.data.dataset import Dataset, FileSplit
from brickwork.data.index import Index, IndexEntry, entry_from, index_path, load_index
from brickwork.errors import BrickworkError
from brickwork.files import cache_folder, write_whole

SUM = sha256(b"pixels").hexdigest()
CAT = IndexEntry("cat/1.jpg", "train", "cat", 6, SUM, 20, 30, (1, 2))
STRANGE = IndexEntry("caf\udce9\n.jpg", "test", "dog", 6, SUM, 0, 0, None, reason="text, not an image")


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BRICKWORK_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def files(*names: str) -> FileSplit:
    return FileSplit(np.zeros(len(names), np.int64), Path(), names)


def test_an_index_comes_back_as_it_was_saved() -> None:
    made = Index("/photos", (CAT, STRANGE))
    path = index.save_index(made)
    assert path.name == sha256(b"/photos").hexdigest() + ".jsonl"
    assert index.load_index("/photos") == made
    assert index.load_index("/others") is None


def test_every_flipped_byte_and_every_cut_is_noticed() -> None:
    path = index.save_index(Index("/photos", (CAT, STRANGE)))
    whole = path.read_bytes()
    for at in range(len(whole)):
        for damaged in (whole[:at] + bytes([whole[at] ^ 4]) + whole[at + 1 :], whole[:at]):
            path.write_bytes(damaged)
            told: list[str] = []
            assert index.load_index("/photos", told.append) is None
            assert told == ["The index of /photos is damaged and is not used: 'brickwork check' makes it anew."]


def test_an_index_of_before_pixels_and_ranges_is_read() -> None:
    deep = replace(CAT, pixels="ab", values=(0.0, 3000.0, 65535.0))
    row = json.loads(index.json_line(astuple(deep)))
    assert entry_from(row) == deep
    assert entry_from(row[:-1]) == replace(deep, values=None)
    assert entry_from(row[:-2]) == CAT


def test_an_index_of_another_version_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    index.save_index(Index("/photos", (CAT,)))
    monkeypatch.setattr(index, "FORMAT", "brickwork index 2")
    told: list[str] = []
    assert index.load_index("/photos", told.append) is None
    assert told == ["The index of /photos is of another version and is not used: run 'brickwork check' again."]


def test_an_index_that_cannot_be_opened_is_not_used() -> None:
    index.index_path("/photos").mkdir(parents=True)
    told: list[str] = []
    assert index.load_index("/photos", told.append) is None
    assert told == [f"The index {index.index_path('/photos')} cannot be read (Is a directory) and is not used."]


def test_the_digest_is_that_of_keys_sums_and_labels_alone() -> None:
    made = Index("/photos", (CAT, STRANGE))
    assert made.digest == Index("/elsewhere", (replace(CAT, stamp=None, split="val"), STRANGE)).digest
    others = [replace(CAT, **{field: "other"}) for field in ("key", "sha256", "label")]
    assert len({made.digest, *(Index("/photos", (other, STRANGE)).digest for other in others)}) == 4


def test_what_is_new_and_what_is_gone_is_told_across_the_splits() -> None:
    made = Index("/photos", (CAT, STRANGE))
    dataset = Dataset("photos", ("cat", "dog"), {"train": files("cat/2.jpg"), "val": files("cat/1.jpg")})
    assert index.new_keys(made, dataset) == ["cat/2.jpg"]
    assert index.missing_keys(made, dataset) == [STRANGE.key]


def test_the_cache_lies_where_the_variables_say(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert cache_folder() == cache
    monkeypatch.delenv("BRICKWORK_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", "/common")
    assert cache_folder() == Path("/common/brickwork")
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache_folder() == Path.home() / ".cache" / "brickwork"


def test_a_write_that_fails_leaves_the_file_before_and_nothing_beside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_whole(tmp_path / "a", b"first")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(BrickworkError, match=r"a cannot be written: No space left on device\."):
        write_whole(tmp_path / "a", b"second")
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"first"]


def test_an_index_from_before_pixels_had_sums_is_read() -> None:
    values = ["cat/1.png", "train", "cat", 9, "ab", 3, 4, [1, 2], ""]
    assert entry_from(values) == entry_from([*values, ""])
    assert entry_from([*values, "cd"]).pixels == "cd"


def test_an_index_of_another_user_or_behind_a_link_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = index.save_index(index.Index("/photos", ()))
    assert path.parent.stat().st_mode & 0o777 == 0o700
    told: list[str] = []
    assert index.load_index("/photos", told.append) == index.Index("/photos", ())
    with monkeypatch.context() as patch:
        patch.setattr(index, "is_foreign", lambda status: True)
        assert index.load_index("/photos", told.append) is None
    path.rename(tmp_path / "index.jsonl")
    path.symlink_to(tmp_path / "index.jsonl")
    assert index.load_index("/photos", told.append) is None
    assert [text.split("(")[1] for text in told] == [
        "it belongs to another user) and is not used.",
        "it is a link, and links are not followed here) and is not used.",
    ]


@pytest.mark.parametrize(
    ("place", "value"),
    [(0, None), (3, -1), (3, 1.5), (3, True), (4, "\N{LATIN SMALL LETTER E WITH ACUTE}b"), (5, "3"), (7, [1]),
     (7, [1, "2"]), (7, 5), (8, 0)],
)  # fmt: skip
def test_a_line_that_is_none_of_an_index_is_not_used(place: int, value: object, tmp_path: Path) -> None:
    values: list[object] = ["cat/1.png", "train", "cat", 9, "ab", 3, 4, [1, 2], "", "cd"]
    values[place] = value
    with pytest.raises(ValueError, match="no line of an index"):
        entry_from(values)
    lines = json.dumps(["brickwork index 1", "a"]).encode() + b"\n" + json.dumps(values).encode() + b"\n"
    path = index_path("a")
    path.parent.mkdir(parents=True)
    path.write_bytes(lines + json.dumps([sha256(lines).hexdigest()]).encode() + b"\n")
    heard: list[str] = []
    assert load_index("a", heard.append) is None
    assert heard == ["The index of a is damaged and is not used: 'brickwork check' makes it anew."]
