import math
from hashlib import sha256

import numpy as np
import pytest

from brickwork.data.hashing import hash_fraction, hash_order, key_digest, seed_from, split_by_hash, stratified_split

TENTHS = (0.1, 0.1)


def names(count: int, start: int = 0) -> list[str]:
    return [f"cat/{i}.jpg" for i in range(start, start + count)]


def homes(keys: list[str], seed: int = 0) -> dict[str, int]:
    return {keys[p]: part for part, positions in enumerate(split_by_hash(keys, TENTHS, seed)) for p in positions}


def own(key: str, seed: int = 0) -> int:
    """The part that a key's hash alone gives it."""
    return min(int(hash_fraction(key, seed) * 10), 2)


def test_a_shuffle_is_the_same_on_every_machine() -> None:
    assert hash_order(list("abcdefgh"), seed=0) == [6, 5, 2, 1, 4, 3, 0, 7]
    assert hash_order(list("abcdefgh"), seed=1) != hash_order(list("abcdefgh"), seed=0)


def test_a_seed_is_the_first_eight_bytes_of_its_keys_sha256() -> None:
    assert seed_from(3, 7, 0) == int.from_bytes(sha256(b"3/7/0").digest()[:8], "big")
    assert seed_from(0) == 0x5FECEB66FFC86F38  # sha256("0") begins so
    assert seed_from(1, "cat/2.jpg") == seed_from("1/cat", "2.jpg")
    assert key_digest(5, "caf\udce9") == sha256(b"5/caf\xe9").digest()


def test_a_shuffle_of_fewer_keeps_their_order() -> None:
    keys = [f"{i}.jpg" for i in range(50)]
    order = [keys[i] for i in hash_order(keys, seed=0)]
    fewer = [keys[i] for i in range(0, 50, 3)]
    assert [fewer[i] for i in hash_order(fewer, seed=0)] == [key for key in order if key in fewer]


def test_a_keys_part_is_the_same_on_every_machine() -> None:
    assert hash_fraction("cat/1.jpg", 0) == pytest.approx(0.06443786, abs=1e-8)
    assert hash_fraction("caf\udce9", 0) != hash_fraction("caf\udce8", 0)


def test_the_parts_are_all_positions_once_and_ascend() -> None:
    for count in range(60):
        parts = split_by_hash(names(count), TENTHS, seed=count)
        assert sorted(p for part in parts for p in part) == list(range(count))
        assert all(part == sorted(part) for part in parts)


def test_a_large_class_lies_where_each_hash_says() -> None:
    assert homes(names(500)) == {key: own(key) for key in names(500)}


@pytest.mark.parametrize("seed", range(50))
def test_keys_that_come_and_go_move_no_others(seed: int) -> None:
    chances = np.random.default_rng(seed)
    keys = names(400)
    fewer = [key for key in keys if chances.random() < 0.6]
    before, after = homes(fewer, seed), homes(keys, seed)
    assert {key: after[key] for key in fewer} == before


@pytest.mark.parametrize("count", range(3, 40))
def test_every_part_of_a_tiny_class_has_a_key_and_at_most_as_many_as_parts_are_borrowed(count: int) -> None:
    for seed in range(30):
        keys = names(count)
        found = homes(keys, seed)
        borrowed = [key for key in keys if found[key] != own(key, seed)]
        assert set(found.values()) == {0, 1, 2}
        empty = {0, 1, 2} - {own(key, seed) for key in keys}
        assert {found[key] for key in borrowed} == empty
        assert len(borrowed) == len(empty)


def test_a_borrowed_key_is_all_that_moves_when_the_part_has_one_of_its_own() -> None:
    for seed in range(300):
        before, after = homes(names(20), seed), homes(names(21), seed)
        moved = [key for key in before if after[key] != before[key]]
        assert all(before[key] != own(key, seed) or after[key] != own(key, seed) for key in moved)


def test_fewer_keys_than_parts_are_in_the_last() -> None:
    assert split_by_hash(["a", "b"], TENTHS, 0) == [[], [], [0, 1]]
    assert split_by_hash(["a"], (0.5,), 0) == [[], [0]]
    assert split_by_hash([], TENTHS, 0) == [[], [], []]


@pytest.mark.parametrize("share", [0.05, 0.1, 0.3])
def test_the_shares_of_each_class_are_right_within_binomial_error(share: float) -> None:
    labels = [i % 7 for i in range(14_000)]
    held, kept = stratified_split(names(14_000), labels, (), (share,), seed=3)
    assert len(held) + len(kept) == 14_000
    counts = np.bincount([labels[p] for p in held])
    deviation = math.sqrt(2000 * share * (1 - share))
    assert np.abs(counts - 2000 * share).max() < 3.5 * deviation


def test_every_key_is_as_likely_to_be_drawn() -> None:
    keys = [str(i) for i in range(20)]
    drawn = [i for seed in range(2000) for i in split_by_hash(keys, (0.25,), seed)[0]]
    counts = [drawn.count(i) for i in range(20)]  # 500 expected, deviation 19
    assert min(counts) > 420
    assert max(counts) < 580


def test_a_group_goes_to_one_part_whatever_its_classes() -> None:
    groups = [f"p{i // 5}" for i in range(1000)]
    parts = stratified_split(names(1000), [i % 2 for i in range(1000)], groups, TENTHS, seed=0)
    found = [{groups[p] for p in part} for part in parts]
    assert sum(map(len, found)) == 200
    assert all(8 < len(part) < 34 for part in found[:2])  # 20 expected, deviation 4.2


def test_new_groups_move_no_others() -> None:
    groups = [f"p{i // 5}" for i in range(1000)]
    whole = stratified_split(names(1000), [0] * 1000, groups, TENTHS, seed=0)
    half = stratified_split(names(500), [0] * 500, groups[:500], TENTHS, seed=0)
    assert half == [[p for p in part if p < 500] for part in whole]
