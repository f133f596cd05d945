import threading
from collections.abc import Callable, Sequence

import pytest
import torch
from torch import Tensor, nn

from brickwork.loader.share import Share
from brickwork.training.parallel.group import Group
from brickwork.training.parallel.overlap import OverlappedReduce, split_buckets
from brickwork.training.parallel.summation import (
    BufferMean,
    GradientSum,
    gather_in_order,
    ordered_sum,
    sum_in_order,
)


class Threads(Group):
    """A group of threads, which hand tensors over where processes send them."""

    def __init__(self, rank: int, size: int, table: dict[tuple[int, int], object], barrier: threading.Barrier) -> None:
        super().__init__(rank, size)
        self.table, self.barrier, self.round = table, barrier, 0

    def exchanged(self, value: object) -> list[object]:
        self.round += 1
        self.table[self.round, self.rank] = value
        self.barrier.wait(30)
        return [self.table[self.round, rank] for rank in range(self.size)]

    def gather(self, tensor: Tensor) -> list[Tensor]:
        return [value.clone() for value in self.exchanged(tensor.clone())]  # type: ignore[attr-defined]

    def swap(self, parts: Sequence[Tensor]) -> list[Tensor]:
        sent = self.exchanged([part.clone() for part in parts])
        return [each[self.rank] for each in sent]  # type: ignore[index]

    def begin_add(self, tensor: Tensor) -> None:
        total, *others = self.exchanged(tensor.clone())
        tensor.copy_(sum(others, start=total))  # type: ignore[call-overload]

    def finish_adds(self) -> None:
        """Nothing is under way."""


def in_group(size: int, work: Callable[[Group], object]) -> list[object]:
    """What each of `size` threads of a group gives."""
    table: dict[tuple[int, int], object] = {}
    barrier, results = threading.Barrier(size), [None] * size

    def run(rank: int) -> None:
        results[rank] = work(Threads(rank, size, table, barrier))  # type: ignore[call-overload]

    threads = [threading.Thread(target=run, args=(rank,)) for rank in range(size)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert None not in results
    return list(results)


def parts(count: int, length: int = 7) -> list[Tensor]:
    """Numbers of many magnitudes, whose sum depends on the order."""
    chance = torch.Generator().manual_seed(0)
    return [torch.randn(length, generator=chance) * 10.0 ** (number % 5) for number in range(count)]


@pytest.mark.parametrize(("count", "size"), [(4, 1), (4, 2), (5, 2), (4, 3), (12, 5), (3, 3)])
def test_shares_are_neighbours_of_nearly_equal_number(count: int, size: int) -> None:
    shares = [Share(rank, size).of(count) for rank in range(size)]
    assert [number for share in shares for number in share] == list(range(count))
    assert max(map(len, shares)) - min(map(len, shares)) <= 1


def test_a_sum_is_of_its_two_halves() -> None:
    a, b, c, d = (torch.tensor([value]) for value in (1e8, 3.0, 3.0, 3.0))
    assert torch.equal(sum_in_order([a, b, c, d]), (a + b) + (c + d))
    assert not torch.equal((a + b) + (c + d), ((a + b) + c) + d)
    assert torch.equal(sum_in_order([a]), a)
    assert torch.equal(sum_in_order([a, b, c]), a + (b + c))


@pytest.mark.parametrize("size", [2, 3, 4])
@pytest.mark.parametrize("count", [4, 7])
def test_an_ordered_sum_has_the_bits_of_one_process(size: int, count: int) -> None:
    given = parts(count)
    sums = in_group(size, lambda group: ordered_sum([given[i] for i in group.share.of(count)], group, count))
    assert all(torch.equal(total, sum_in_order(given)) for total in sums)  # type: ignore[arg-type]


@pytest.mark.parametrize("size", [2, 3])
def test_rows_are_gathered_in_the_order_of_micro_batches(size: int) -> None:
    rows = torch.arange(10.0).reshape(5, 2)
    gathered = in_group(size, lambda group: gather_in_order(rows[list(group.share.of(5))], group, 5))
    assert all(torch.equal(each, rows) for each in gathered)  # type: ignore[arg-type]


def gradient(group: Group, count: int, *, ordered: bool) -> Tensor:
    """The gradient of a small layer over micro-batches of one row each."""
    layer, rows = nn.Linear(7, 3), torch.stack(parts(count))
    with torch.no_grad():  # not by torch's generator, which all threads share
        layer.weight.copy_(torch.stack(parts(3)))
        layer.bias.zero_()
    total = GradientSum(layer, group, count, ordered=ordered)
    for number in group.share.of(count):
        total.begin(number)
        layer(rows[number : number + 1]).square().sum().backward()
        total.add(number)
    total.finish()
    assert layer.weight.grad is not None
    return layer.weight.grad.clone()


@pytest.mark.parametrize(("size", "ordered"), [(2, False), (2, True), (3, True), (4, True), (5, True)])
@pytest.mark.parametrize("count", [5, 8])
def test_processes_sum_gradients_to_the_bits_of_one(size: int, ordered: bool, count: int) -> None:
    alone = gradient(Group(), count, ordered=ordered)
    together = in_group(size, lambda group: gradient(group, count, ordered=ordered))
    assert all(torch.equal(each, alone) for each in together)  # type: ignore[arg-type]


def test_an_all_reduce_of_three_is_the_same_sum_but_for_last_bits() -> None:
    alone = gradient(Group(), 6, ordered=False)
    together = in_group(3, lambda group: gradient(group, 6, ordered=False))
    torch.testing.assert_close(together[0], alone)


def averages(group: Group, count: int) -> tuple[Tensor, int]:
    norm, batches = nn.BatchNorm1d(7), torch.stack(parts(4 * count)).reshape(count, 4, 7)
    mean = BufferMean(norm, group, count)
    for number in group.share.of(count):
        norm(batches[number])
        mean.add()
    mean.finish()
    assert norm.running_mean is not None
    assert norm.num_batches_tracked is not None
    return norm.running_mean.clone(), int(norm.num_batches_tracked)


def test_running_averages_move_by_the_mean_of_all_micro_batches() -> None:
    found, steps = averages(Group(), 3)
    torch.testing.assert_close(found, 0.1 * torch.stack(parts(12)).mean(0))
    assert steps == 1
    for size in (2, 3):
        assert all(torch.equal(each[0], found) for each in in_group(size, lambda group: averages(group, 3)))  # type: ignore[index]


def test_frozen_averages_keep_their_bits() -> None:
    norm = nn.BatchNorm1d(7).eval()
    norm.running_mean = torch.tensor([0.1, 0.2, 0.3, 1 / 3, 7.7, 1e-9, 3e7])
    before = norm.running_mean.clone()
    mean = BufferMean(norm, Group(), 3)
    for _ in range(3):
        norm(torch.randn(2, 7))
        mean.add()
    mean.finish()
    assert torch.equal(norm.running_mean, before)


def test_gradients_are_sent_in_buckets_of_a_size() -> None:
    tensors = [torch.zeros(1 << 22) for _ in range(5)]  # 16 MiB each
    assert [len(bucket) for bucket in split_buckets(tensors)] == [2, 2, 1]
    assert split_buckets([]) == []


def test_gradients_are_sent_before_the_backward_pass_has_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("brickwork.training.parallel.overlap.BUCKET", 1)
    told: list[str] = []

    class Alone(Group):
        def begin_add(self, tensor: Tensor) -> None:
            told.append(f"sum of {len(tensor)}")

        def finish_adds(self) -> None:
            told.append("all sums")

    model = nn.Sequential(nn.Linear(2, 3, bias=False), nn.Linear(3, 4, bias=False), nn.Linear(4, 9, bias=False))
    model[0].weight.register_post_accumulate_grad_hook(lambda weight: told.append("the first layer"))
    model[2].requires_grad_(requires_grad=False)
    unused = nn.Linear(1, 1, bias=False)
    reduce = OverlappedReduce(nn.ModuleList([unused, model]), Alone())
    model(torch.ones(1, 2)).sum().backward()
    assert told == ["sum of 12", "the first layer", "sum of 6"]
    reduce.finish()
    assert told[3:] == ["all sums"]
    assert unused.weight.grad is None
    model(torch.ones(1, 2)).sum().backward()
    assert told[4:] == ["the first layer"], "the hooks are gone"
