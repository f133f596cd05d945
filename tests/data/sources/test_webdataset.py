"""Shards of samples: which files are one, what they are called, and what is said where some are missing or damaged."""

import io
import os
import pickle
import re
import tarfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import fsspec
import numpy as np
import pytest
from PIL import Image

from brickwork.data import address as addresses
from brickwork.data.dataset import Dataset
from brickwork.data.images.decode import Unreadable
from brickwork.data.sources.shards import expand_braces, is_pattern, shards_of
from brickwork.data.sources.webdataset import open_webdataset
from brickwork.errors import BrickworkError


def picture(shade: int) -> bytes:
    file = io.BytesIO()
    Image.new("L", (2, 2), shade).save(file, "PNG")
    return file.getvalue()


def samples(numbers: range, classes: tuple[str, ...] = ("cat", "dog")) -> dict[str, bytes]:
    """Image number i is of shade i; the classes take turns."""
    found = {}
    for i in numbers:
        found[f"{i:04d}.png"], found[f"{i:04d}.cls"] = picture(i), classes[i % len(classes)].encode()
    return found


def archive(files: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return file.getvalue()


def write(folder: Path, **shards: dict[str, bytes]) -> Path:
    for name, files in shards.items():
        path = folder / f"{name.replace('__', '/')}.tar"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(archive(files))
    return folder


def shades(found: Dataset, split: str) -> list[int]:
    """The shades of a split's images; each is that of its name, and its class that of its number."""
    part = found.splits[split]
    values = [image.getpixel((0, 0)) for image, _ in part]
    assert values == [int(re.findall("[0-9]+", key)[-1]) for key in part.keys]
    assert [found.classes[label] for label in part.labels] == [("cat", "dog")[value % 2] for value in values]
    return values


def refusal(source: str | Path, **options: str) -> str:
    with pytest.raises(BrickworkError) as caught:
        open_webdataset(str(source), **options)  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)
    return str(caught.value)


# Splits, keys and names


def test_shards_hold_the_splits_that_their_names_tell_of(tmp_path: Path) -> None:
    write(
        tmp_path, **{"train-000": samples(range(6)), "train-001": samples(range(6, 10)), "test-000": samples(range(4))}
    )
    found = open_webdataset(str(tmp_path))
    assert (found.name, found.classes, found.notes) == (tmp_path.name, ("cat", "dog"), ("There is no val split.",))
    assert shades(found, "train") == list(range(10))
    assert shades(found, "test") == list(range(4))
    assert found.splits["train"].keys[7] == "train-001/0007"
    assert found.splits["train"].names[7] == f"{tmp_path}/train-001.tar#0007.png"


def test_shards_hold_the_splits_that_their_folders_tell_of(tmp_path: Path) -> None:
    write(tmp_path, train__000=samples(range(6)), validation__000=samples(range(4)))
    found = open_webdataset(str(tmp_path))
    assert {split: part.keys[0] for split, part in found.splits.items()} == {
        "train": "train/000/0000",
        "val": "validation/000/0000",
    }


def test_shards_of_no_split_are_drawn_by_the_hash_of_the_keys(tmp_path: Path) -> None:
    write(tmp_path, **{"pets-0": samples(range(100)), "pets-1": samples(range(100, 200))})
    found = open_webdataset(f"{tmp_path}/pets-*.tar", seed=4)
    assert sorted(shade for split in found.splits for shade in shades(found, split)) == list(range(200))
    assert found.notes[0].startswith("No shard's name tells of a split: seed 4 draws 80% of each class for training, ")
    (tmp_path / "pets-1.tar").unlink()
    fewer = open_webdataset(f"{tmp_path}/pets-*.tar", seed=4)
    assert all(set(fewer.splits[split].keys) <= set(part.keys) for split, part in found.splits.items())


def test_a_single_shard_is_a_set_of_its_name(tmp_path: Path) -> None:
    write(tmp_path, pets=samples(range(60)))
    assert open_webdataset(str(tmp_path / "pets.tar")).name == "pets"


def test_groups_are_a_pattern_in_the_keys(tmp_path: Path) -> None:
    write(tmp_path, **{"pets-0": samples(range(100))})
    found = open_webdataset(str(tmp_path / "pets-0.tar"), groups="/([0-9]{3})")
    sets = [set(part.groups) for part in found.splits.values()]
    assert sum(map(len, sets)) == len(set.union(*sets)) == 10


def test_a_shard_without_a_split_beside_others_with_one_is_refused(tmp_path: Path) -> None:
    write(tmp_path, **{"train-0": samples(range(4)), "extra-0": samples(range(4))})
    assert refusal(tmp_path) == (
        f"{tmp_path}: {tmp_path}/extra-0.tar does not tell by its name whether it is train, val or test."
    )


def test_what_is_only_evaluated_needs_no_train_shard(tmp_path: Path) -> None:
    write(tmp_path, **{"test-0": samples(range(4), ("cat",))})
    assert refusal(tmp_path).endswith("holds a single class, 'cat': a network tells at least two apart.")
    assert list(open_webdataset(str(tmp_path), training=False).splits) == ["test"]


# Samples


@pytest.mark.parametrize(
    ("files", "classes"),
    [
        ({"1.jpg": b"", "1.cls": b"10", "2.jpg": b"", "2.cls": b"9\n"}, ("9", "10")),
        ({"1.jpg": b"", "1.json": b'{"label": 10}', "2.jpg": b"", "2.json": b'{"label": "x", "a": [1]}'}, ("10", "x")),
        ({"1.jpg": b"", "1.txt": b"cat", "2.txt": "\ufeffK\u00e4fer".encode(), "2.jpg": b""}, ("cat", "K\u00e4fer")),
        ({"1.jpg": b"", "1.txt": b"a", "1.cls": b"b", "1.json": b'{"label": 3}',
          "2.gif": b"", "2.txt": b"c"}, ("b", "c")),
        ({"a/1.jpg": b"", "a/1.cls": b"x", "b/1.jpg": b"", "b/1.cls": b"y"}, ("x", "y")),
        ({"1.left.PNG": b"", "1.cls": b"x", "2.jpg": b"", "2.cls": b"y"}, ("x", "y")),
    ],
)  # fmt: skip
def test_labels_come_from_cls_json_and_txt(files: dict[str, bytes], classes: tuple[str, ...], tmp_path: Path) -> None:
    found = open_webdataset(str(write(tmp_path, **{"train-0": files})))
    assert found.classes == classes
    assert len(found.splits["train"]) == 2


def test_of_several_images_the_plainest_counts(tmp_path: Path) -> None:
    files = {
        "1.mask.png": b"",
        "1.jpg": b"",
        "1.png": b"",
        "1.cls": b"x",
        "2.a.png": b"",
        "2.b.png": b"",
        "2.cls": b"y",
    }
    found = open_webdataset(str(write(tmp_path, **{"train-0": files})))
    assert [name.partition("#")[2] for name in found.splits["train"].names] == ["1.jpg", "2.a.png"]


@pytest.mark.parametrize(
    "label", [b"", b"two\nlines", b"\xff\xfe", b'{"label": true}', b'{"label": [1]}', b"[1]", b"{", b"[" * 100_000]
)
def test_samples_without_a_label_or_an_image_are_noted_and_left_out(label: bytes, tmp_path: Path) -> None:
    kind = "json" if label[:1] in (b"{", b"[") else "cls"
    files = {**samples(range(4)), "5.png": b"", f"5.{kind}": label, "6.cls": b"cat", "7.png": b""}
    found = open_webdataset(str(write(tmp_path, **{"train-0": files})))
    assert shades(found, "train") == [0, 1, 2, 3]
    assert f"Samples without an image or a label: 3, first {tmp_path}/train-0.tar#5." in found.notes


def test_other_files_and_hidden_ones_are_passed_over_and_counted(tmp_path: Path) -> None:
    files = {**samples(range(4)), "._0001.png": b"", "0001.npy": b"", "readme": b""}
    found = open_webdataset(str(write(tmp_path, **{"train-0": files})))
    assert shades(found, "train") == [0, 1, 2, 3]
    assert found.notes[-1].startswith("Files that are no images are passed over: 3 (")


def test_shards_without_a_sample_are_refused(tmp_path: Path) -> None:
    write(tmp_path, **{"train-0": {"1.png": b""}})
    assert refusal(tmp_path) == (
        f"{tmp_path} holds no image with a label: a sample is 0001.jpg beside 0001.cls, "
        '0001.json with "label", or 0001.txt.'
    )


# Damage


def test_a_cut_shard_is_named_and_read_up_to_the_cut(tmp_path: Path) -> None:
    write(tmp_path, **{"train-0": samples(range(10)), "train-1": samples(range(10, 20))})
    path = tmp_path / "train-0.tar"
    path.write_bytes(path.read_bytes()[: 4 * 2 * 1024 + 540])
    found = open_webdataset(str(tmp_path))
    assert shades(found, "train") == [0, 1, 2, 3, *range(10, 20)]
    assert f"{path} is cut in the member that begins at byte 8,192: 4 samples are read." in found.notes


def test_a_damaged_shard_is_named_and_read_up_to_the_damage(tmp_path: Path) -> None:
    path = write(tmp_path, **{"train-0": samples(range(10))}) / "train-0.tar"
    content = bytearray(path.read_bytes())
    content[6 * 2 * 1024 + 3] ^= 1
    path.write_bytes(content)
    found = open_webdataset(str(tmp_path))
    assert shades(found, "train") == list(range(6))
    assert f"{path} is damaged at byte 12,288: 6 samples are read." in found.notes


def test_what_is_no_archive_is_refused(tmp_path: Path) -> None:
    (tmp_path / "train-0.tar").write_text("<html>404</html>")
    said = f"{tmp_path}/train-0.tar ends at byte 16 without an end mark: it may have been cut: 0 samples are read."
    assert refusal(tmp_path).endswith(said)


def test_an_image_that_a_shard_no_longer_has_is_unreadable(tmp_path: Path) -> None:
    path = write(tmp_path, **{"train-0": samples(range(10))}) / "train-0.tar"
    part = open_webdataset(str(tmp_path)).splits["train"]
    path.write_bytes(path.read_bytes()[:540])
    with pytest.raises(
        Unreadable, match=rf"^{path}#0000\.png is unreadable: its archive gives 28 of its [0-9]+ bytes\.$"
    ):
        part.image(0)
    path.unlink()
    with pytest.raises(Unreadable, match=rf"^{path}#0003\.png is unreadable: there is no {path}\.$"):
        part.image(3)


# Patterns


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("a-{08..11}.tar", ["a-08.tar", "a-09.tar", "a-10.tar", "a-11.tar"]),
        ("a-{8..10}.tar", ["a-8.tar", "a-9.tar", "a-10.tar"]),
        ("{train,val}-{0..1}.tar", ["train-0.tar", "train-1.tar", "val-0.tar", "val-1.tar"]),
        ("s3://a/{0..1}.tar", ["s3://a/0.tar", "s3://a/1.tar"]),
        ("a.tar", ["a.tar"]),
    ],
)
def test_braces_count_and_list(pattern: str, names: list[str]) -> None:
    assert expand_braces(pattern) == names


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("{3..1}.tar", "{3..1}.tar: {3..1} does not count up from one shard to another."),
        ("{0..99999999999}.tar", "{0..99999999999}.tar: {0..99999999999} does not count up from one shard to another."),
        ("{0..999}{0..999}.tar", "{0..999}{0..999}.tar names 1,000,000 shards: more than 100,000 are not read."),
        ("*.tar", "*.tar names no .tar file."),
        ("a.tar.gz", "a.tar.gz is compressed, so no image can be read alone: unpack it to .tar."),
        ("a-{0..3}.tar", "a-{0..3}.tar: 4 of 4 shards are missing, first a-0.tar."),
        ("nothing://a.tar", "nothing://a.tar is not opened: addresses begin with file://, http://, https://, s3://, "),
    ],
)
def test_patterns_that_name_nothing_are_refused(
    pattern: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.tar.gz").touch()
    assert refusal(pattern).startswith(message)


def test_one_missing_shard_of_a_pattern_is_named(tmp_path: Path) -> None:
    write(tmp_path, **{"train-0": samples(range(4)), "train-2": samples(range(4))})
    assert refusal(f"{tmp_path}/train-{{0..2}}.tar").endswith(
        f"1 of 3 shards are missing, first {tmp_path}/train-1.tar."
    )


@pytest.mark.parametrize("source", ["a.tar", "s3://a/b", "a-{0..3}.tar", "shards/*.tar", "a.tgz"])
def test_a_pattern_is_known_by_its_marks(source: str) -> None:
    assert is_pattern(source)


@pytest.mark.parametrize("source", ["photos", "photos/{a}", "a.tar.csv", "photos [old]", "hf:mnist"])
def test_other_words_are_no_pattern(source: str) -> None:
    assert not is_pattern(source)


def test_a_file_whose_name_looks_like_a_pattern_is_that_file(tmp_path: Path) -> None:
    write(tmp_path, **{"a[1]{2..3}": samples(range(4))})
    assert [shard.title for shard in shards_of(f"{tmp_path}/a[1]{{2..3}}.tar")] == ["a[1]{2..3}"]


# Other processes, and addresses


def test_a_split_reads_the_same_in_another_process(tmp_path: Path) -> None:
    part = open_webdataset(str(write(tmp_path, **{"train-0": samples(range(10))}))).splits["train"]
    again = pickle.loads(pickle.dumps(part))
    assert [again.read_bytes(i) for i in range(10)] == [part.read_bytes(i) for i in range(10)]
    some = again.subset([7, 2])
    assert (list(some.keys), some.labels.tolist()) == (["train-0/0007", "train-0/0002"], [1, 0])
    assert some.places.dtype == np.int64


def test_shards_in_a_store_are_read_through_fsspec(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(addresses, "PROTOCOLS", (*addresses.PROTOCOLS, "memory"))  # fsspec's own stand-in for a store
    memory = fsspec.filesystem("memory")
    for name, numbers in {"train-0": range(6), "train-1": range(6, 10), "val-0": range(4)}.items():
        memory.pipe_file(f"/pets/{name}.tar", archive(samples(numbers)))
    try:
        for source in ("memory://pets/", "memory://pets/*-*.tar", "memory:///pets/*.tar"):
            found = open_webdataset(source)
            assert (found.name, shades(found, "train"), shades(found, "val")) == ("pets", [*range(10)], [*range(4)])
            assert found.splits["train"].keys[6] == "train-1/0006"
        assert shades(open_webdataset("memory://pets/train-{0..1}.tar"), "train") == [*range(10)]
        assert refusal("memory://pets/train-{0..2}.tar") == "there is no memory:///pets/train-2.tar."
    finally:
        memory.rm("/pets", recursive=True)


class Ranges(BaseHTTPRequestHandler):
    """Serves one archive, also in parts."""

    content = archive(samples(range(60)))
    asked: list[str] = []  # noqa: RUF012

    def do_HEAD(self) -> None:
        self.answer(b"", 200, len(self.content))

    def do_GET(self) -> None:
        wanted = re.fullmatch("bytes=([0-9]+)-([0-9]+)", self.headers.get("Range", ""))
        if wanted:
            self.asked.append(wanted[0])
            part = self.content[int(wanted[1]) : int(wanted[2]) + 1]
            self.answer(part, 206, len(part), f"bytes {wanted[1]}-{wanted[2]}/{len(self.content)}")
        else:
            self.answer(self.content, 200, len(self.content))

    def answer(self, body: bytes, status: int, length: int, place: str = "") -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(length))
        self.send_header("Accept-Ranges", "bytes")
        if place:
            self.send_header("Content-Range", place)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing is written."""


@pytest.fixture
def address() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Ranges) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/sets/pets.tar"
        server.shutdown()
        thread.join()


def test_an_image_at_an_address_is_fetched_alone(address: str) -> None:
    found = open_webdataset(address)
    assert found.name == "pets"
    Ranges.asked.clear()
    part = found.splits["train"]
    content = part.read_bytes(5)
    assert len(Ranges.asked) == 1
    first, last = map(int, Ranges.asked[0].removeprefix("bytes=").split("-"))
    assert last + 1 - first == len(content)
    assert sum(len(shades(found, split)) for split in found.splits) == 60


# Names that two samples share


@pytest.mark.parametrize(
    ("names", "clash"),
    [
        (["1.png", "1.cls", "2.png", "2.cls", "1.png", "1.cls"], r"1\.png \(byte 512\) and 1\.png \(byte 4,608\)"),
        (["1.png", "1.cls", "1.png", "2.png", "2.cls"], r"1\.png \(byte 512\) and 1\.png \(byte 2,560\)"),
        (["1.png", "2.png", "2.cls", "1.jpg", "1.cls"], r"1\.png \(byte 512\) and 1\.jpg"),  # whose is the label?
        (["1.png", "1.cls", "2.png", "2.cls", "1.txt"], r"1\.cls \(byte 1,536\) and 1\.txt"),
        (["a/é.png", "a/é.cls", "a//e\u0301.png", "a//e\u0301.cls"], r"a/é\.png .* and a//e"),
    ],
)
def test_samples_that_share_a_key_are_an_error_with_both_places(names: list[str], clash: str, tmp_path: Path) -> None:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for number, name in enumerate(names):
            content = picture(number) if name.endswith(("png", "jpg")) else f"label {number}".encode()
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    (tmp_path / "all.tar").write_bytes(file.getvalue())
    with pytest.raises(BrickworkError, match=rf"all\.tar: {clash}.* share a key: give the samples") as caught:
        open_webdataset(tmp_path / "all.tar")
    assert "\n" not in str(caught.value)


def test_all_images_may_stand_before_all_labels(tmp_path: Path) -> None:
    files = samples(range(40))
    apart = dict(sorted(files.items(), key=lambda pair: pair[0].endswith("cls")))
    write(tmp_path, one=files)
    write(tmp_path / "apart", one=apart)
    splits = open_webdataset(tmp_path / "one.tar").splits, open_webdataset(tmp_path / "apart" / "one.tar").splits
    assert [list(split.keys) for split in splits[0].values()] == [list(split.keys) for split in splits[1].values()]


def test_a_pipe_among_the_shards_is_never_opened(tmp_path: Path) -> None:
    write(tmp_path, one=samples(range(8)))
    os.mkfifo(tmp_path / "two.tar")
    with pytest.raises(BrickworkError, match=r"two\.tar is no file, but a folder, a pipe or a device"):
        open_webdataset(tmp_path)
