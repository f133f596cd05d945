"""Searches before a training: `--find lr`, the learning rate range test, and `--find batch`."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import count, islice

import torch

from brickwork.data.dataset import Dataset
from brickwork.loader.fit import check_fit
from brickwork.loader.loader import Batch
from brickwork.machine import compute_threads, free_memory_on
from brickwork.network import Network
from brickwork.recipe.recipe import Recipe
from brickwork.training.diagnose import explain_memory_errors
from brickwork.training.events import Listener, silent
from brickwork.training.freeze import thaw
from brickwork.training.loop import Loop
from brickwork.training.signals import stop_signal
from brickwork.training.train import initial_model, seed_torch, training_loop
from brickwork.training.tune.range_test import RangeTest, find_batch, find_rate, memory_needed, restore_after

MOST = 4096  # images a step: beyond, no recipe here is known to learn well


def find_learning_rate(network: Network, dataset: Dataset, recipe: Recipe, *, listener: Listener = silent) -> RangeTest:
    """Learning rate range test over a hundred steps on the data; nothing is written.

    Raises BrickworkError as `train` does, and where the loss rises from the beginning.
    """
    with search_loop(network, dataset, recipe, listener) as loop:
        batches = (batch for epoch in count(1) for batch in loop.loader.batches(epoch))

        def step() -> float:
            thaw(loop.model, recipe, epoch=1)
            return loop.train_step(list(islice(batches, recipe.accumulate)), epoch=1)

        return find_rate(loop, step)


def find_batch_size(network: Network, dataset: Dataset, recipe: Recipe, *, listener: Listener = silent) -> int:
    """The largest power of two of images whose training step fits into memory; nothing is written."""
    with search_loop(network, dataset, recipe, listener) as loop:
        device = loop.loader.device

        def attempt(images: int) -> None:
            """One training step on a batch of zeros, whose effect is undone."""
            with restore_after(loop):
                part = -(-images // recipe.accumulate)
                pixels = torch.zeros(part, *network.input, device=device).to(memory_format=torch.channels_last)
                targets = torch.zeros(part, dtype=torch.int64, device=device)
                loop.train_step([Batch(pixels, targets, of=images)] * recipe.accumulate, epoch=1)

        def needed(images: int) -> int:
            return memory_needed(network, images, recipe, device.type)

        return find_batch(network, attempt, device=device, free=free_memory_on(device), most=MOST, needed=needed)


@contextmanager
def search_loop(network: Network, dataset: Dataset, recipe: Recipe, listener: Listener) -> Iterator[Loop]:
    """The loop of a training that is about to begin."""
    check_fit(network, dataset)
    recipe = replace(recipe, compile=False)  # a hundred steps do not make up for it
    with (
        stop_signal(),
        compute_threads(recipe.threads),
        seed_torch(recipe.seed),
        explain_memory_errors(network, recipe),
    ):
        model, normalisation = initial_model(network, recipe, listener)
        with training_loop(model, dataset, recipe, normalisation, listener) as loop:
            yield loop
