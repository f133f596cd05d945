"""A model file that was damaged is written anew from the best epoch's checkpoint when the run goes on."""

from collections.abc import Callable
from pathlib import Path

import pytest

from effects.reference import close
from effects.runs import Run, fit, images, interrupt, net, repair

EPOCHS, BEST = 6, 4


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[20] ^= 0xFF
    path.write_bytes(content)


DAMAGES: dict[str, Callable[[Path], None]] = {
    "cut": cut,
    "flipped": flip,
    "empty": lambda path: path.write_bytes(b"") and None,
    "gone": lambda path: path.unlink(),
}


def finish(out: Path, **fields: object) -> Run:
    """A run whose best epoch is not its last one."""
    run = fit(out, net(), images(val=30, wrong=6), epochs=EPOCHS, lr=0.2, checkpoint=100, **fields)
    assert run.record["best"]["epoch"] < EPOCHS
    return run


@pytest.mark.parametrize("damage", DAMAGES)
def test_the_best_epochs_model_is_back(tmp_path: Path, damage: str) -> None:
    run = finish(tmp_path / "run")
    DAMAGES[damage](run.path / "model.safetensors")
    again = repair(run)
    close(again.weights, run.after(BEST), rtol=0, atol=0)
    assert again.record["best"]["epoch"] == BEST
    assert again.trace.steps == [], "nothing is trained anew"
    for name in ("calibration", "recipe", "images"):
        assert again.record[name] == run.record[name]
    assert again.epochs == run.epochs


def test_the_averaged_weights_are_back(tmp_path: Path) -> None:
    run = finish(tmp_path / "run", ema=0.3)
    cut(run.path / "model.safetensors")
    again = repair(run)
    close(again.weights, run.average(run.record["best"]["epoch"]), rtol=0, atol=0)
    assert again.record["calibration"] == run.record["calibration"]


def test_a_whole_model_file_is_left_as_it_is(tmp_path: Path) -> None:
    run = finish(tmp_path / "run")
    before = (run.path / "model.safetensors").read_bytes()
    repair(run)
    assert (run.path / "model.safetensors").read_bytes() == before


@pytest.mark.parametrize("damage", ["cut", "weight"])
def test_a_training_that_goes_on_mends_the_best_model_first(tmp_path: Path, damage: str) -> None:
    """Also where the file can be read, and only one of its weights is another."""
    fields = {"epochs": EPOCHS, "lr": 0.2, "checkpoint": 100}
    run = interrupt(tmp_path / "run", net(), images(val=30, wrong=6), after=EPOCHS - 1, **fields)
    assert len(run.epochs) == EPOCHS - 1
    assert run.record["best"]["epoch"] == BEST
    (cut if damage == "cut" else change)(run.path / "model.safetensors")
    again = repair(run)
    assert len(again.trace.steps) == 1, "the epoch that was left"
    close(again.weights, run.after(BEST), rtol=0, atol=0)
    assert again.record["best"] == run.record["best"]


def change(path: Path) -> None:
    """Another number in the last of the weights."""
    content = bytearray(path.read_bytes())
    content[-2] ^= 0x10
    path.write_bytes(content)
