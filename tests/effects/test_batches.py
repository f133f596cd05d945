"""Which images a training sees, how often, and in how many steps."""

from collections import Counter
from hashlib import sha256
from itertools import chain, pairwise
from pathlib import Path

import pytest
import torch

from effects import reference
from effects.reference import close, descend, pixels, which
from effects.runs import Run, fit, images, net


def seen(run: Run) -> list[list[int]]:
    """The places of each batch's images among the training images."""
    return [which(batch, pixels(run.dataset, "train")[0]) for batch in run.trace.trained]


def flat(batches: list[list[int]]) -> list[int]:
    return list(chain.from_iterable(batches))


@pytest.mark.parametrize(("batch", "sizes"), [(24, [24]), (12, [12, 12]), (10, [8, 8, 8]), (7, [6, 6, 6, 6])])
def test_an_epoch_is_all_images_once_in_batches_of_nearly_equal_size(
    tmp_path: Path, batch: int, sizes: list[int]
) -> None:
    run = fit(tmp_path / "run", net(), images(), epochs=2, batch=batch)
    found, steps = seen(run), len(sizes)
    assert [len(places) for places in found] == sizes * 2
    assert len(run.trace.steps) == len(sizes) * 2
    for epoch in (found[:steps], found[steps:]):
        assert sorted(flat(epoch)) == list(range(24))
    assert flat(found[:steps]) != flat(found[steps:]), "an order of its own"
    assert flat(found[:steps]) != list(range(24))


@pytest.mark.parametrize("epochs", [1, 3, 5])
def test_there_are_as_many_epochs_as_the_recipe_says(tmp_path: Path, epochs: int) -> None:
    run = fit(tmp_path / "run", net(), images(), epochs=epochs, batch=8)
    assert [epoch["epoch"] for epoch in run.epochs] == list(range(1, epochs + 1))
    assert max(run.states) == len(run.trace.steps) == 3 * epochs


def test_each_step_is_by_the_mean_gradient_of_its_own_batch(tmp_path: Path) -> None:
    run = fit(tmp_path / "run", net(), images(), epochs=2, batch=7, lr=0.1)
    batch, labels = pixels(run.dataset, "train")
    path = descend(run.after(0), [(batch[part], labels[part]) for part in seen(run)], reference.sgd(0.1))
    for step, expected in enumerate(path):
        close(run.after(step), expected)


@pytest.mark.parametrize(("parts", "sizes"), [(2, [12, 12]), (5, [5, 5, 5, 5, 4]), (24, [1] * 24)])
def test_a_batch_in_parts_takes_the_same_step_as_the_whole(tmp_path: Path, parts: int, sizes: list[int]) -> None:
    """Also where parts differ in size: each weighs by its images."""
    run = fit(tmp_path / "run", net(), images(), epochs=3, lr=0.2, accumulate=parts)
    assert [len(places) for places in seen(run)] == sizes * 3
    assert len(run.trace.steps) == 3
    path = descend(run.after(0), [pixels(run.dataset, "train")] * 3, reference.sgd(0.2))
    close(run.after(3), path[-1])


def mean_of(part: torch.Tensor) -> torch.Tensor:
    return part.mean(1)


def variance_of(part: torch.Tensor) -> torch.Tensor:
    return part.var(1)


def test_a_step_moves_running_averages_once_by_the_mean_over_its_parts(tmp_path: Path) -> None:
    run = fit(tmp_path / "run", net(norm=True), images(), accumulate=2)
    assert run.after(1)["stage1.norm.num_batches_tracked"] == 1
    before, after = run.after(0), run.after(1)
    parts = [
        torch.nn.functional.conv2d(batch, before["stage1.conv.weight"], padding=1).transpose(0, 1).flatten(1)
        for batch in run.trace.trained
    ]
    assert [part.shape[1] for part in parts] == [12 * 6 * 6] * 2
    means, variances = (torch.stack([moment(part) for part in parts]).mean(0) for moment in (mean_of, variance_of))
    close({"mean": after["stage1.norm.running_mean"]}, {"mean": 0.1 * means})
    close({"variance": after["stage1.norm.running_var"]}, {"variance": 0.9 + 0.1 * variances})


def test_balanced_sampling_shows_every_class_equally_often(tmp_path: Path) -> None:
    run = fit(tmp_path / "run", net(), images((15, 6, 3)), epochs=2, batch=8, sampling="balanced")
    labels = pixels(run.dataset, "train")[1].tolist()
    found = seen(run)
    for epoch in (flat(found[:3]), flat(found[3:])):
        assert Counter(labels[place] for place in epoch) == {0: 8, 1: 8, 2: 8}
        times = Counter(epoch)
        assert all(times[place] <= 1 for place in range(15)), "of the frequent class none comes again"
        assert {times[place] for place in range(15, 21)} == {1, 2}
        assert sorted(times[place] for place in range(21, 24)) == [2, 3, 3]


def test_shuffled_sampling_shows_them_as_often_as_they_are(tmp_path: Path) -> None:
    run = fit(tmp_path / "run", net(), images((15, 6, 3)), batch=8)
    labels = pixels(run.dataset, "train")[1].tolist()
    assert Counter(labels[place] for place in flat(seen(run))) == {0: 15, 1: 6, 2: 3}


@pytest.mark.parametrize(("share", "seed"), [(0.1, 0), (0.4, 0), (0.4, 3)])
def test_images_whose_hash_is_below_the_share_are_held_out_where_there_is_no_validation_split(
    tmp_path: Path, share: float, seed: int
) -> None:
    data = images((40, 40), val=0)
    run = fit(tmp_path / "run", net(classes=2), data, batch=20, validation=share, seed=seed)
    everything = torch.from_numpy(data.splits["train"].images).float()
    trained = {place for batch in run.trace.trained for place in by_shape(batch, everything)}
    held = {place for batch in run.trace.scored for place in by_shape(batch, everything)}
    assert held == {place for place in range(80) if hash_share(f"{seed}/train/{place}") < share}
    assert trained == set(range(80)) - held
    assert run.record["images"] == {"train": len(trained), "val": len(held), "skipped": 0}


def hash_share(text: str) -> float:
    """A number from 0 to 1."""
    return int.from_bytes(sha256(text.encode()).digest()[:6], "big") / 2**48


def by_shape(batch: torch.Tensor, everything: torch.Tensor) -> list[int]:
    """The places of images whose mean and deviation are not known: each is brought to its own."""
    return which(own_scale(batch), own_scale(everything))


def own_scale(batch: torch.Tensor) -> torch.Tensor:
    flat = batch.flatten(1).double()
    return (flat - flat.mean(1, keepdim=True)) / flat.std(1, keepdim=True)


def test_a_validation_split_is_taken_whole_and_nothing_else(tmp_path: Path) -> None:
    run = fit(tmp_path / "run", net(), images(val=12), epochs=2, validation=0.5)
    held = pixels(run.dataset, "val")[0]
    assert [which(batch, held) for batch in run.trace.scored] == [list(range(12))] * 2
    assert run.record["images"] == {"train": 24, "val": 12, "skipped": 0}


@pytest.mark.parametrize(("every", "steps"), [(1, range(13)), (4, [0, 4, 6, 8, 12]), (100, [0, 6, 12])])
def test_checkpoints_are_written_every_so_many_steps_and_at_each_epochs_end(
    tmp_path: Path, every: int, steps: list[int]
) -> None:
    run = fit(tmp_path / "run", net(), images(), epochs=2, batch=4, checkpoint=every)
    assert sorted(run.states) == list(steps)


def test_a_seed_decides_about_weights_and_order(tmp_path: Path) -> None:
    runs = [fit(tmp_path / str(n), net(), images(), batch=8, seed=seed) for n, seed in enumerate((5, 5, 6))]
    one, same, other = (run.after(0) for run in runs)
    assert all(torch.equal(value, same[name]) for name, value in one.items())
    assert not torch.equal(one["stage1.conv.weight"], other["stage1.conv.weight"])
    assert not torch.equal(one["head.linear.weight"], other["head.linear.weight"])
    first, again, third = (seen(run) for run in runs)
    assert first == again
    assert first != third
    close(runs[1].weights, runs[0].weights, rtol=0, atol=0)


def test_a_seed_decides_about_dropout(tmp_path: Path) -> None:
    """From the same weights, with a single image to train on, only the dropout is left to chance."""
    network, single = net(dropout=0.5), images((1, 0, 0))
    begun = fit(tmp_path / "begun", network, single).path / "model.safetensors"
    first, same, other = (
        fit(tmp_path / str(n), network, single, seed=seed, weights=str(begun)).after(1)["head.linear.weight"]
        for n, seed in enumerate((5, 5, 6))
    )
    assert torch.equal(first, same)
    assert (first - other).abs().max() > 1e-3


def test_every_step_drops_others(tmp_path: Path) -> None:
    """What is dropped has no gradient, so that its weights stay."""
    run = fit(tmp_path / "run", net(dropout=0.5), images((1, 0, 0)), epochs=2, lr=0.5)
    weights = [run.after(step)["head.linear.weight"] for step in range(3)]
    first, second = ((after != before).any(0) for before, after in pairwise(weights))
    assert 0.2 < first.double().mean() < 0.8
    assert not torch.equal(first, second)
