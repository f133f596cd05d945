"""Patience: after how many epochs without a better one a training ends."""

from pathlib import Path

import pytest

from effects.reference import close
from effects.runs import Run, fit, images, net


def better(one: dict[str, float], other: dict[str, float]) -> bool:
    """A higher validation accuracy; among equal ones a lower loss."""
    if one["val_accuracy"] != other["val_accuracy"]:
        return one["val_accuracy"] > other["val_accuracy"]
    return one["val_loss"] < other["val_loss"]


def best(epochs: list[dict[str, float]]) -> int:
    """The number of the best epoch, the first among equal ones."""
    found = 0
    for number, epoch in enumerate(epochs):
        if better(epoch, epochs[found]):
            found = number
    return found + 1


def numbers(run: Run) -> list[int]:
    return [epoch["epoch"] for epoch in run.epochs]


@pytest.mark.parametrize("patience", [1, 2, 3])
def test_a_training_that_only_gets_worse_ends_so_many_epochs_after_its_first(tmp_path: Path, patience: int) -> None:
    """Every validation label is another one than in training, so that each epoch scores worse than the one before."""
    run = fit(tmp_path / "run", net(), images(wrong=12), epochs=8, lr=0.05, patience=patience)
    assert numbers(run) == list(range(1, patience + 2))
    assert run.record["best"]["epoch"] == 1
    close(run.weights, run.after(1))


def test_without_patience_it_goes_on_to_its_end(tmp_path: Path) -> None:
    run = fit(tmp_path / "run", net(), images(wrong=12), epochs=8, lr=0.05)
    assert numbers(run) == list(range(1, 9))
    assert run.record["best"]["epoch"] == 1


def test_a_training_that_gets_better_every_time_is_not_ended(tmp_path: Path) -> None:
    run = fit(tmp_path / "run", net(), images(), epochs=8, lr=0.02, patience=1)
    assert numbers(run) == list(range(1, 9))
    assert run.record["best"]["epoch"] == 8


def waits(epochs: list[dict[str, float]]) -> list[int]:
    """How many epochs each one comes after the best one until then."""
    return [number - best(epochs[:number]) for number in range(1, len(epochs) + 1)]


@pytest.mark.parametrize(("patience", "ends"), [(1, 3), (2, 10), (3, 11), (5, 12)])
def test_the_count_begins_anew_with_every_better_epoch(tmp_path: Path, patience: int, ends: int) -> None:
    """A third of the validation labels are wrong: scores rise with two dips, until the model is too sure of itself."""
    fields = {"epochs": 12, "lr": 0.1}
    whole = fit(tmp_path / "whole", net(), images(val=30, wrong=10), **fields)
    assert waits(whole.epochs) == [0, 0, 1, 0, 0, 0, 1, 0, 1, 2, 3, 4]
    run = fit(tmp_path / "run", net(), images(val=30, wrong=10), patience=patience, **fields)
    assert numbers(run) == list(range(1, ends + 1))
    chosen = best(whole.epochs[:ends])
    assert run.record["best"]["epoch"] == chosen == (2 if patience == 1 else 8)
    close(run.weights, run.after(chosen))
