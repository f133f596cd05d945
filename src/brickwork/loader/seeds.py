"""Torch's own chance, where a library draws from it, as a function of what it is drawn for."""

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256

import torch


@contextmanager
def torch_seeded(*what: int) -> Iterator[None]:
    """Torch draws as these numbers say, on the CPU, and afterwards as if nothing had been drawn."""
    digest = sha256("/".join(map(str, what)).encode()).digest()
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(int.from_bytes(digest[:8]))
        yield
