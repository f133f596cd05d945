import os
import subprocess
import sys
import time
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from brickwork.data.cache import store
from brickwork.data.cache.pack import PART, PackBuilder, PackWriter, value_counts
from brickwork.data.cache.presize import Presize
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
