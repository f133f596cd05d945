"""What to know before a training: a learning rate for it, and a batch that fits into memory."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import count

import torch

from brickwork.data.dataset import Dataset
from brickwork.loader.loader import Batch
from brickwork.machine import device, free_memory
from brickwork.network import Network
from brickwork.recipe.recipe import Recipe
from brickwork.training.diagnose import explain_memory_errors
from brickwork.training.freeze import thaw
from brickwork.training.loop import Loop
from brickwork.training.progress import Listen
from brickwork.training.signals import stop_requests
from brickwork.training.train import (
    check_fit,
    choose_normalisation,
    initial_model,
    make_loop,
    prepare_images,
    seed_torch,
)
from brickwork.training.tune.range_test import RangeTest, find_batch, find_rate, restore_after

MOST = 4096  # images a step: beyond, no recipe here is known to learn well


def find_learning_rate(network: Network, dataset: Dataset, recipe: Recipe, *, report: Listen) -> RangeTest:
    """A sweep of the learning rate over a hundred steps on the data; nothing is written.

    Raises BrickworkError as `train` does, and where the loss rises from the beginning.
    """
    with search_loop(network, dataset, recipe, report) as loop:
        batches = (batch for epoch in count(1) for batch in loop.feed.batches(epoch))

        def take() -> float:
            thaw(loop.model, recipe, epoch=1)
            return loop.take(next(batches), epoch=1)

        return find_rate(loop, take)


def find_batch_size(network: Network, dataset: Dataset, recipe: Recipe, *, report: Listen) -> int:
    """The largest power of two of images whose training step fits into memory; nothing is written."""
    home = device()
    with search_loop(network, dataset, recipe, report) as loop:

        def attempt(images: int) -> None:
            """A step on images of nothing."""
            with restore_after(loop):
                pixels = torch.zeros(images, *network.input, device=home).to(memory_format=torch.channels_last)
                loop.take(Batch(pixels, torch.zeros(images, dtype=torch.int64, device=home)), epoch=1)

        return find_batch(network, attempt, home=home, free=free_memory(), most=MOST)


@contextmanager
def search_loop(network: Network, dataset: Dataset, recipe: Recipe, report: Listen) -> Iterator[Loop]:
    """A training that is about to begin."""
    check_fit(network, dataset)
    recipe = replace(recipe, compile=False)  # a hundred steps do not make up for it
    with stop_requests(), seed_torch(recipe.seed), explain_memory_errors(network, recipe):
        model, brought = initial_model(network, recipe, report)
        material = prepare_images(network, dataset, recipe, report)
        material = replace(material, preprocessing=choose_normalisation(material.preprocessing, brought, None))
        loop = make_loop(model, material, recipe, report)
        try:
            yield loop
        finally:
            loop.feed.close()
