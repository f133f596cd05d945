import math

import pytest

from brickwork.errors import BrickworkError
from brickwork.scaling.link import Link, allreduce_seconds, link_text, parse_link, ring_seconds, tree_seconds


def by_ring(values: list[list[int]]) -> tuple[list[list[int]], int, int]:
    """An all-reduce played through, a piece of each device's list a round: lists, rounds, and pieces that one sends."""
    n = len(values)
    held = [list(row) for row in values]
    sent = 0
    for turn in range(n - 1):  # sums
        moves = [((d - turn) % n, held[d][(d - turn) % n]) for d in range(n)]
        for d, (piece, value) in enumerate(moves):
            held[(d + 1) % n][piece] += value
        sent += 1
    for turn in range(n - 1):  # copies
        moves = [((d + 1 - turn) % n, held[d][(d + 1 - turn) % n]) for d in range(n)]
        for d, (piece, value) in enumerate(moves):
            held[(d + 1) % n][piece] = value
        sent += 1
    return held, sent, sent


@pytest.mark.parametrize("devices", [2, 3, 8])
def test_a_ring_takes_the_rounds_and_the_bytes_of_one_that_is_played_through(devices: int) -> None:
    values = [[10**row * (piece + 1) for piece in range(devices)] for row in range(devices)]
    held, rounds, pieces = by_ring(values)
    assert held == [[sum(column) for column in zip(*values, strict=True)]] * devices
    link = Link(rate=1e9, latency=0.001, share=0.5)
    size = 6e6
    assert ring_seconds(size, devices, link) == pytest.approx(rounds * 0.001 + pieces * size / devices / 0.5e9)


def test_a_tree_sends_all_bytes_up_and_down_over_the_hops_of_a_tree() -> None:
    link = Link(rate=1e9, latency=0.001, share=1.0)
    assert tree_seconds(5e8, 8, link) == pytest.approx(2 * 0.5 + 2 * 3 * 0.001)
    assert tree_seconds(5e8, 9, link) == pytest.approx(2 * 0.5 + 2 * 4 * 0.001)


@pytest.mark.parametrize(("size", "devices", "way"), [(1e9, 4, ring_seconds), (1e3, 512, tree_seconds)])
def test_the_cheaper_way_is_taken_ring_for_many_bytes_tree_for_many_devices(
    size: float, devices: int, way: type
) -> None:
    link = Link(rate=1e9)
    other = ({ring_seconds, tree_seconds} - {way}).pop()
    assert allreduce_seconds(size, devices, link) == way(size, devices, link) < other(size, devices, link)


def test_one_device_and_no_bytes_need_no_all_reduce() -> None:
    assert allreduce_seconds(1e9, 1, Link(1e9)) == allreduce_seconds(0, 512, Link(1e9)) == 0


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("100Gb", 12.5e9),
        ("25 Gbit/s", 3.125e9),
        ("12.5GB/s", 12.5e9),
        ("1gbps", 0.125e9),
        ("800MB", 8e8),
        ("1Tb", 125e9),
    ],
)
def test_links_are_read_in_bits_and_bytes(text: str, rate: float) -> None:
    assert parse_link(text) == pytest.approx(rate)


@pytest.mark.parametrize("text", ["", "100", "fast", "0Gb", "-1Gb", "1e3Gb", "9" * 400 + "Gb", "100 Gx"])
def test_what_is_no_link_is_an_error_that_shows_one(text: str) -> None:
    with pytest.raises(BrickworkError, match=r"a link is written as 100Gb \(bits a second\) or 12.5GB"):
        parse_link(text)


def test_a_link_is_shown_as_networks_are_sold() -> None:
    assert link_text(parse_link("12.5GB")) == "100 Gb/s"
    assert math.isclose(parse_link("2.5Gb") * 8, 2.5e9)
