"""Windows of shards: every image once an epoch, in long pieces, as a function of (seed, epoch) and micro-batches."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import archives
from brickwork import zoo
from brickwork.data import open_data
from brickwork.data.cache.decoded import ImageFiles
from brickwork.data.shards import pieces
from brickwork.data.sources.webdataset import TarSplit
from brickwork.errors import BrickworkError
from brickwork.loader.loader import Loader, open_loader
from brickwork.loader.sampler import plan_epoch, split_batches
from brickwork.loader.windows import WINDOW, choose_window, micro_batch_sizes, piece_size, window_order
from brickwork.recipe.recipe import Recipe

PLACES = np.array([(shard, 100 * i, 50) for shard in range(10) for i in range(1000)])
RECIPE = Recipe(batch=64, window=2048)
FIELDS = {"batch": 16, "workers": 0, "cache": "off", "scale": 0.5, "accumulate": 2, "window": 48}


def order(recipe: Recipe, epoch: int = 1) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    labels = np.zeros(len(PLACES), np.int64)
    return plan_epoch(recipe, epoch, labels, flip=True, places=PLACES).order.numpy()


def test_an_epoch_has_every_image_once_in_another_order_for_each_seed_and_epoch() -> None:
    first = order(RECIPE)
    assert np.array_equal(np.sort(first), np.arange(len(PLACES)))
    assert np.array_equal(first, order(RECIPE))
    for other in (order(RECIPE, 2), order(replace(RECIPE, seed=1)), order(replace(RECIPE, window=0))):
        assert np.array_equal(np.sort(other), np.arange(len(PLACES)))
        assert not np.array_equal(first, other)


def test_without_a_window_the_order_is_the_permutation_that_it_always_was() -> None:
    expected = np.random.default_rng((3, 2)).spawn(4)[0].permutation(len(PLACES))
    for window in (0, -1):
        assert np.array_equal(order(Recipe(seed=3, window=window), 2), expected)


@pytest.mark.parametrize("accumulate", [1, 4])
def test_a_window_takes_a_few_pieces_of_which_each_is_used_up_before_others_begin(accumulate: int) -> None:
    """At any time no more images are wanted of pieces that have begun than a window has, and one piece of each lane."""
    recipe = replace(RECIPE, accumulate=accumulate)
    numbers = pieces.number_pieces(PLACES, piece_size(recipe))
    assert np.bincount(numbers).max() <= max(64, 2048 // 16 // accumulate)
    left = np.bincount(numbers)
    begun: set[int] = set()
    most = 0
    for i in order(recipe):
        begun.add(int(numbers[i]))
        left[numbers[i]] -= 1
        most = max(most, int(left[list(begun)].sum()))
    assert 1000 < most <= 2048 + 64 * recipe.batch + accumulate * piece_size(recipe)
    assert len(begun) == numbers.max() + 1


def test_images_of_a_window_come_from_many_shards() -> None:
    shards = PLACES[order(RECIPE)[:2000], 0]
    assert len(set(shards.tolist())) >= 8


@pytest.mark.parametrize("count", [1, 7, 100, 1001])
@pytest.mark.parametrize(("batch", "accumulate"), [(64, 1), (64, 4), (12, 5)])
def test_micro_batches_have_the_sizes_that_a_plan_is_split_into(count: int, batch: int, accumulate: int) -> None:
    recipe = Recipe(batch=batch, accumulate=accumulate)
    plan = plan_epoch(recipe, 1, np.zeros(count, np.int64), flip=False)
    parts = [
        [len(part.order) for part in split_batches(step, accumulate)]
        for step in split_batches(plan, -(-count // batch))
    ]
    assert micro_batch_sizes(count, recipe).tolist() == parts
    places = np.array([(0, i, 1) for i in range(count)])
    drawn = window_order(np.random.default_rng(0), places, replace(recipe, window=20))
    assert np.array_equal(np.sort(drawn), np.arange(count))


def test_micro_batches_take_pieces_of_their_own() -> None:
    """So a process reads the pieces of its own images alone; only a piece at a border is divided among two."""
    recipe = replace(RECIPE, accumulate=4)
    numbers = pieces.number_pieces(PLACES, piece_size(recipe))
    plan = plan_epoch(recipe, 1, np.zeros(len(PLACES), np.int64), flip=True, places=PLACES)
    lanes: list[set[int]] = [set() for _ in range(4)]
    for step in split_batches(plan, -(-len(PLACES) // recipe.batch)):
        for lane, part in zip(lanes, split_batches(step, 4), strict=True):
            lane.update(numbers[part.order.numpy()].tolist())
    shared = sum(len(lane) for lane in lanes) - len(set.union(*lanes))
    assert shared <= 3


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return archives.shards(tmp_path_factory.mktemp("shards"), 6, 80)


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The bytes of each request."""
    sizes: list[int] = []
    read_part = pieces.read_part

    def counted(place: str, offset: int, size: int) -> bytes:
        sizes.append(size)
        return read_part(place, offset, size)

    monkeypatch.setattr(pieces, "read_part", counted)
    monkeypatch.setattr(
        "brickwork.data.sources.webdataset.read_part", lambda *part: sizes.append(0) or read_part(*part)
    )
    return sizes


def opened(shards: Path, **fields: object) -> Loader:
    recipe = Recipe(**{**FIELDS, **fields})  # type: ignore[arg-type]
    network = zoo.network("lenet5", input=(3, 28, 28), classes=4)
    return open_loader(open_data(str(shards)), network, recipe, device="cpu")


def tensors(loader: Loader, first: int = 0) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    return ((batch.images.clone(), batch.targets.clone()) for batch in loader.batches(1, first))


def test_batches_are_the_same_wherever_the_images_lie(shards: Path) -> None:
    """Read in pieces, by workers, and from memory."""
    with opened(shards) as one, opened(shards, workers=1) as two, opened(shards, cache="always") as three:
        assert isinstance(one.images.train.images, ImageFiles)
        assert not isinstance(three.images.train.images, ImageFiles)
        found = [list(tensors(loader)) for loader in (one, two, three)]
    for mine, *others in zip(*found, strict=True):
        for other in others:
            assert torch.equal(mine[0], other[0])
            assert torch.equal(mine[1], other[1])


def test_an_epoch_goes_on_in_its_middle_with_the_same_batches(shards: Path) -> None:
    with opened(shards) as loader:
        whole = list(tensors(loader))
        rest = list(tensors(loader, 7))
    assert len(rest) == len(whole) - 2 * 7
    assert all(torch.equal(a[0], b[0]) for a, b in zip(whole[14:], rest, strict=True))


def test_images_are_read_in_long_pieces_and_each_once(shards: Path, reads: list[int]) -> None:
    with opened(shards) as loader:
        prepared = len(reads)
        for _ in tensors(loader):
            pass
    epoch = len(reads) - prepared
    assert 0 not in reads
    assert prepared <= 3 * 6  # both splits, and their sums
    assert epoch <= 2 * 6 + 2
    assert loader.samples > 350


def test_what_cannot_be_read_in_a_piece_is_read_alone(shards: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[str] = []
    with opened(shards) as loader:
        loader.notify = lambda note: heard.append(str(note))
        whole = sum(len(images) for images, _ in tensors(loader))

        def broken(place: str, offset: int, size: int) -> bytes:
            raise BrickworkError("the server is away.")

        monkeypatch.setattr(pieces, "read_part", broken)
        assert sum(len(images) for images, _ in tensors(loader)) == whole
        assert heard == []


@pytest.mark.parametrize(("window", "sampling", "kept", "chosen"), [
    (-1, "shuffled", False, WINDOW),
    (-1, "shuffled", True, 0),
    (-1, "balanced", False, 0),
    (0, "shuffled", False, 0),
    (500, "shuffled", True, 500),
])  # fmt: skip
def test_windows_are_for_shards_that_are_not_kept(
    window: int, sampling: str, kept: bool, chosen: int, shards: Path
) -> None:
    split = open_data(str(shards)).split("train")
    assert isinstance(split, TarSplit)
    recipe = Recipe(window=window, sampling=sampling)  # type: ignore[arg-type]
    assert choose_window(recipe, split, kept=kept) == chosen


def test_a_loader_says_which_window_it_has(shards: Path) -> None:
    with opened(shards, window=-1) as loader, opened(shards, window=-1, cache="always") as kept:
        assert (loader.recipe.window, kept.recipe.window) == (WINDOW, 0)


def test_balanced_sampling_knows_no_windows() -> None:
    with pytest.raises(BrickworkError, match="sampling=balanced takes images from any shard at any time: window is 0"):
        Recipe(window=100, sampling="balanced")


def test_a_process_with_the_findings_of_another_reads_nothing_to_begin_with(
    shards: Path, reads: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("brickwork.loader.prepare.free_memory", lambda: 0)
    network = zoo.network("lenet5", input=(3, 28, 28), classes=4)
    data, recipe = open_data(str(shards)), Recipe(**{**FIELDS, "window": -1})  # type: ignore[arg-type]
    with open_loader(data, network, recipe, device="cpu", world_size=2) as leader:
        reads.clear()
        with open_loader(data, network, recipe, device="cpu", rank=1, world_size=2, findings=leader.findings) as other:
            assert reads == []
            assert other.images.digest == leader.images.digest
            assert other.images.preprocessing == leader.images.preprocessing
            assert other.recipe == leader.recipe
            sums = [sum(len(batch.images) for batch in loader.batches(1)) for loader in (leader, other)]
            assert sum(sums) == leader.samples
