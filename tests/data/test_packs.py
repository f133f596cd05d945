import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from brickwork.data import packs
from brickwork.data.pack import PART, Packing, Writer, counted
from brickwork.data.preprocessing import Preprocessing
from brickwork.data.presize import Presize

PRESIZE = Presize(Preprocessing(1, 8, 8, (0.5,), (1.0,)))


def put(name: str, *, hours: float = 0, side: int = 8) -> Path:
    """A pack that was last used so many hours ago."""
    packing = Packing(1, writer=Writer(packs.folder()))
    image = np.zeros((side, side, 1), np.uint8)
    packing.add(0, image, counted(image))
    packing.finished(packs.place(name))
    then = time.time() - 3600 * hours
    os.utime(packs.place(name), (then, then))
    return packs.place(name)


def test_a_key_depends_on_contents_their_order_and_how_pixels_are_made() -> None:
    sums = ["aa", "bb"]
    keys = [packs.key(sums, PRESIZE), packs.key(sums[::-1], PRESIZE), packs.key(["aa", ""], PRESIZE)]
    keys.append(packs.key(sums, Presize(PRESIZE.preprocessing, whole=True)))
    assert len(set(keys)) == 4
    assert packs.key(["aa", "bb"], PRESIZE) == keys[0]


def test_a_pack_is_found_and_is_then_the_last_one_used() -> None:
    path = put("a", hours=5)
    found = packs.find("a", pytest.fail)
    assert found
    assert found.path == path
    assert time.time() - path.stat().st_mtime < 60
    assert packs.find("b", pytest.fail) is None


def test_a_damaged_pack_is_named_and_removed() -> None:
    path = put("a")
    content = path.read_bytes()
    path.write_bytes(bytes([content[0] ^ 1]) + content[1:])
    heard: list[str] = []
    assert packs.find("a", heard.append) is None
    assert heard == [f"{path} is damaged. It is made anew."]
    assert not path.exists()


def test_the_longest_unused_packs_make_room(monkeypatch: pytest.MonkeyPatch) -> None:
    paths = {name: put(name, hours=hours, side=300) for name, hours in (("new", 1), ("old", 9), ("middle", 5))}
    size = paths["new"].stat().st_size
    monkeypatch.setattr(packs, "free_bytes", lambda path: size)  # a quarter of four packs: room for one
    assert packs.size() == 3 * size
    assert packs.make_room(size // 4, always=False) == ""
    assert not any(path.exists() for path in paths.values())
    again = put("new", side=300)
    assert packs.make_room(size // 4, always=True) == ""
    assert again.exists()


def test_what_has_no_room_is_told_so_and_nothing_is_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    path = put("a")
    monkeypatch.setattr(packs, "free_bytes", lambda path: 4 * 10**9 - packs.size())
    assert packs.make_room(2 * 10**9, always=False) == "they take 2.0 GB, and 25% of the free disk is 1.0 GB"
    assert packs.make_room(5 * 10**9, always=True) == "they take 5.0 GB, and the free disk is 4.0 GB"
    assert path.exists()


def test_what_a_killed_process_was_writing_is_removed_after_a_day() -> None:
    packs.folder().mkdir(parents=True)
    left, under_way = packs.folder() / f"{PART}1", packs.folder() / f"{PART}2"
    for path, hours in ((left, 25), (under_way, 1)):
        path.write_bytes(b"pixels")
        os.utime(path, (time.time() - 3600 * hours,) * 2)
    assert packs.make_room(0, always=False) == ""
    assert [path.name for path in packs.folder().iterdir()] == [under_way.name]


PACKS = """
import sys, time
import numpy as np
from brickwork.data import packs
from brickwork.data.pack import Packing, Writer, counted
images = np.random.default_rng(0).integers(0, 256, (40, 32, 32, 3), np.uint8)
for _ in range(60):
    packing = Packing(3, writer=Writer(packs.folder()))
    for i, image in enumerate(images):
        packing.add(i, image, counted(image))
    assert not packing.fault
    packing.finished(packs.place("same"))
    assert packs.find("same", sys.exit)
"""


def test_processes_that_write_the_same_pack_at_once_do_not_harm_each_other() -> None:
    both = [subprocess.Popen([sys.executable, "-c", PACKS], env=dict(os.environ)) for _ in range(2)]
    assert [process.wait(120) for process in both] == [0, 0]
    assert [path.name for path in packs.folder().iterdir()] == ["same.pack"]
