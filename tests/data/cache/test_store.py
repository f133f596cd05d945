import io
import os
import subprocess
import sys
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from brickwork.data import open_data
from brickwork.data.cache import store
from brickwork.data.cache.decoded import Storage, decode_split, sums_of
from brickwork.data.cache.pack import PART, TAIL, PackBuilder, PackWriter, value_counts
from brickwork.data.cache.presize import Presize
from brickwork.data.dataset import Split
from brickwork.data.preprocessing import Preprocessing

PRESIZE = Presize(Preprocessing(1, 8, 8, (0.5,), (1.0,)))


def key(name: str) -> str:
    return sha256(name.encode()).hexdigest()


def put(name: str, *, hours: float = 0, side: int = 8) -> Path:
    """A pack that was last used so many hours ago."""
    packing = PackBuilder(1, writer=PackWriter(store.pack_folder()))
    image = np.zeros((side, side, 1), np.uint8)
    packing.add(0, image, value_counts(image))
    packing.finish(store.pack_path(key(name)))
    then = time.time() - 3600 * hours
    os.utime(store.pack_path(key(name)), (then, then))
    return store.pack_path(key(name))


def test_a_key_depends_on_contents_their_order_and_how_pixels_are_made() -> None:
    sums = ["aa", "bb"]
    keys = [store.pack_key(sums, PRESIZE), store.pack_key(sums[::-1], PRESIZE), store.pack_key(["aa", ""], PRESIZE)]
    keys.append(store.pack_key(sums, Presize(PRESIZE.preprocessing, whole=True)))
    assert len(set(keys)) == 4
    assert store.pack_key(["aa", "bb"], PRESIZE) == keys[0]


def test_a_pack_is_found_and_is_then_the_last_one_used() -> None:
    path = put("a", hours=5)
    found = store.find_pack(key("a"), pytest.fail)
    assert found
    assert found.path == path
    assert time.time() - path.stat().st_mtime < 60
    assert store.find_pack(key("b"), pytest.fail) is None


def test_a_damaged_pack_is_named_and_removed() -> None:
    path = put("a")
    content = path.read_bytes()
    path.write_bytes(bytes([content[0] ^ 1]) + content[1:])
    heard: list[str] = []
    assert store.find_pack(key("a"), heard.append) is None
    assert heard == [f"{path} is damaged. It is made anew."]
    assert not path.exists()


def test_the_longest_unused_packs_make_room(monkeypatch: pytest.MonkeyPatch) -> None:
    paths = {name: put(name, hours=hours, side=300) for name, hours in (("new", 1), ("old", 9), ("middle", 5))}
    size = paths["new"].stat().st_size
    monkeypatch.setattr(store, "free_bytes", lambda path: size)  # a quarter of four packs: room for one
    assert store.cache_size() == 3 * size
    assert store.make_room(size // 4, always=False) == ""
    assert not any(path.exists() for path in paths.values())
    again = put("new", side=300)
    assert store.make_room(size // 4, always=True) == ""
    assert again.exists()


def test_what_has_no_room_is_told_so_and_nothing_is_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    path = put("a")
    monkeypatch.setattr(store, "free_bytes", lambda path: 4 * 10**9 - store.cache_size())
    assert store.make_room(2 * 10**9, always=False) == "they take 2.0 GB, and 25% of the free disk is 1.0 GB"
    assert store.make_room(5 * 10**9, always=True) == "they take 5.0 GB, and the free disk is 4.0 GB"
    assert path.exists()


def test_what_a_killed_process_was_writing_is_removed_after_a_day() -> None:
    store.pack_folder().mkdir(parents=True)
    left, under_way = store.pack_folder() / f"{PART}{1:016x}", store.pack_folder() / f"{PART}{2:016x}"
    for path, hours in ((left, 25), (under_way, 1)):
        path.write_bytes(b"pixels")
        os.utime(path, (time.time() - 3600 * hours,) * 2)
    assert store.make_room(0, always=False) == ""
    assert [path.name for path in store.pack_folder().iterdir()] == [under_way.name]


PACKS = """
import sys, time
import numpy as np
from brickwork.data.cache import store
from brickwork.data.cache.pack import PackBuilder, PackWriter, value_counts
images = np.random.default_rng(0).integers(0, 256, (40, 32, 32, 3), np.uint8)
for _ in range(60):
    packing = PackBuilder(3, writer=PackWriter(store.pack_folder()))
    for i, image in enumerate(images):
        packing.add(i, image, value_counts(image))
    assert not packing.fault
    packing.finish(store.pack_path("same"))
    assert store.find_pack("same", sys.exit)
"""


def test_processes_that_write_the_same_pack_at_once_do_not_harm_each_other() -> None:
    both = [subprocess.Popen([sys.executable, "-c", PACKS], env=dict(os.environ)) for _ in range(2)]
    assert [process.wait(120) for process in both] == [0, 0]
    assert [path.name for path in store.pack_folder().iterdir()] == ["same.pack"]


# What is not believed


def refuse(name: str) -> str:
    """What is said of a pack that is there and not used; it is gone then."""
    heard: list[str] = []
    assert store.find_pack(key(name), heard.append) is None
    assert not os.path.lexists(store.pack_path(key(name)))
    (said,) = heard
    return said


def test_a_pack_under_another_name_is_noted_and_removed() -> None:
    put("a").rename(store.pack_path(key("b")))
    assert refuse("b") == f"{store.pack_path(key('b'))} holds other images than its name says. It is made anew."


def test_a_pack_of_another_user_is_noted_and_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    path = put("a")
    assert store.find_pack(key("a"), pytest.fail)
    monkeypatch.setattr("brickwork.data.cache.pack.is_foreign", lambda status: status.st_ino == path.stat().st_ino)
    assert refuse("a") == f"{path} belongs to another user and is not used. It is made anew."


def test_a_pack_that_is_a_link_or_a_pipe_is_noted_and_removed(tmp_path: Path) -> None:
    kept = put("a").rename(tmp_path / f"{key('a')}.pack")
    for make in (lambda path: path.symlink_to(kept), lambda path: path.symlink_to(tmp_path / "none"), os.mkfifo):
        make(store.pack_path(key("a")))
        assert refuse("a") == f"{store.pack_path(key('a'))} is damaged. It is made anew."
    assert kept.exists()


HARMS: dict[str, Callable[[dict[str, np.ndarray]], object]] = {
    "a size that is negative": lambda table: table.update(sizes=np.array([[-8, -8]])),
    "a size beyond the pixels": lambda table: table.update(sizes=np.array([[2**31, 2**33]])),
    "sizes of another kind": lambda table: table.update(sizes=np.array([[8.0, 8.0]])),
    "sizes of one number": lambda table: table.update(sizes=np.array([64])),
    "too many positions": lambda table: table.update(positions=np.array([0, 1])),
    "counts of three values": lambda table: table.update(counts=np.zeros((1, 3), np.int64)),
    "no counts": lambda table: table.pop("counts"),
    "no sums": lambda table: table.update(sums=np.empty(0, np.uint32)),
    "no key": lambda table: table.pop("key"),
    "reasons that are no JSON": lambda table: table.update(reasons=np.frombuffer(b"[[", np.uint8)),
    "reasons that are no list": lambda table: table.update(reasons=np.frombuffer(b"7", np.uint8)),
}


@pytest.mark.parametrize("harm", HARMS.values(), ids=HARMS)
def test_a_pack_whose_sums_are_right_and_contents_wrong_is_noted_and_removed(
    harm: Callable[[dict[str, np.ndarray]], object],
) -> None:
    path = put("a")
    content = path.read_bytes()
    start, _, magic = TAIL.unpack(content[-TAIL.size :])
    table = dict(np.load(io.BytesIO(content[start : -TAIL.size])))
    harm(table)
    file = io.BytesIO()
    np.savez(file, **table)
    path.write_bytes(content[:start] + file.getvalue() + TAIL.pack(start, sha256(file.getvalue()).digest(), magic))
    assert refuse("a") == f"{path} is damaged. It is made anew."


def test_only_packs_make_room(monkeypatch: pytest.MonkeyPatch) -> None:
    path = put("a", hours=5)
    for name in ("thesis.tex", f"pack-{key('a')}.pack", f"{PART}1", f"{key('b')}.idx"):
        (store.pack_folder() / name).write_bytes(b"x" * 10**6)
        os.utime(store.pack_folder() / name, (0, 0))
    monkeypatch.setattr(store, "free_bytes", lambda path: 0)
    assert store.make_room(store.cache_size(), always=True) == ""
    assert not path.exists()
    assert len(list(store.pack_folder().iterdir())) == 4


def photos(folder: Path) -> tuple[Split, list[str]]:
    """Twenty images, of which the training split is given, and the sums of its images."""
    for number in range(20):
        path = folder / ("cat", "dog")[number % 2] / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (9, 9), number).save(path)
    train = open_data(folder).splits["train"]
    return train, sums_of(train, [None] * len(train), lambda done: None)


def test_the_packs_of_a_training_are_for_this_user_alone(tmp_path: Path) -> None:
    train, sums = photos(tmp_path / "photos")
    storage = Storage(memory=False, cache="always")
    for said in ([], [f"{len(train)} images come decoded from the cache"]):
        heard: list[str] = []
        decode_split(train, PRESIZE, sums, storage, heard.append, lambda done: None)
        assert heard == said
    assert store.cache_folder().stat().st_mode & 0o777 == 0o700
    assert store.pack_folder().stat().st_mode & 0o777 == 0o700


def test_a_pack_of_other_images_under_a_right_key_is_made_anew(tmp_path: Path) -> None:
    train, sums = photos(tmp_path / "photos")
    path = store.pack_path(store.pack_key(sums, PRESIZE))
    packing = PackBuilder(1, writer=PackWriter(store.pack_folder()))
    image = np.zeros((8, 8, 1), np.uint8)
    packing.add(0, image, value_counts(image))
    packing.finish(path)  # of one image
    heard: list[str] = []
    found = decode_split(train, PRESIZE, sums, Storage(False, "always"), heard.append, lambda done: None)
    assert heard == [f"{path} holds other images than its name says. It is made anew."]
    assert len(found) == len(train) > 1
