"""What shards hold is read through once, by one process of a machine, and read again when they change."""

import os
import threading
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

import archives
from brickwork.data import open_data
from brickwork.data.shards import index
from brickwork.data.shards.contents import Contents, Sample, read_through
from brickwork.data.shards.index import parse_contents, read_shards, serialize_contents
from brickwork.data.shards.pieces import divide_runs, number_pieces, read_in_order
from brickwork.data.sources.shards import Shard, shards_of
from brickwork.data.sources.tar import Member
from brickwork.data.sources.webdataset import TarSplit


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "shards").mkdir()
    return archives.shards(tmp_path / "shards", 3, 40)


@pytest.fixture
def through(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The shards that were read through; all are worth keeping what they hold."""
    names: list[str] = []

    def read(shard: Shard) -> Contents:
        names.append(shard.title)
        return read_through(shard)

    monkeypatch.setattr(index, "LEAST", 0)
    monkeypatch.setattr(index, "read_through", read)
    return names


def found(folder: Path) -> list[tuple[str, int]]:
    split = open_data(str(folder)).whole()
    return list(zip(split.keys, split.labels.tolist(), strict=True))


def test_a_shard_is_read_through_once(folder: Path, through: list[str]) -> None:
    first = found(folder)
    assert sorted(through) == ["000", "001", "002"]
    assert found(folder) == first
    assert len(through) == 3
    assert len(first) == 120


def test_a_shard_that_has_changed_is_read_again(folder: Path, through: list[str], tmp_path: Path) -> None:
    found(folder)
    (tmp_path / "more").mkdir()
    os.replace(archives.shards(tmp_path / "more", 1, 50) / "000.tar", folder / "001.tar")
    assert len(found(folder)) == 130
    assert through[3:] == ["001"]


@pytest.mark.parametrize("damage", [lambda content: content[:50], lambda content: b"", lambda content: b"x" * 90])
def test_what_is_kept_and_damaged_is_read_again(
    damage: Callable[[bytes], bytes], folder: Path, through: list[str]
) -> None:
    first = found(folder)
    for path in index.make_private(index.FOLDER).glob("*.json.z"):
        path.write_bytes(damage(path.read_bytes()))
    assert found(folder) == first
    assert len(through) == 6


def test_a_small_shard_here_is_not_worth_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found(folder)
    assert not list(index.make_private(index.FOLDER).iterdir())


def test_a_cache_that_cannot_be_written_hinders_nothing(
    folder: Path, through: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("BRICKWORK_CACHE", str(tmp_path / "file" / "cache"))
    assert len(found(folder)) == 120


def test_of_several_that_ask_at_once_one_reads(folder: Path, through: list[str]) -> None:
    """Threads stand for processes: a lock on a file keeps them apart in the same way."""
    shards = shards_of(str(folder))
    several = [threading.Thread(target=read_shards, args=(shards,)) for _ in range(4)]
    for each in several:
        each.start()
    for each in several:
        each.join()
    assert len(through) == 3


def test_contents_come_back_as_they_were() -> None:
    samples = {
        "a/ü": Sample(Member("a/ü.left.png", 512, 7), "Katze"),
        "no label": Sample(Member("no label.png", 1024, 0)),
        "no image": Sample(label="dog"),
        "neither": Sample(),
        "\udcff": Sample(Member("\udcff.png", 2048, 9), "x"),
    }
    contents = Contents(samples, ["README", "\udce4"], "is cut")
    again = parse_contents(serialize_contents(contents, "7 8"), "7 8")
    assert asdict(again) == asdict(contents)
    assert list(again.samples) == list(samples)
    with pytest.raises(ValueError, match="no contents of this shard"):
        parse_contents(serialize_contents(contents, "7 8"), "7 9")


def test_contents_of_many_samples_come_back() -> None:
    contents = Contents({str(i): Sample(Member(f"{i}.png", i, 1), "x") for i in range(25_001)})
    assert asdict(parse_contents(serialize_contents(contents, ""), "")) == asdict(contents)


@pytest.mark.parametrize("row", ['["k"]', '["k","l","n",-1,2]', '["k",3]', '["k","l","n","1",2]'])
def test_rows_that_nobody_wrote_are_refused(row: str) -> None:
    head = serialize_contents(Contents(), "s")
    with pytest.raises(ValueError, match="no sample"):
        parse_contents(head + b"\n[" + row.encode() + b"]", "s")


def test_pieces_are_neighbours_of_one_shard_in_even_parts() -> None:
    places = np.array([(shard, 10 * i, 5) for i in range(25) for shard in (0, 1)])
    numbers = number_pieces(places, 10)
    assert sorted(np.bincount(numbers).tolist()) == [8, 8, 8, 8, 9, 9]
    for number in range(6):
        part = places[numbers == number]
        assert len(set(part[:, 0].tolist())) == 1
        assert np.ptp(part[:, 1]) == 10 * (len(part) - 1)


def test_a_request_reads_over_small_gaps_alone() -> None:
    places = np.array([(0, 0, 100), (0, 200, 100), (0, 1 << 20, 100), (1, 300, 100), (0, 400, 1 << 40)])
    assert divide_runs(places, np.arange(5)) == [[0, 1], [2], [3]]


def test_contents_that_are_read_in_order_are_those_of_each_image(folder: Path) -> None:
    split = open_data(str(folder)).split("train")
    assert isinstance(split, TarSplit)
    contents = list(read_in_order(split, range(3, len(split), 2)))
    assert contents == [split.read_bytes(i) for i in range(3, len(split), 2)]


def test_a_cut_shard_leaves_its_last_images_to_be_read_alone(folder: Path) -> None:
    split = open_data(str(folder)).split("train")
    assert isinstance(split, TarSplit)
    last = folder / "002.tar"
    last.write_bytes(last.read_bytes()[: int(split.places[-3, 1]) + 4])
    contents = list(read_in_order(split, range(len(split))))
    assert contents[-3:] == [None, None, None]
    assert None not in contents[:-3]
