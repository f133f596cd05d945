"""Seeds: torch's random numbers as a function of what they are drawn for."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from brickwork.data.hashing import seed_from


@contextmanager
def torch_seeded(*key: int) -> Iterator[None]:
    """Seed torch's CPU generator from a key while it lasts; its state is as before afterwards."""
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed_from(*key))
        yield


def step_seed(seed: int, step: int, micro_batch: int = 0) -> int:
    """The seed of a micro-batch's dropout and stochastic depth in a step; it fits into 63 bits, as torch wants."""
    return seed_from(seed, step, *([micro_batch] if micro_batch else [])) >> 1
