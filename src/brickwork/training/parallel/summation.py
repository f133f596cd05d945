"""Sums over a step's micro-batches, in one order whoever computes them: gradients, running averages, losses.

A sum is that of the batch's first half, in order, and that of its second half, in order, added up. So one process and
two, which take a half each, give the same bits by any all-reduce; and any number of them where the sums are ordered.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from brickwork.loader.share import Share
from brickwork.training.parallel.group import Group
from brickwork.training.parallel.overlap import OverlappedReduce, flatten, unflatten


def sum_in_order(parts: Sequence[Tensor]) -> Tensor:
    """The sum of tensors of one shape: the halves' sums in order, added up."""
    halves = [[parts[i] for i in Share(rank, 2).of(len(parts))] for rank in (0, 1)]
    sums = []
    for half in halves:
        if half:
            total = half[0].clone()
            for part in half[1:]:
                total += part
            sums.append(total)
    return sums[0] + sums[1] if len(sums) > 1 else sums[0]


class GradientSum:
    """Gradients of a step's micro-batches, summed over all processes into each weight's `grad`.

    `ordered` sums micro-batch by micro-batch at the process that owns a part of the weights, and gathers the sums: it
    sends a gradient for each of a process's micro-batches and one more, where an all-reduce sends two, and keeps them.
    """

    def __init__(self, model: nn.Module, group: Group, count: int, *, ordered: bool) -> None:
        self.model, self.group, self.count = model, group, count
        self.ordered = ordered and group.size > 2
        self.weights: list[nn.Parameter] = []
        self.kept: list[list[Tensor]] = []  # by micro-batch or half: the gradients of all weights
        self.reduce: OverlappedReduce | None = None

    def begin(self, micro_batch: int) -> None:
        """Notes that a micro-batch's backward pass is about to begin: during this process's last, sums are sent."""
        if self.group.size > 1 and not self.ordered and micro_batch == self.group.share.of(self.count)[-1]:
            self.reduce = OverlappedReduce(self.model, self.group)

    def add(self, micro_batch: int) -> None:
        """Notes that a micro-batch's backward pass is done."""
        half_done = self.group.size == 1 and micro_batch + 1 == self.count // 2
        if self.ordered or half_done:
            self.weights = [weight for weight in self.model.parameters() if weight.grad is not None]
            self.kept.append([take_gradient(weight) for weight in self.weights])

    def finish(self) -> None:
        """Leaves the sum over all micro-batches of all processes in the weights' `grad`."""
        if self.ordered:
            self.finish_ordered()
        elif self.kept:
            for weight, first in zip(self.weights, self.kept.pop(), strict=True):
                weight.grad = first if weight.grad is None else first.add_(weight.grad)
        elif self.reduce:
            self.reduce.finish()

    def finish_ordered(self) -> None:
        flat = [flatten(gradients) for gradients in self.kept]
        for weight, gradient in zip(self.weights, self.kept[0], strict=True):
            weight.grad = gradient
        self.kept.clear()
        total = ordered_sum(flat, self.group, self.count)
        unflatten(total, [weight.grad for weight in self.weights if weight.grad is not None])


def take_gradient(weight: nn.Parameter) -> Tensor:
    """A weight's gradient, which it has no more afterwards."""
    gradient, weight.grad = weight.grad, None
    assert gradient is not None
    return gradient


def copy_all(sources: Sequence[Tensor], targets: Sequence[Tensor]) -> None:
    for source, target in zip(sources, targets, strict=True):
        target.copy_(source)


def ordered_sum(own: Sequence[Tensor], group: Group, count: int) -> Tensor:
    """The sum of `count` flat tensors, of which each process has those of its share, in one order."""
    length = len(own[0])
    part = -(-length // group.size)
    most = max(len(Share(rank, group.size).of(count)) for rank in range(group.size))
    padded = torch.zeros(most, part * group.size, dtype=own[0].dtype, device=own[0].device)
    for row, tensor in zip(padded, own, strict=False):
        row[:length] = tensor
    received = group.swap([piece.contiguous() for piece in torch.split(padded, part, 1)])
    rows = [rows[i] for rank, rows in enumerate(received) for i in range(len(Share(rank, group.size).of(count)))]
    return torch.cat(group.gather(sum_in_order(rows)))[:length]


def gather_in_order(own: Tensor, group: Group, count: int) -> Tensor:
    """Rows of all micro-batches in their order, count x ..., of which each process has those of its share."""
    if group.size == 1:
        return own
    shares = [len(Share(rank, group.size).of(count)) for rank in range(group.size)]
    padded = own.new_zeros((max(shares), *own.shape[1:]))
    padded[: len(own)] = own
    return torch.cat([rows[:share] for rows, share in zip(group.gather(padded), shares, strict=True)])


class BufferMean:
    """Running averages of a step: each micro-batch begins with those before it, and their mean is what stays."""

    def __init__(self, model: nn.Module, group: Group, count: int) -> None:
        self.group, self.count = group, count
        self.buffers = [buffer for buffer in model.buffers() if buffer.is_floating_point()]
        self.counts = [buffer for buffer in model.buffers() if not buffer.is_floating_point()]
        self.before, self.counts_before = self.flat(), [count.clone() for count in self.counts]
        self.counts_after = self.counts_before
        self.changes: list[Tensor] = []

    def flat(self) -> Tensor:
        return torch.cat([buffer.reshape(-1) for buffer in self.buffers]) if self.buffers else torch.empty(0)

    @torch.no_grad()
    def add(self) -> None:
        """Notes what a micro-batch has changed, and takes it back."""
        self.changes.append(self.flat() - self.before)
        self.counts_after = [count.clone() for count in self.counts]
        unflatten(self.before, self.buffers)
        copy_all(self.counts_before, self.counts)

    @torch.no_grad()
    def finish(self) -> None:
        """Adds the mean of all changes, of all processes; what counts batches counts one."""
        copy_all(self.counts_after, self.counts)
        if self.buffers:
            changes = gather_in_order(torch.stack(self.changes), self.group, self.count)
            unflatten(self.before + sum_in_order(list(changes)) / self.count, self.buffers)
