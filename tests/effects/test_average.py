"""Averaged weights (ema): what is averaged, from which step, and that it is what is validated and kept."""

from pathlib import Path

import pytest
import torch
from torch.nn import functional

from effects import reference
from effects.reference import Weights, close, descend, head, pixels
from effects.runs import Run, fit, images, net

STEPS = 7


def means(path: list[Weights], decay: float) -> list[Weights]:
    """0.3 m + 0.7 w after each step; in the first steps 1/10, 2/11, 3/12 in place of 0.3, as TensorFlow has it."""
    found = [path[0]]
    for step, now in enumerate(path[1:]):
        share = min(decay, (1 + step) / (10 + step))
        found.append({name: share * found[-1][name] + (1 - share) * value for name, value in now.items()})
    return found


def scores(weights: Weights, run: Run) -> tuple[float, float]:
    """Loss and accuracy on the validation images."""
    held, labels = pixels(run.dataset, "val")
    logits = head(weights, held)
    return functional.cross_entropy(logits, labels).item(), (logits.argmax(1) == labels).double().mean().item()


@pytest.mark.parametrize("decay", [0.3, 0.9])
def test_the_model_file_holds_the_exponential_average(tmp_path: Path, decay: float) -> None:
    run = fit(tmp_path / "run", net(), images(), epochs=STEPS, lr=0.2, ema=decay)
    path = descend(run.after(0), [pixels(run.dataset, "train")] * STEPS, reference.sgd(0.2))
    averages = means(path, decay)
    close(run.after(STEPS), path[-1])  # training goes on from its own weights
    close(run.average(STEPS), averages[-1])
    close(run.weights, averages[run.record["best"]["epoch"]])
    assert run.record["best"]["epoch"] > 4, "the decay is then the recipe's"


def test_validation_is_of_the_averaged_weights(tmp_path: Path) -> None:
    run = fit(tmp_path / "run", net(), images(), epochs=STEPS, lr=0.5, ema=0.9)
    path = descend(run.after(0), [pixels(run.dataset, "train")] * STEPS, reference.sgd(0.5))
    averages = means(path, 0.9)
    for epoch, average, own in zip(run.epochs, averages[1:], path[1:], strict=True):
        loss, accuracy = scores(average, run)
        assert epoch["val_loss"] == pytest.approx(loss, rel=1e-4)
        assert epoch["val_accuracy"] == pytest.approx(accuracy)
        assert abs(loss - scores(own, run)[0]) > 1e-3 * loss, "the averaged weights are others"


def test_the_average_moves_at_every_step_of_an_epoch(tmp_path: Path) -> None:
    run = fit(tmp_path / "run", net(), images(), epochs=3, batch=8, lr=0.2, ema=0.2)
    averages = means([run.after(step) for step in range(10)], 0.2)
    for step in range(10):
        close(run.average(step), averages[step])


def test_running_averages_of_norms_are_averaged_and_counts_are_not(tmp_path: Path) -> None:
    run = fit(tmp_path / "run", net(norm=True), images(), epochs=3, batch=8, lr=0.2, ema=0.9)
    path = [run.after(step) for step in range(10)]
    count = "stage1.norm.num_batches_tracked"
    floats = [{name: value for name, value in weights.items() if name != count} for weights in path]
    expected = means(floats, 0.9)[3 * run.record["best"]["epoch"]]
    close({name: value for name, value in run.weights.items() if name != count}, expected)
    assert run.weights[count] == 3 * run.record["best"]["epoch"]
    assert not torch.equal(run.weights["stage1.norm.running_mean"], path[-1]["stage1.norm.running_mean"])


def test_without_it_the_last_weights_are_validated_and_kept(tmp_path: Path) -> None:
    run = fit(tmp_path / "run", net(), images(), epochs=STEPS, lr=0.2)
    path = descend(run.after(0), [pixels(run.dataset, "train")] * STEPS, reference.sgd(0.2))
    for epoch, weights in zip(run.epochs, path[1:], strict=True):
        loss, accuracy = scores(weights, run)
        assert (epoch["val_loss"], epoch["val_accuracy"]) == pytest.approx((loss, accuracy), rel=1e-4)
    close(run.weights, path[run.record["best"]["epoch"]])
