"""Batch normalisation (batch norm), written out, and its kinds: ghost, frozen, synchronised and precise.

Ioffe, Szegedy 2015, arXiv 1502.03167, Algorithms 1 and 2. Batch norm is per channel: a dense layer's is per
feature, a convolution's takes batch, height and width together. `build(network, norm=...)` chooses one.
"""

from collections.abc import Iterable
from typing import Any, Literal, Protocol

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from brickwork.errors import BrickworkError

Norm = Literal["torch", "plain", "ghost", "frozen", "sync"]


class Processes(Protocol):
    """Processes that train together, as a layer knows them."""

    rank: int
    size: int

    def add(self, tensor: Tensor) -> None:
        """Adds up a tensor over all processes, in place."""


class PlainBatchNorm(_BatchNorm):
    """Batch norm in plain tensor operations; gives what torch's own layer gives. x is batch x channels (x h x w)."""

    running_mean: Tensor
    running_var: Tensor
    num_batches_tracked: Tensor

    def _check_input_dim(self, x: Tensor) -> None:
        if x.dim() not in (2, 4):
            raise BrickworkError(f"batch norm reads batch x features or batch x channels x h x w, not {x.dim()} axes.")

    def forward(self, x: Tensor) -> Tensor:
        self._check_input_dim(x)
        axes = [0, *range(2, x.dim())]  # all but the channels
        shape = [1, -1, *[1] * (x.dim() - 2)]
        wide = x.double()  # a constant channel comes out as its bias exactly
        if self.training:
            mean = wide.mean(axes)
            variance = (wide - mean.view(shape)).square().mean(axes)  # over m numbers: 1/m
            track_averages(self, mean.detach(), variance.detach(), wide.numel() // wide.shape[1])
        else:
            mean, variance = self.running_mean, self.running_var
        normal = (wide - mean.view(shape)) / (variance.view(shape) + self.eps).sqrt()
        return (self.weight.view(shape) * normal + self.bias.view(shape)).to(x.dtype)


def track_averages(layer: _BatchNorm, mean: Tensor, variance: Tensor, count: int) -> None:
    """Moves the running averages; the variance is the unbiased one, 1/(m-1) (Algorithm 2, line 10)."""
    if count < 2:
        raise BrickworkError(
            "batch norm in training needs more than one number a channel, but one came: "
            "use a larger batch or a larger input, or leave out the last batch."
        )
    averages, squares, seen = layer.running_mean, layer.running_var, layer.num_batches_tracked
    assert averages is not None
    assert squares is not None
    assert seen is not None
    seen += 1
    share = 1 / seen if layer.momentum is None else layer.momentum
    averages += (share * (mean - averages)).to(averages)
    squares += (share * (variance * count / (count - 1) - squares)).to(squares)


class GhostBatchNorm(_BatchNorm):
    """In training, each part of the batch by its own statistics (Hoffer, Hubara, Soudry 2017, Algorithm 1).

    Parts hold `size` images or a few more; the running averages move once for each part.
    """

    def __init__(self, features: int, eps: float, momentum: float | None, size: int) -> None:
        super().__init__(features, eps, momentum)
        self.size = size

    def _check_input_dim(self, x: Tensor) -> None:
        pass

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return super().forward(x)
        return torch.cat(
            [super(GhostBatchNorm, self).forward(part) for part in x.tensor_split(max(1, len(x) // self.size))]
        )


class FrozenBatchNorm(_BatchNorm):
    """Always by the running averages; nothing in it learns. For fine-tuning on small batches."""

    def __init__(self, features: int, eps: float, momentum: float | None) -> None:
        super().__init__(features, eps, momentum)
        self.requires_grad_(False)
        self.eval()

    def _check_input_dim(self, x: Tensor) -> None:
        pass

    def train(self, mode: bool = True) -> "FrozenBatchNorm":
        return super().train(False)


class SyncBatchNorm(_BatchNorm):
    """In training, by the statistics of all that the processes compute at the same time, on any device.

    Each gathers count, mean and variance of all; the gradient goes back through them (torch.nn.SyncBatchNorm does so on
    GPUs alone). By one process it is batch norm.
    """

    processes: Processes | None = None

    def _check_input_dim(self, x: Tensor) -> None:
        pass

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or not self.processes or self.processes.size == 1:
            return super().forward(x)
        shape = [1, -1, *[1] * (x.dim() - 2)]
        wide = x.float() if x.dtype.itemsize < 4 else x
        mean, variance = self.statistics(wide)
        scale = self.weight * (variance + self.eps).rsqrt()
        return (wide * scale.view(shape) + (self.bias - mean * scale).view(shape)).to(x.dtype)

    def statistics(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and variance of each channel over all processes, which move the running averages."""
        variance, mean = torch.var_mean(x, [0, *range(2, x.dim())], correction=0)
        own = torch.cat([mean.new_tensor([x.numel() // x.shape[1]]), mean, variance]).double()
        rows = gather_rows(own, self.processes)
        counts, means, variances = torch.split(rows, [1, self.num_features, self.num_features], 1)
        shares = counts / counts.sum()
        mean = (shares * means).sum(0)
        variance = (shares * (variances + (means - mean).square())).sum(0)
        track_averages(self, mean.detach(), variance.detach(), int(counts.sum()))
        return mean.to(x), variance.to(x)


class GatherRows(torch.autograd.Function):
    """A row of each process, in the order of ranks; the gradient of a row is the sum of what all have of it."""

    @staticmethod
    def forward(ctx: Any, row: Tensor, processes: Processes) -> Tensor:
        ctx.processes = processes
        rows = row.new_zeros(processes.size, len(row))
        rows[processes.rank] = row
        processes.add(rows)
        return rows

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        total = gradient.contiguous().clone()
        ctx.processes.add(total)
        return total[ctx.processes.rank], None


def gather_rows(row: Tensor, processes: Processes | None) -> Tensor:
    rows: Tensor = GatherRows.apply(row, processes)
    return rows


def synchronise(model: nn.Module, processes: Processes) -> None:
    """Has the synchronised norms of a model see what all processes compute."""
    for layer in model.modules():
        if isinstance(layer, SyncBatchNorm):
            layer.processes = processes


def with_norm(model: nn.Module, norm: Norm, ghost: int = 32) -> None:
    """Replaces every batch norm of a model by another kind with the same weights and averages.

    `ghost` is the size of a ghost batch. Raises BrickworkError for an unknown kind.
    """
    if norm == "torch":
        return
    for path, old in list(model.named_modules()):
        if isinstance(old, _BatchNorm):
            new = _kind(norm, old, ghost)
            new.load_state_dict(old.state_dict())
            parent, _, name = path.rpartition(".")
            setattr(model.get_submodule(parent), name, new)


def _kind(norm: Norm, old: _BatchNorm, ghost: int) -> _BatchNorm:
    sizes = (old.num_features, old.eps, old.momentum)
    match norm:
        case "plain":
            return PlainBatchNorm(*sizes)
        case "sync":
            return SyncBatchNorm(*sizes)
        case "frozen":
            return FrozenBatchNorm(*sizes)
        case "ghost" if ghost > 0:
            return GhostBatchNorm(*sizes, ghost)
    raise BrickworkError(
        f"norm is 'torch', 'plain', 'ghost', 'frozen' or 'sync', and a ghost batch has 1 image at least, not {norm!r}, "
        f"{ghost}."
    )


@torch.no_grad()
def recompute_averages(model: nn.Module, batches: Iterable[Tensor]) -> None:
    """Precise batch norm: running averages over all batches together, in place of moving ones.

    Sums are pooled over the whole set, so a first layer's averages do not depend on how it is cut into batches
    (He et al. 2015 do so for their released networks; Wu, Johnson 2021, arXiv 2105.07576, section 3).
    """
    norms = [
        layer for layer in model.modules() if isinstance(layer, _BatchNorm) and not isinstance(layer, FrozenBatchNorm)
    ]
    pools = [_Pool(layer.num_features) for layer in norms]
    averages = [(layer.running_mean, layer.running_var) for layer in norms]
    hooks = [layer.register_forward_pre_hook(pool.see) for layer, pool in zip(norms, pools, strict=True)]
    was_training = model.training
    try:
        model.train()
        for batch in batches:
            model(batch)
    finally:
        model.train(was_training)
        for hook in hooks:
            hook.remove()
    for (mean, variance), pool in zip(averages, pools, strict=True):
        if pool.count < 2 or mean is None or variance is None:
            raise BrickworkError("precise batch norm needs at least one batch with more than one number a channel.")
        mean.copy_(pool.mean)
        variance.copy_(pool.squares / (pool.count - 1))


class _Pool:
    """Mean and summed squared distances of all numbers seen so far, a channel each (Chan, Golub, LeVeque 1979)."""

    def __init__(self, features: int) -> None:
        self.count = 0
        self.mean = torch.zeros(features, dtype=torch.float64)
        self.squares = torch.zeros(features, dtype=torch.float64)

    def see(self, layer: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        values = inputs[0].detach().double().transpose(0, 1).flatten(1)  # channels x numbers
        count = values.shape[1]
        mean = values.mean(1)
        away = mean - self.mean.to(mean)
        total = self.count + count
        self.squares = (
            self.squares.to(mean) + (values - mean[:, None]).square().sum(1) + away**2 * self.count * count / total
        )
        self.mean = self.mean.to(mean) + away * count / total
        self.count = total
