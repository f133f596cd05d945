import io
import pickle
import resource
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from brickwork.data.cache.pack import (
    TAIL,
    Pack,
    PackBuilder,
    PackWriter,
    allocate,
    map_pack,
    read_pack,
    value_counts,
    verify_pack,
)
from brickwork.errors import BrickworkError

CHANCE = np.random.default_rng(0)
IMAGES = [CHANCE.integers(0, 256, (h, w, 3), np.uint8) for h, w in ((4, 6), (5, 5), (9, 2))]


def packed(path: Path | None, *, memory: bool = False) -> tuple[Pack, PackBuilder]:
    packing = PackBuilder(3, np.empty(1000, np.uint8) if memory else None, PackWriter(path.parent) if path else None)
    for position, image in zip((0, 2, 3), IMAGES, strict=True):
        packing.add(position, image, value_counts(image))
    packing.skip(1, "nothing but zero bytes")
    return packing.finish(path or Path()), packing


def assert_holds_the_images(pack: Pack) -> None:
    assert len(pack) == 3
    assert all(np.array_equal(pack.image(i), image) for i, image in enumerate(IMAGES))
    assert pack.positions.tolist() == [0, 2, 3]
    assert pack.reasons == ((1, "nothing but zero bytes"),)


def test_what_is_packed_comes_out_as_it_was(tmp_path: Path) -> None:
    pack, _ = packed(tmp_path / "a.pack")
    assert_holds_the_images(pack)
    assert pack.path == tmp_path / "a.pack"
    assert [file.name for file in tmp_path.iterdir()] == ["a.pack"]


def test_a_pack_can_live_in_memory_alone() -> None:
    pack, _ = packed(None, memory=True)
    assert_holds_the_images(pack)
    assert_holds_the_images(pickle.loads(pickle.dumps(pack)))


def test_values_are_counted_channel_by_channel(tmp_path: Path) -> None:
    pack, _ = packed(tmp_path / "a.pack")
    values = np.concatenate([image.reshape(-1, 3) for image in IMAGES])
    assert pack.counts.tolist() == [np.bincount(values[:, c], minlength=256).tolist() for c in range(3)]
    grey = np.array([[[3], [255]]], np.uint8)
    assert np.flatnonzero(value_counts(grey)).tolist() == [3, 255]


def test_a_pack_with_a_file_is_sent_to_another_process_by_its_path(tmp_path: Path) -> None:
    pack, _ = packed(tmp_path / "a.pack")
    sent = pickle.dumps(pack)
    assert len(sent) < 300
    assert_holds_the_images(pickle.loads(sent))


def test_mapped_pixels_may_be_written_to_and_the_file_stays_as_it_is(tmp_path: Path) -> None:
    pack, _ = packed(tmp_path / "a.pack")
    pack.image(0)[:] = 0
    assert_holds_the_images(map_pack(tmp_path / "a.pack"))


def test_a_pack_of_no_image_at_all_can_be_read(tmp_path: Path) -> None:
    packing = PackBuilder(3, writer=PackWriter(tmp_path))
    packing.skip(0, "empty (0 bytes)")
    assert packing.finish(tmp_path / "a.pack").reasons == ((0, "empty (0 bytes)"),)


def opened(path: Path) -> None:
    verify_pack(*read_pack(path))


def test_every_flipped_bit_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "a.pack"
    packed(path)
    content = path.read_bytes()
    opened(path)
    for place in np.random.default_rng(1).choice(len(content), 150, replace=False).tolist():
        path.write_bytes(content[:place] + bytes([content[place] ^ 1 << place % 8]) + content[place + 1 :])
        with pytest.raises(BrickworkError, match=f"^{path} is damaged.$"):
            opened(path)


@pytest.mark.parametrize(
    "cut", [lambda c: b"", lambda c: c[:-1], lambda c: c[1:], lambda c: c[: -TAIL.size], lambda c: c + c]
)
def test_a_cut_file_is_noticed(tmp_path: Path, cut: Callable[[bytes], bytes]) -> None:
    path = tmp_path / "a.pack"
    packed(path)
    path.write_bytes(cut(path.read_bytes()))
    with pytest.raises(BrickworkError, match="is damaged"):
        opened(path)


def test_a_full_disk_costs_the_file_and_not_the_images(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
    try:
        pack, packing = packed(tmp_path / "a.pack", memory=True)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert_holds_the_images(pack)
    assert pack.path is None
    assert packing.fault == "File too large"
    assert not list(tmp_path.iterdir())


def test_images_that_do_not_fit_into_memory_are_a_users_mistake() -> None:
    assert allocate(2, (3, 4, 5)).shape == (2, 3, 4, 5)
    with pytest.raises(BrickworkError, match=r"5 images of 3x10000000x10000000 need 1,500,000.0 GB of memory"):
        allocate(5, (3, 10**7, 10**7))


def with_table(path: Path, **changes: Any) -> None:
    """Writes the pack's table with other arrays, and its sum anew."""
    content = path.read_bytes()
    start, _, magic = TAIL.unpack(content[-TAIL.size :])
    arrays = {**np.load(io.BytesIO(content[start : -TAIL.size])), **changes}
    save = np.savez_compressed if changes.pop("compressed", False) else np.savez
    save(table := io.BytesIO(), **{name: array for name, array in arrays.items() if name != "compressed"})
    path.write_bytes(content[:start] + table.getvalue() + TAIL.pack(start, sha256(table.getvalue()).digest(), magic))


@pytest.mark.parametrize(
    "changes",
    [
        {"sizes": np.array([[2, 3], [-4, -5], [1, 1]])},
        {"sizes": np.array([[2, 3], [4, 5], [2**40, 2**40]])},
        {"sizes": np.array([[2.0, 3], [4, 5], [1, 1]])},
        {"sizes": np.array([2, 3])},
        {"positions": np.array([0, 2, 9])},
        {"positions": np.array([0, 0, 2])},
        {"positions": np.array(["a", "b", "c"])},
        {"counts": np.zeros((2, 256), np.int64)},
        {"sums": np.zeros(2, np.uint32)},
        {"reasons": np.frombuffer(b"[[1, 2]]", np.uint8)},
        {"reasons": np.frombuffer(b"{}", np.uint8)},
        {"reasons": np.frombuffer(b"[" * 5000, np.uint8)},
        {"more": np.zeros(2)},
        {"compressed": True, "counts": np.zeros((3, 256), np.int64)},
    ],
    ids=range(14),
)
def test_a_table_that_cannot_be_is_noticed_whatever_its_sum(changes: dict[str, Any], tmp_path: Path) -> None:
    packed(path := tmp_path / "a.pack")
    with_table(path)
    opened(path)
    with_table(path, **changes)
    with pytest.raises(BrickworkError, match=f"^{path} is damaged.$"):
        opened(path)
