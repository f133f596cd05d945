"""What freezing leaves alone, and when thawing lets it go."""

from pathlib import Path

import pytest
import torch
from torch.nn import functional

from effects.reference import difference, forward, head, pixels
from effects.runs import Run, fit, images, net

STAGES = ("stage1", "stage2", "stage3")


def train(out: Path, epochs: int = 5, **fields: object) -> Run:
    """Three stages with norms, three steps an epoch."""
    return fit(out, net(norm=True, convs=3), images(), epochs=epochs, batch=8, lr=0.05, **fields)


def changes(run: Run) -> list[set[str]]:
    """The parts that changed in each epoch."""
    return [difference(run.after(3 * e), run.after(3 * e + 3)) for e in range(len(run.epochs))]


@pytest.mark.parametrize(("freeze", "asleep"), [(0, ()), (1, STAGES[:1]), (2, STAGES[:2]), (-1, STAGES)])
def test_frozen_stages_keep_their_weights_and_running_averages(
    tmp_path: Path, freeze: int, asleep: tuple[str, ...]
) -> None:
    run = train(tmp_path / "run", epochs=2, freeze=freeze)
    awake = {*STAGES, "head"} - set(asleep)
    assert changes(run) == [awake] * 2
    assert difference(run.after(0), run.weights) == awake, "the model file"
    frozen = {name: value for name, value in run.weights.items() if name.split(".")[0] in asleep}
    assert all(torch.equal(value, run.after(0)[name]) for name, value in frozen.items())
    assert len(frozen) == 6 * len(asleep)  # kernel, scale, shift, mean, variance, count


def test_everything_that_is_not_frozen_learns(tmp_path: Path) -> None:
    run = train(tmp_path / "run", epochs=1, freeze=1)
    same = {name for name, value in run.after(0).items() if torch.equal(value, run.after(3)[name])}
    assert {name.split(".")[0] for name in same} == {"stage1"}


@pytest.mark.parametrize(
    ("freeze", "unfreeze", "first"),  # first: the epoch in which a stage begins to learn
    [
        (-1, 1, {"stage3": 2, "stage2": 3, "stage1": 4}),
        (-1, 2, {"stage3": 3, "stage2": 5, "stage1": 7}),
        (2, 1, {"stage3": 1, "stage2": 2, "stage1": 3}),
        (1, 3, {"stage3": 1, "stage2": 1, "stage1": 4}),
    ],
)
@pytest.mark.parametrize("optimizer", ["sgd", "adamw"])
def test_a_stage_is_thawed_in_exactly_its_epoch(
    tmp_path: Path, freeze: int, unfreeze: int, first: dict[str, int], optimizer: str
) -> None:
    fields = {"freeze": freeze, "unfreeze": unfreeze, "optimizer": optimizer, "momentum": 0.5}
    run = train(tmp_path / "run", epochs=5, **fields)
    expected = [{"head", *(name for name in STAGES if first[name] <= epoch)} for epoch in range(1, 6)]
    assert changes(run) == expected


@pytest.mark.parametrize("epochs", [1, 2, 3])
def test_the_length_of_a_training_does_not_move_the_thawing(tmp_path: Path, epochs: int) -> None:
    run = train(tmp_path / "run", epochs=epochs, freeze=-1, unfreeze=1)
    thawed = {"head", *STAGES[4 - epochs :]}
    assert difference(run.after(0), run.after(3 * epochs)) == thawed


def test_a_frozen_stage_computes_by_its_running_averages(tmp_path: Path) -> None:
    """The epoch's loss, before its one step, is that of the norms in evaluation: in training it is another."""
    run = fit(tmp_path / "run", net(norm=True, convs=2), images(), lr=1e-12, freeze=-1)
    batch, labels = pixels(run.dataset, "train")
    asleep = functional.cross_entropy(head(run.after(0), batch), labels).item()
    awake = functional.cross_entropy(forward(run.after(0), batch, training=True)["head"], labels).item()
    assert run.epochs[0]["loss"] == pytest.approx(asleep, rel=1e-5)
    assert abs(asleep - awake) > 0.01 * asleep


def test_side_heads_are_never_frozen(tmp_path: Path) -> None:
    run = fit(tmp_path / "run", net(side=0.3), images(), freeze=-1)
    assert difference(run.after(0), run.after(1)) == {"head", "side"}
