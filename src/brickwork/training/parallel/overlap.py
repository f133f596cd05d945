"""The all-reduce of gradients while the backward pass that makes the last of them is still under way."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from brickwork.training.parallel.group import Group

BUCKET = 1 << 25  # bytes of gradients that are sent at a time


class OverlappedReduce:
    """All-reduce of a model's gradients, each bucket of them as soon as the backward pass has made it.

    Buckets go in one order in all processes, from the last weights to the first, as a backward pass makes gradients.
    """

    def __init__(self, model: nn.Module, group: Group) -> None:
        weights = [weight for weight in model.parameters() if weight.requires_grad][::-1]
        self.group, self.buckets = group, split_buckets(weights)
        self.bucket = {id(weight): place for place, bucket in enumerate(self.buckets) for weight in bucket}
        self.missing = [len(bucket) for bucket in self.buckets]
        self.sums: list[Tensor] = []  # of the buckets that are sent
        self.hooks = [weight.register_post_accumulate_grad_hook(self.note) for weight in weights]  # type: ignore[no-untyped-call]

    def note(self, weight: Tensor) -> None:
        """Notes that a weight's gradient is whole, and sends what can be sent."""
        self.missing[self.bucket[id(weight)]] -= 1
        while len(self.sums) < len(self.buckets) and not self.missing[len(self.sums)]:
            self.send()

    def send(self) -> None:
        """Sends the next bucket's gradients; weights that took no part have none, in any process."""
        self.sums.append(flatten(self.gradients(len(self.sums))))
        if len(self.sums[-1]):
            self.group.begin_add(self.sums[-1])

    def gradients(self, place: int) -> list[Tensor]:
        return [weight.grad for weight in self.buckets[place] if weight.grad is not None]

    def finish(self) -> None:
        """Sends what is left, and leaves the sums in the weights' `grad`."""
        for hook in self.hooks:
            hook.remove()
        while len(self.sums) < len(self.buckets):
            self.send()
        self.group.finish_adds()
        for place, total in enumerate(self.sums):
            unflatten(total, self.gradients(place))


def split_buckets(tensors: Sequence[Tensor]) -> list[list[Tensor]]:
    """Tensors in their order, in buckets of about `BUCKET` bytes."""
    buckets: list[list[Tensor]] = []
    room = 0
    for tensor in tensors:
        if room <= 0:
            buckets.append([])
            room = BUCKET
        buckets[-1].append(tensor)
        room -= tensor.nbytes
    return buckets


def flatten(tensors: Sequence[Tensor]) -> Tensor:
    """Tensors one after the other; of none an empty one."""
    return torch.cat([tensor.reshape(-1) for tensor in tensors]) if tensors else torch.empty(0)


def unflatten(flat: Tensor, tensors: Sequence[Tensor]) -> None:
    """Copies consecutive parts of a flat tensor into tensors."""
    parts = torch.split(flat, [tensor.numel() for tensor in tensors])
    for tensor, part in zip(tensors, parts, strict=True):
        tensor.copy_(part.view_as(tensor))
