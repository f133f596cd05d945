import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import bars
from brickwork.data.dataset import ArraySplit, Dataset
from brickwork.errors import BrickworkError
from brickwork.evaluate.evaluate import evaluate
from brickwork.model import build, load
from brickwork.train.progress import Progress, Result
from brickwork.train.recipe import Recipe, made, read
from brickwork.train.train import train


def run(out: Path, recipe: Recipe = bars.QUICK, **changes: object) -> Result:
    return train(bars.network(), bars.dataset(), replace(recipe, **changes), out, report=bars.silent)  # type: ignore[arg-type]


def weights(result: Result) -> dict[str, torch.Tensor]:
    return load(result.model).model.state_dict()


def equal(one: Result, other: Result) -> bool:
    first, second = weights(one), weights(other)
    return all(torch.equal(value, second[name]) for name, value in first.items())


def test_a_run_leaves_its_recipe_metrics_curve_and_model(tmp_path: Path) -> None:
    result = run(tmp_path / "run")
    assert sorted(file.name for file in result.run.iterdir()) == [
        "curve.svg", "metrics.jsonl", "model.safetensors", "recipe.toml",
    ]  # fmt: skip
    assert read((result.run / "recipe.toml").read_text()) == bars.QUICK
    lines = [json.loads(line) for line in (result.run / "metrics.jsonl").read_text().splitlines()]
    assert [line["epoch"] for line in lines] == [1, 2]
    assert set(lines[0]) == {
        "epoch", "loss", "val_loss", "val_accuracy", "learning_rate", "seconds", "images_per_second",
    }  # fmt: skip


def test_the_model_file_is_enough_to_get_the_same_test_accuracy(tmp_path: Path) -> None:
    result = run(tmp_path / "run", epochs=5)
    file = load(result.model)
    assert file.classes == bars.CLASSES
    assert result.split == "test"
    assert result.accuracy == evaluate(file, bars.dataset()).accuracy > 0.5
    assert file.record["test"] == {"accuracy": result.accuracy, "images": 40, "skipped": 0}
    assert made(file.record["recipe"]) == replace(bars.QUICK, epochs=5)
    assert file.record["images"] == {"train": 128, "val": 32, "skipped": 0}


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_equal_seeds_give_equal_weights_bit_for_bit(tmp_path: Path, precision: str) -> None:
    first = run(tmp_path / "1", precision=precision, crop=1, seed=5)
    torch.manual_seed(77)  # what happened before in the process does not matter
    torch.rand(9)
    assert equal(first, run(tmp_path / "2", precision=precision, crop=1, seed=5))
    assert not equal(first, run(tmp_path / "3", precision=precision, crop=1, seed=6))


def test_training_leaves_the_chance_of_the_caller_alone(tmp_path: Path) -> None:
    torch.manual_seed(4)
    expected = torch.rand(3)
    torch.manual_seed(4)
    run(tmp_path / "run")
    assert torch.equal(torch.rand(3), expected)


def test_the_kept_model_is_the_best_epochs(tmp_path: Path) -> None:
    result = run(tmp_path / "run", epochs=4, lr=0.4)
    lines = [json.loads(line) for line in (result.run / "metrics.jsonl").read_text().splitlines()]
    best = max(lines, key=lambda line: (line["val_accuracy"], -line["val_loss"]))
    assert load(result.model).record["best"] == best


class StopAt:
    """Presses Ctrl-C at an epoch and step."""

    def __init__(self, epoch: int, step: int) -> None:
        self.epoch, self.step = epoch, step
        self.best = 0.0

    def __call__(self, news: Progress) -> None:
        if news.kind == "epoch" and news.accuracy is not None:
            self.best = max(self.best, news.accuracy)
        if news.kind == "step" and (news.epoch, news.step) == (self.epoch, self.step):
            raise KeyboardInterrupt


def test_an_interruption_keeps_the_best_model_so_far(tmp_path: Path) -> None:
    stop = StopAt(3, 2)
    result = train(bars.network(), bars.dataset(), replace(bars.QUICK, epochs=50), tmp_path / "run", report=stop)
    assert result.interrupted
    assert (result.accuracy, result.split) == (stop.best, "val")
    assert load(result.model).record["best"]["val_accuracy"] == stop.best
    assert len((result.run / "metrics.jsonl").read_text().splitlines()) == 2


def test_an_interruption_in_the_first_epoch_goes_on_to_the_caller_and_the_folder_can_be_used_again(
    tmp_path: Path,
) -> None:
    with pytest.raises(KeyboardInterrupt):
        train(bars.network(), bars.dataset(), bars.QUICK, tmp_path / "run", report=StopAt(1, 1))
    assert not run(tmp_path / "run").interrupted


def test_without_a_test_split_the_accuracy_is_the_best_on_val(tmp_path: Path) -> None:
    result = train(bars.network(), bars.dataset(test=False), bars.QUICK, tmp_path / "run", report=bars.silent)
    assert result.split == "val"
    assert result.accuracy == load(result.model).record["best"]["val_accuracy"]
    assert not result.interrupted


def test_a_given_val_split_is_used_as_it_is(tmp_path: Path) -> None:
    data = bars.dataset()
    data = replace(data, splits={**data.splits, "val": bars.split(20, 9)})
    result = train(bars.network(), data, bars.QUICK, tmp_path / "run", report=bars.silent)
    assert load(result.model).record["images"] == {"train": 160, "val": 20, "skipped": 0}


def test_a_run_is_not_overwritten(tmp_path: Path) -> None:
    before = run(tmp_path / "run").model.read_bytes()
    with pytest.raises(BrickworkError, match="holds a trained model already: give this run another folder"):
        run(tmp_path / "run")
    assert (tmp_path / "run" / "model.safetensors").read_bytes() == before


def test_a_run_folder_that_is_a_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("notes")
    with pytest.raises(BrickworkError, match="the run folder cannot be written: File exists"):
        run(tmp_path / "run")


def test_classes_that_differ_are_said_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(BrickworkError, match=r"tiny tells 7 classes apart, but bars has 4: build .* classes=4"):
        train(bars.network(classes=7), bars.dataset(), bars.QUICK, tmp_path / "run", report=bars.silent)
    assert not (tmp_path / "run").exists()


def test_side_heads_change_what_is_learned(tmp_path: Path) -> None:
    network = bars.network(sides=True)
    heavy = replace(network, side_heads=(replace(network.side_heads[0], weight=5.0),))
    one = train(network, bars.dataset(), bars.QUICK, tmp_path / "1", report=bars.silent)
    other = train(heavy, bars.dataset(), bars.QUICK, tmp_path / "2", report=bars.silent)
    assert not torch.equal(weights(one)["stage1.conv.weight"], weights(other)["stage1.conv.weight"])


def test_news_come_step_by_step_and_epoch_by_epoch(tmp_path: Path) -> None:
    heard: list[Progress] = []
    train(bars.network(), bars.dataset(), bars.QUICK, tmp_path / "run", report=heard.append)
    assert [news.text for news in heard if news.kind == "note"] == ["train: 128 images", "val: 32 images"]
    steps = [news for news in heard if news.kind == "step"]
    assert [(news.epoch, news.step) for news in steps] == [(e, s) for e in (1, 2) for s in (1, 2, 3, 4)]
    assert all(news.epochs == 2 and news.steps == 4 and news.images_per_second > 0 for news in steps)
    assert steps[-1].seconds_left == 0
    epochs = [news for news in heard if news.kind == "epoch"]
    assert [news.epoch for news in epochs] == [1, 2]
    assert all(news.accuracy is not None and news.loss > 0 for news in epochs)


def test_digits_are_not_mirrored_and_it_is_said(tmp_path: Path) -> None:
    heard: list[str] = []
    data = replace(bars.dataset(), classes=("0", "1", "2", "3"))
    one = train(bars.network(), data, bars.QUICK, tmp_path / "1", report=lambda news: heard.append(news.text))
    assert "no image is mirrored, as the classes are digits or letters" in heard
    assert equal(one, run(tmp_path / "2", flip=False))


def test_a_set_without_an_image_to_validate_with_is_said(tmp_path: Path) -> None:
    images = np.zeros((4, 1, 8, 8), np.uint8)
    split = ArraySplit(np.arange(4, dtype=np.int64), images, "four", (0, 1, 2, 3))
    data = Dataset("four", bars.CLASSES, {"train": split}, shape=(1, 8, 8))
    with pytest.raises(BrickworkError, match="four: no class has two images, one of them to validate with"):
        train(bars.network(), data, bars.QUICK, tmp_path / "run", report=bars.silent)


def test_a_training_begins_with_the_weights_that_the_recipe_names(tmp_path: Path) -> None:
    first = build(bars.network())
    torch.save(first.state_dict(), tmp_path / "first.pth")
    notes: list[str] = []
    recipe = replace(bars.QUICK, epochs=1, lr=1e-12, weights=str(tmp_path / "first.pth"))
    result = train(
        bars.network(), bars.dataset(), recipe, tmp_path / "run", report=lambda news: notes.append(news.text)
    )
    trained = load(result.model).model
    torch.testing.assert_close(trained.get_parameter("head.linear.weight"), first.get_parameter("head.linear.weight"))
    assert f"begun with {tmp_path / 'first.pth'}, named as brickwork names them" in notes


@pytest.mark.parametrize("wrong", [{"init": "hee"}, {"weights": "missing.pth"}])
def test_a_wrong_beginning_is_told_before_an_image_is_read_and_leaves_no_folder(
    tmp_path: Path, wrong: dict[str, str]
) -> None:
    notes: list[str] = []
    recipe = replace(bars.QUICK, **wrong)
    with pytest.raises(BrickworkError):
        train(bars.network(), bars.dataset(), recipe, tmp_path / "run", report=lambda news: notes.append(news.text))
    assert not notes
    assert not (tmp_path / "run").exists()


def test_a_network_of_other_channels_than_images_have_is_told_so(tmp_path: Path) -> None:
    network = replace(bars.network(), input=(5, 8, 8))
    with pytest.raises(BrickworkError, match=r"tiny reads 5 channels, but an image has 1 channel or 3\."):
        train(network, bars.dataset(), bars.QUICK, tmp_path / "run", report=bars.silent)
