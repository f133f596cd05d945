import os
import resource
from pathlib import Path

import numpy as np
import pytest

import pictures
from brickwork.data import open_data
from brickwork.data.cache import store
from brickwork.data.cache.decoded import (
    Cache,
    DecodedSplit,
    ImageFiles,
    Storage,
    changed_names,
    decode_split,
    file_stamp,
    missing_folder,
    sums_of,
)
from brickwork.data.cache.presize import Presize
from brickwork.data.dataset import ArraySplit, FileSplit
from brickwork.data.index import IndexEntry
from brickwork.data.preprocessing import Preprocessing

NETWORK = Preprocessing(3, 16, 16, (0.5,) * 3, (1.0,) * 3)
VIEW, WHOLE = Presize(NETWORK), Presize(NETWORK, whole=True)


@pytest.fixture
def split(tmp_path: Path) -> FileSplit:
    found = open_data(str(pictures.folder(tmp_path / "data"))).splits["train"]
    assert isinstance(found, FileSplit)
    return found


def nobody(done: int) -> None:
    """Nobody counts."""


def read(
    split: FileSplit | ArraySplit, presize: Presize, cache: Cache = "auto", *, memory: bool = False
) -> tuple[DecodedSplit, list[str]]:
    heard: list[str] = []
    sums = sums_of(split, [None] * len(split), nobody)
    return decode_split(split, presize, sums, Storage(memory, cache), heard.append, nobody), heard


def same(one: DecodedSplit, other: DecodedSplit) -> bool:
    pairs = [(one.images.image(i), other.images.image(i)) for i in range(len(one))]
    return len(one) == len(other) and all(np.array_equal(a, b) for a, b in pairs)


@pytest.mark.parametrize("presize", [VIEW, WHOLE], ids=["view", "whole"])
def test_files_memory_and_cache_have_the_same_pixels(split: FileSplit, presize: Presize) -> None:
    files, _ = read(split, presize, "off")
    assert isinstance(files.images, ImageFiles)
    assert not store.list_packs()
    fresh, said = read(split, presize)
    assert said == []
    found, said = read(split, presize)
    assert said == ["24 images come decoded from the cache"]
    assert same(files, fresh)
    assert same(files, found)
    assert np.array_equal(files.counts, found.counts)
    assert len(store.list_packs()) == 1


def test_memory_and_the_cache_are_filled_in_one_reading(split: FileSplit) -> None:
    kept, _ = read(split, VIEW, memory=True)
    found, said = read(split, VIEW)
    assert said
    assert same(kept, found)


def test_arrays_of_the_right_size_are_taken_as_they_are() -> None:
    images = np.random.default_rng(0).integers(0, 256, (5, 3, 16, 16), np.uint8)
    split = ArraySplit(np.arange(5), images, "five", tuple(range(5)))
    found, _ = read(split, VIEW)
    assert all(np.array_equal(found.images.image(i), images[i].transpose(1, 2, 0)) for i in range(5))
    assert found.counts.tolist() == [np.bincount(images[:, c].ravel(), minlength=256).tolist() for c in range(3)]
    assert not store.list_packs()


def test_arrays_of_another_size_are_not_cached_unless_it_is_asked_for() -> None:
    images = np.random.default_rng(0).integers(0, 256, (5, 1, 20, 20), np.uint8)
    split = ArraySplit(np.arange(5), images, "five", tuple(range(5)))
    files, _ = read(split, VIEW)
    assert not store.list_packs()
    found, _ = read(split, VIEW, "always")
    assert store.list_packs()
    assert same(files, found)


def test_what_cannot_be_read_is_named_also_when_the_rest_comes_from_the_cache(split: FileSplit) -> None:
    (split.root / split.files[3]).write_text("<html>")
    (split.root / split.files[5]).unlink()
    (fresh, _), (found, said) = read(split, VIEW), read(split, VIEW)
    assert said
    assert [each.reason for each in found.skipped] == ["HTML text, not an image", "there is no such file"]
    assert [each.name for each in found.skipped] == [split.names[3], split.names[5]]
    assert fresh.skipped == found.skipped
    assert found.names == tuple(name for i, name in enumerate(split.names) if i not in (3, 5))
    assert found.labels.tolist() == np.delete(split.labels, [3, 5]).tolist()
    assert np.array_equal(found.images.image(3), VIEW(split.image(4)))


def test_a_changed_file_is_decoded_anew(split: FileSplit) -> None:
    before, _ = read(split, VIEW)
    (split.root / split.files[0]).write_bytes((split.root / split.files[1]).read_bytes())
    after, said = read(split, VIEW)
    assert said == []
    assert np.array_equal(after.images.image(0), before.images.image(1))


def test_a_damaged_pack_is_made_anew(split: FileSplit) -> None:
    read(split, VIEW)
    ((path, _),) = store.list_packs()
    content = bytearray(path.read_bytes())
    content[100] ^= 8
    path.write_bytes(content)
    after, said = read(split, VIEW)
    assert said == [f"{path} is damaged. It is made anew."]
    assert same(read(split, VIEW, "off")[0], after)
    assert read(split, VIEW)[1] == ["24 images come decoded from the cache"]


@pytest.mark.parametrize("memory", [True, False])
def test_a_full_disk_is_told_and_images_are_read_all_the_same(split: FileSplit, memory: bool) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (5000, hard))
    try:
        found, said = read(split, VIEW, memory=memory)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    reason = f"{store.pack_folder()}: File too large"
    assert said == [f"decoded images are not kept in the cache: {reason}"]
    assert same(found, read(split, VIEW, "off")[0])
    assert not store.list_packs()


def test_a_cache_folder_that_cannot_be_made_is_told(split: FileSplit) -> None:
    store.pack_folder().parent.parent.joinpath(".cache").write_text("a file")
    _, said = read(split, VIEW)
    assert said[0].endswith(f"{store.pack_folder()}: Not a directory")


def entries(split: FileSplit) -> list[IndexEntry]:
    sums = sums_of(split, [None] * len(split), nobody)
    stamps = [file_stamp(split, i) or (0, 0, 0) for i in range(len(split))]
    return [
        IndexEntry(key, "train", "", size, digest, 1, 1, (modified, changed_))
        for key, digest, (size, modified, changed_) in zip(split.keys, sums, stamps, strict=True)
    ]


def test_a_file_that_is_stamped_as_before_is_not_read_for_its_sum(
    split: FileSplit, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = entries(split)
    read_: list[int] = []
    content = FileSplit.read_bytes
    monkeypatch.setattr(FileSplit, "read_bytes", lambda self, i: read_.append(i) or content(self, i))
    os.utime(split.root / split.files[7])
    assert sums_of(split, known, nobody) == [entry.sha256 for entry in known]
    assert read_ == [7]


def test_what_has_changed_since_it_was_indexed_is_named(split: FileSplit) -> None:
    known = entries(split)
    (split.root / split.files[2]).write_bytes(b"other")
    (split.root / split.files[4]).unlink()  # which is said when it is to be read
    os.utime(split.root / split.files[6])
    assert changed_names(split, sums_of(split, known, nobody), known) == [split.names[2]]


def test_a_lost_folder_is_told_from_a_lost_file(split: FileSplit) -> None:
    (split.root / split.files[0]).unlink()
    assert missing_folder(split, 0) is None
    split.root.rename(split.root.with_name("elsewhere"))
    folder = (split.root / split.files[0]).parent
    assert (
        str(missing_folder(split, 0))
        == f"the folder {folder} is gone, and its images with it: is a disk or a share missing?"
    )
