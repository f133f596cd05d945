import json
import os
import signal
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

import bars
from brickwork.data import open_data
from brickwork.data.dataset import ArraySplit, Dataset, FileSplit
from brickwork.errors import BrickworkError
from brickwork.evaluation import evaluate
from brickwork.evaluation.data import open_as_divided
from brickwork.loader.note import Note
from brickwork.model import ModelFile, build, load
from brickwork.network import chain
from brickwork.network.layers import BatchNorm, Flatten, GlobalAvgPool, Linear
from brickwork.recipe.recipe import Recipe, recipe_from, recipe_from_toml
from brickwork.training.events import EpochEnd, Event, Listener, Step
from brickwork.training.result import Result
from brickwork.training.run.checkpoint import Checkpoints
from brickwork.training.run.folder import Epoch, Run, best_of
from brickwork.training.train import resume, train


def run(out: Path, recipe: Recipe = bars.QUICK, **changes: object) -> Result:
    return train(bars.network(), bars.dataset(), replace(recipe, **changes), out=out, listener=bars.silent)  # type: ignore[arg-type]


def hear(texts: list[str]) -> Listener:
    """A listener that keeps every event's text."""
    return lambda event: texts.append(event.text)


def file_of(result: Result) -> ModelFile:
    assert result.model
    return load(result.model)


def weights(result: Result) -> dict[str, torch.Tensor]:
    return file_of(result).model.state_dict()


def equal(one: Result, other: Result) -> bool:
    first, second = weights(one), weights(other)
    return all(torch.equal(value, second[name]) for name, value in first.items())


def test_a_run_leaves_its_recipe_metrics_curve_and_model(tmp_path: Path) -> None:
    result = run(tmp_path / "run")
    assert sorted(file.name for file in result.run.iterdir()) == [
        ".lock", "checkpoints", "curve.svg", "images.jsonl.gz", "metrics.jsonl", "model.safetensors", "notes.txt",
        "recipe.toml", "report.html",
        "run.json",
    ]  # fmt: skip
    assert recipe_from_toml((result.run / "recipe.toml").read_text()) == bars.QUICK
    lines = lines_of(result)
    assert [line["epoch"] for line in lines] == [1, 2]
    assert set(lines[0]) == {
        "epoch", "loss", "val_loss", "val_accuracy", "learning_rate", "seconds", "images_per_second", "waiting",
        "validating",
        "synchronising",
    }  # fmt: skip


def test_the_model_file_is_enough_to_get_the_same_test_accuracy(tmp_path: Path) -> None:
    result = run(tmp_path / "run", epochs=5)
    file = file_of(result)
    assert file.classes == bars.CLASSES
    assert result.split == "test"
    assert result.accuracy == evaluate(file, bars.dataset()).accuracy.value > 0.5
    assert file.record["test"] == {
        "accuracy": result.accuracy,
        "interval": list(result.interval or ()),
        "images": 40,
        "skipped": 0,
    }
    assert recipe_from(file.record["recipe"]) == replace(bars.QUICK, epochs=5, window=0)
    images = file.record["images"]
    assert images["train"] + images["val"] == 160
    assert 16 < images["val"] < 48


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
    lines = lines_of(result)
    best = max(lines, key=lambda line: (line["val_accuracy"], -line["val_loss"]))
    assert file_of(result).record["best"] == best


class Press:
    """Sends this process a signal at an epoch and step."""

    def __init__(self, epoch: int, step: int, number: int = signal.SIGINT) -> None:
        self.at, self.number = (epoch, step), number
        self.best = 0.0

    def __call__(self, news: Event) -> None:
        if isinstance(news, EpochEnd):
            self.best = max(self.best, news.metrics.val_accuracy)
        if isinstance(news, Step) and (news.epoch, news.step) == self.at:
            os.kill(os.getpid(), self.number)


def started(out: Path, press: Listener, **changes: object) -> Result:
    return train(bars.network(), bars.dataset(), replace(bars.QUICK, **changes), out=out, listener=press)  # type: ignore[arg-type]


def test_a_stopped_training_keeps_the_best_model_so_far(tmp_path: Path) -> None:
    press = Press(3, 2)
    result = started(tmp_path / "run", press, epochs=50)
    assert result.stopped == signal.SIGINT
    assert (result.accuracy, result.split) == (press.best, "val")
    assert file_of(result).record["best"]["val_accuracy"] == press.best
    assert len((result.run / "metrics.jsonl").read_text().splitlines()) == 2


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"ema": 0.9, "crop": 1, "checkpoint": 1},
        {"optimizer": "adamw", "lr": 0.01, "accumulate": 2, "clip": 1.0},
        {"optimizer": "rmsprop", "lr": 0.01, "precision": "fp32"},
        {"optimizer": "muon", "schedule": "cosine"},
        {"freeze": 2, "unfreeze": 1},
    ],
)
@pytest.mark.parametrize("at", [(1, 1), (2, 2), (3, 4)])
def test_a_training_that_goes_on_comes_to_the_same_weights_as_one_that_was_never_stopped(
    tmp_path: Path, changes: dict[str, object], at: tuple[int, int]
) -> None:
    whole = started(tmp_path / "whole", bars.silent, epochs=3, **changes)
    halted = started(tmp_path / "halted", Press(*at, signal.SIGTERM), epochs=3, **changes)
    assert halted.stopped == signal.SIGTERM
    resumed = go_on(tmp_path / "halted")
    assert (resumed.stopped, resumed.accuracy) == (0, whole.accuracy)
    assert equal(whole, resumed)
    assert last(whole) == last(resumed)
    assert timeless(whole) == timeless(resumed)


def go_on(run: Path, report: Listener = bars.silent) -> Result:
    return resume(run, listener=report, dataset=bars.dataset())


def last(result: Result) -> dict[str, str]:
    """The sum of each tensor of the last checkpoint: weights, and what the optimizer remembers."""
    state, _ = Checkpoints(result.run / "checkpoints").latest()
    assert state
    return {name: sha256(tensor.numpy().tobytes()).hexdigest() for name, tensor in state.tensors.items()}


def timeless(result: Result) -> list[dict[str, float]]:
    """The metrics without what depends on the clock."""
    clock = {"seconds", "images_per_second", "waiting", "validating", "synchronising"}
    return [{name: value for name, value in line.items() if name not in clock} for line in lines_of(result)]


def lines_of(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (result.run / "metrics.jsonl").read_text().splitlines()]


def test_a_damaged_checkpoint_is_named_and_the_one_before_it_is_taken(tmp_path: Path) -> None:
    whole = started(tmp_path / "whole", bars.silent, checkpoint=1)
    started(tmp_path / "run", Press(2, 2), checkpoint=1)
    path = sorted((tmp_path / "run" / "checkpoints").glob("*.safetensors"))[-1]
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    heard: list[str] = []
    resumed = go_on(tmp_path / "run", lambda news: heard.append(news.text))
    assert f"{path} is damaged: its sum is not the one in {path.stem}.sha256." in heard
    assert equal(whole, resumed)


def test_the_checkpoint_before_a_damaged_one_has_that_of_its_own_best_epoch_beside_it(tmp_path: Path) -> None:
    undisturbed = run(tmp_path / "undisturbed", epochs=4, checkpoint=3, lr=0.02)
    assert len(timeless(undisturbed)) == 4
    for number in range(2, 5):
        stopped = started(tmp_path / str(number), AtNews(f"epoch {number} of"), epochs=4, checkpoint=3, lr=0.02)
        kept = Checkpoints(stopped.run / "checkpoints")
        kept.path(kept.steps()[-1]).write_bytes(b"")
        assert timeless(go_on(stopped.run)) == timeless(undisturbed)


class AtNews:
    """Sends this process a signal when news begin with these words."""

    def __init__(self, words: str) -> None:
        self.words = words

    def __call__(self, news: Event) -> None:
        if news.text.startswith(self.words):
            os.kill(os.getpid(), signal.SIGTERM)


def test_an_epoch_whose_validation_was_interrupted_has_the_learning_rate_of_its_last_step(tmp_path: Path) -> None:
    undisturbed = run(tmp_path / "undisturbed")
    steps = last_step(undisturbed)
    stopped = started(tmp_path / "run", Press(2, steps, signal.SIGTERM))  # after the last step, before the validation
    assert timeless(go_on(stopped.run)) == timeless(undisturbed)


def last_step(result: Result) -> int:
    return Checkpoints(result.run / "checkpoints").steps()[-1] // len(timeless(result))


def test_a_damaged_model_is_made_anew_from_the_best_epochs_checkpoint(tmp_path: Path) -> None:
    whole = started(tmp_path / "whole", bars.silent, epochs=3)
    started(tmp_path / "run", Press(3, 2), epochs=3)
    (tmp_path / "run" / "model.safetensors").write_bytes(b"nothing")
    assert equal(whole, go_on(tmp_path / "run"))


def test_a_run_that_has_ended_gives_its_result_again(tmp_path: Path) -> None:
    result = run(tmp_path / "run")
    again = go_on(tmp_path / "run")
    assert (again.accuracy, again.images, again.split) == (result.accuracy, 40, "test")


def test_a_run_that_has_not_ended_is_not_overwritten(tmp_path: Path) -> None:
    started(tmp_path / "run", Press(1, 2))
    with pytest.raises(BrickworkError, match="has not ended: continue it with 'brickwork train --resume"):
        run(tmp_path / "run")


def test_going_on_with_other_images_is_refused(tmp_path: Path) -> None:
    started(tmp_path / "run", Press(1, 2))
    with pytest.raises(BrickworkError, match="bars is not what it was when this training began"):
        resume(tmp_path / "run", listener=bars.silent, dataset=bars.dataset(161))


@pytest.mark.parametrize("split", ["train", "val"])
def test_going_on_with_the_same_images_in_another_order_is_refused(tmp_path: Path, split: str) -> None:
    whole = bars.dataset().with_validation(0.2)
    stopped = train(bars.network(), whole, bars.QUICK, out=tmp_path / "run", listener=Press(2, 2))
    first, second = np.flatnonzero(whole.split(split).labels == 0)[:2]
    order = np.arange(len(whole.split(split)))
    order[[first, second]] = second, first
    other = replace(whole, splits={**whole.splits, split: whole.split(split).subset(order.tolist())})
    with pytest.raises(BrickworkError, match="images have been added, removed or changed"):
        resume(stopped.run, listener=bars.silent, dataset=other)


def photos(folder: Path) -> Path:
    """A folder of class folders without splits."""
    split = bars.split(90, 0, classes=3)
    for number, (image, label) in enumerate(zip(split.images, split.labels, strict=True)):
        path = folder / bars.CLASSES[label] / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image[0]).save(path)
    return folder


def test_images_are_divided_as_they_were_whatever_the_recipes_seed(tmp_path: Path) -> None:
    dataset = open_data(str(photos(tmp_path / "photos")), seed=0)
    recipe = replace(bars.QUICK, seed=5)
    stopped = train(bars.network(3), dataset, recipe, out=tmp_path / "run", listener=Press(2, 1))
    result = resume(stopped.run, listener=bars.silent)
    scored = open_as_divided(dataset.source, "", file_of(result).record)
    assert scored.split("test").keys == dataset.split("test").keys


def test_going_on_where_a_class_has_gone_is_refused(tmp_path: Path) -> None:
    folder = photos(tmp_path / "photos")
    stopped = train(bars.network(3), open_data(str(folder)), bars.QUICK, out=tmp_path / "run", listener=Press(2, 1))
    (folder / "left").rename(tmp_path / "left")
    with pytest.raises(BrickworkError, match="photos is not what it was when this training began"):
        resume(stopped.run, listener=bars.silent)


def test_going_on_with_another_recipe_is_refused(tmp_path: Path) -> None:
    started(tmp_path / "run", Press(1, 2))
    path = tmp_path / "run" / "recipe.toml"
    path.write_text(path.read_text().replace("lr = 0.05", "lr = 0.06"))
    with pytest.raises(BrickworkError, match=r"recipe.toml: lr is not what it was when this training began"):
        go_on(tmp_path / "run")


def test_going_on_without_the_images_that_python_gave_asks_for_them(tmp_path: Path) -> None:
    started(tmp_path / "run", Press(1, 2))
    with pytest.raises(BrickworkError, match="images were given in Python: go on from Python, with resume"):
        resume(tmp_path / "run", listener=bars.silent)


def test_a_folder_without_a_run_cannot_be_gone_on_with(tmp_path: Path) -> None:
    with pytest.raises(BrickworkError, match=r"holds no run to continue: recipe.toml is missing"):
        go_on(tmp_path)


def test_two_processes_cannot_train_in_one_folder(tmp_path: Path) -> None:
    started(tmp_path / "run", Press(1, 2))
    with Run(tmp_path / "run", "").lock(), pytest.raises(BrickworkError, match="another process is training in"):
        go_on(tmp_path / "run")


def test_a_training_that_finds_its_folder_taken_changes_nothing_in_it(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "recipe.toml").write_text("another's")
    with Run(tmp_path / "run", "").lock(), pytest.raises(BrickworkError, match="another process is training in"):
        run(tmp_path / "run")
    assert (tmp_path / "run" / "recipe.toml").read_text() == "another's"


def test_a_run_that_has_ended_gives_its_result_where_nothing_can_be_written(tmp_path: Path) -> None:
    result = run(tmp_path / "run")
    (result.run / ".lock").unlink()
    (result.run / ".lock").mkdir()  # opening it fails, as in a folder that may only be read
    assert go_on(result.run).accuracy == result.accuracy


def test_parts_of_one_image_are_too_few_for_a_norm_on_one_number_a_channel(tmp_path: Path) -> None:
    network = replace(bars.network(), head=chain(GlobalAvgPool(), BatchNorm(), Flatten(), Linear(4)))
    with pytest.raises(BrickworkError, match=r"head.norm has one number a channel .* accumulate=32 leave one alone"):
        train(
            network,
            bars.dataset(),
            replace(bars.QUICK, accumulate=bars.QUICK.batch),
            out=tmp_path,
            listener=bars.silent,
        )


def test_patience_ends_a_training_that_gets_no_better(tmp_path: Path) -> None:
    result = run(tmp_path / "run", epochs=30, lr=1e-9, patience=2)
    assert len((result.run / "metrics.jsonl").read_text().splitlines()) < 30
    assert result.split == "test"


def test_the_last_two_checkpoints_are_kept_and_with_each_that_of_its_best_epoch(tmp_path: Path) -> None:
    result = run(tmp_path / "run", epochs=6, lr=0.4)
    best = [best_of([Epoch(**line) for line in lines_of(result)[:ended]]).epoch for ended in (5, 6)]
    assert best[1] == file_of(result).record["best"]["epoch"]
    assert Checkpoints(result.run / "checkpoints").steps() == sorted({5 * 5, 6 * 5, *(5 * number for number in best)})


def test_without_a_test_split_the_accuracy_is_the_best_on_val(tmp_path: Path) -> None:
    result = train(bars.network(), bars.dataset(test=False), bars.QUICK, out=tmp_path / "run", listener=bars.silent)
    assert result.split == "val"
    assert result.accuracy == file_of(result).record["best"]["val_accuracy"]
    assert not result.stopped


def test_a_given_val_split_is_used_as_it_is(tmp_path: Path) -> None:
    data = bars.dataset()
    data = replace(data, splits={**data.splits, "val": bars.split(20, 9)})
    result = train(bars.network(), data, bars.QUICK, out=tmp_path / "run", listener=bars.silent)
    assert file_of(result).record["images"] == {"train": 160, "val": 20, "skipped": 0}


def test_a_run_is_not_overwritten(tmp_path: Path) -> None:
    run(tmp_path / "run")
    before = (tmp_path / "run" / "model.safetensors").read_bytes()
    with pytest.raises(BrickworkError, match="holds a trained model already: give this run another folder"):
        run(tmp_path / "run")
    assert (tmp_path / "run" / "model.safetensors").read_bytes() == before


def test_a_run_folder_that_is_a_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("notes")
    with pytest.raises(BrickworkError, match="the run folder cannot be written: File exists"):
        run(tmp_path / "run")


def test_classes_that_differ_are_said_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(BrickworkError, match=r"tiny tells 7 classes apart, but bars has 4: build .* classes=4"):
        train(bars.network(classes=7), bars.dataset(), bars.QUICK, out=tmp_path / "run", listener=bars.silent)
    assert not (tmp_path / "run").exists()


def test_side_heads_change_what_is_learned(tmp_path: Path) -> None:
    network = bars.network(sides=True)
    heavy = replace(network, side_heads=(replace(network.side_heads[0], weight=5.0),))
    one = train(network, bars.dataset(), bars.QUICK, out=tmp_path / "1", listener=bars.silent)
    other = train(heavy, bars.dataset(), bars.QUICK, out=tmp_path / "2", listener=bars.silent)
    assert not torch.equal(weights(one)["stage1.conv.weight"], weights(other)["stage1.conv.weight"])


def test_news_come_step_by_step_and_epoch_by_epoch(tmp_path: Path) -> None:
    heard: list[Event] = []
    train(bars.network(), bars.dataset(), bars.QUICK, out=tmp_path / "run", listener=heard.append)
    notes = [news.text for news in heard if isinstance(news, Note)]
    assert [note.split(":")[0] for note in notes] == ["tiny on 1x8x8, 4 classes", "train", "val"]
    steps = [news for news in heard if isinstance(news, Step)]
    assert [(news.epoch, news.step) for news in steps] == [(e, s) for e in (1, 2) for s in (1, 2, 3, 4, 5)]
    assert all(news.epochs == 2 and news.steps == 5 and news.images_per_second > 0 for news in steps)
    assert steps[-1].seconds_left == 0
    epochs = [news for news in heard if isinstance(news, EpochEnd)]
    assert [news.metrics.epoch for news in epochs] == [1, 2]
    assert all(0 <= news.metrics.val_accuracy <= 1 and news.metrics.loss > 0 for news in epochs)


def test_digits_are_not_mirrored_and_it_is_said(tmp_path: Path) -> None:
    heard: list[str] = []
    data = replace(bars.dataset(), classes=("0", "1", "2", "3"))
    one = train(bars.network(), data, bars.QUICK, out=tmp_path / "1", listener=hear(heard))
    assert "no image is mirrored, as the classes are digits or letters" in heard
    assert equal(one, run(tmp_path / "2", flip=False))


def test_a_set_without_an_image_to_validate_with_is_said(tmp_path: Path) -> None:
    images = np.zeros((4, 1, 8, 8), np.uint8)
    split = ArraySplit(np.arange(4, dtype=np.int64), images, "four", (0, 1, 2, 3))
    data = Dataset("four", bars.CLASSES, {"train": split}, shape=(1, 8, 8))
    with pytest.raises(BrickworkError, match="four: no class has two images, one of them to validate with"):
        train(bars.network(), data, bars.QUICK, out=tmp_path / "run", listener=bars.silent)


def test_a_training_begins_with_the_weights_that_the_recipe_names(tmp_path: Path) -> None:
    first = build(bars.network())
    torch.save(first.state_dict(), tmp_path / "first.pth")
    notes: list[str] = []
    recipe = replace(bars.QUICK, epochs=1, lr=1e-12, weights=str(tmp_path / "first.pth"))
    result = train(bars.network(), bars.dataset(), recipe, out=tmp_path / "run", listener=hear(notes))
    trained = file_of(result).model
    torch.testing.assert_close(trained.get_parameter("head.linear.weight"), first.get_parameter("head.linear.weight"))
    assert f"begun with {tmp_path / 'first.pth'}, named as brickwork names them" in notes


@pytest.mark.parametrize("wrong", [{"init": "hee"}, {"weights": "missing.pth"}])
def test_a_wrong_beginning_is_told_before_an_image_is_read_and_leaves_no_folder(
    tmp_path: Path, wrong: dict[str, str]
) -> None:
    notes: list[str] = []
    recipe = replace(bars.QUICK, **wrong)
    with pytest.raises(BrickworkError):
        train(bars.network(), bars.dataset(), recipe, out=tmp_path / "run", listener=hear(notes))
    assert len(notes) == 1, "what is about to be trained, and nothing of its images"
    assert not (tmp_path / "run").exists()


def test_a_network_of_other_channels_than_images_have_is_told_so(tmp_path: Path) -> None:
    network = replace(bars.network(), input=(5, 8, 8))
    with pytest.raises(BrickworkError, match=r"tiny reads 5 channels, but an image has 1 channel or 3\."):
        train(network, bars.dataset(), bars.QUICK, out=tmp_path / "run", listener=bars.silent)


def test_a_test_split_of_which_nothing_can_be_read_ends_the_training_all_the_same(tmp_path: Path) -> None:
    heard: list[str] = []
    data = bars.dataset()
    nothing = FileSplit(np.zeros(1, np.int64), tmp_path, ("gone.png",))
    data = replace(data, splits={**data.splits, "test": nothing})
    result = train(
        bars.network(), data, bars.QUICK, out=tmp_path / "run", listener=lambda news: heard.append(news.text)
    )
    assert result.split == "val"
    assert any(
        text.startswith("The model is not tested: bars: no image of the split 'test' can be read") for text in heard
    )


def test_a_recipes_threads_compute_and_the_same_number_gives_the_same_bits(tmp_path: Path) -> None:
    counts: set[int] = set()
    before = torch.get_num_threads()

    def count(event: Event) -> None:
        if isinstance(event, Step):
            counts.add(torch.get_num_threads())

    recipe = replace(bars.QUICK, epochs=1, threads=2)
    runs = [train(bars.network(), bars.dataset(), recipe, out=tmp_path / name, listener=count) for name in "ab"]
    assert (counts, torch.get_num_threads()) == ({2}, before)
    assert equal(*runs)


def test_a_stopped_result_names_its_last_step(tmp_path: Path) -> None:
    result = train(bars.network(), bars.dataset(), bars.QUICK, out=tmp_path / "run", listener=Press(1, 3))
    assert result.step == 3
    assert Checkpoints(result.run / "checkpoints").steps()[-1] == 3


def test_advice_on_speed_is_given_once_and_not_after_the_last_epoch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("brickwork.training.trainer.speed_advice", lambda *anything: "do this")
    for epochs, times in ((1, 0), (3, 1)):
        texts: list[str] = []
        recipe = replace(bars.QUICK, epochs=epochs)
        train(bars.network(), bars.dataset(), recipe, out=tmp_path / str(epochs), listener=hear(texts))
        assert texts.count("do this") == times


def test_busy_cores_are_said_once_and_change_no_bit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr("brickwork.machine.cores", lambda: 2)
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        results = []
        for others, times in ((0.0, 0), (50.0, 1)):
            monkeypatch.setattr("brickwork.training.events.other_processes", lambda others=others: others)
            texts: list[str] = []
            results.append(
                train(bars.network(), bars.dataset(), bars.QUICK, out=tmp_path / str(others), listener=hear(texts))
            )
            assert texts.count("Other processes use the cores: --threads 1 may be faster.") == times
        assert equal(*results)
    finally:
        torch.set_num_threads(before)
