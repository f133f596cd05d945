"""What to know before a training: a learning rate for it, and a batch that fits into memory."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import count

import torch

from brickwork.data.dataset import Dataset
from brickwork.data.free import free_memory
from brickwork.evaluate.device import device
from brickwork.network import Network
from brickwork.train.faults import in_memory
from brickwork.train.feed import Batch
from brickwork.train.finder import Sweep, find_batch, find_rate, restored
from brickwork.train.freeze import thaw
from brickwork.train.loop import Loop
from brickwork.train.progress import Listen
from brickwork.train.recipe import Recipe
from brickwork.train.signals import requests
from brickwork.train.train import begun, check, gathered, normalising, seeded, start

MOST = 4096  # images a step: beyond, no recipe here is known to learn well


def learning_rate(network: Network, dataset: Dataset, recipe: Recipe, *, report: Listen) -> Sweep:
    """A sweep of the learning rate over a hundred steps on the data; nothing is written.

    Raises BrickworkError as `train` does, and where the loss rises from the beginning.
    """
    with prepared(network, dataset, recipe, report) as loop:
        batches = (batch for epoch in count(1) for batch in loop.feed.batches(epoch))

        def take() -> float:
            thaw(loop.model, recipe, epoch=1)
            return loop.take(next(batches), epoch=1)

        return find_rate(loop, take)


def batch_size(network: Network, dataset: Dataset, recipe: Recipe, *, report: Listen) -> int:
    """The largest power of two of images whose training step fits into memory; nothing is written."""
    home = device()
    with prepared(network, dataset, recipe, report) as loop:

        def attempt(images: int) -> None:
            """A step on images of nothing."""
            with restored(loop):
                pixels = torch.zeros(images, *network.input, device=home).to(memory_format=torch.channels_last)
                loop.take(Batch(pixels, torch.zeros(images, dtype=torch.int64, device=home)), epoch=1)

        return find_batch(network, attempt, home=home, free=free_memory(), most=MOST)


@contextmanager
def prepared(network: Network, dataset: Dataset, recipe: Recipe, report: Listen) -> Iterator[Loop]:
    """A training that is about to begin."""
    check(network, dataset)
    recipe = replace(recipe, compile=False)  # a hundred steps do not make up for it
    with requests(), seeded(recipe.seed), in_memory(network, recipe):
        model, brought = begun(network, recipe, report)
        material = gathered(network, dataset, recipe, report)
        material = replace(material, preprocessing=normalising(material.preprocessing, brought, None))
        loop = start(model, material, recipe, report)
        try:
            yield loop
        finally:
            loop.feed.close()
