from dataclasses import replace

import numpy as np
import pytest

import bars
from brickwork.data.dataset import ArraySplit, Dataset
from brickwork.data.preprocessing import Preprocessing
from brickwork.errors import BrickworkError
from brickwork.evaluate import evaluate
from brickwork.model import ModelFile, build


def shades(values: list[int], labels: list[int], classes: tuple[str, ...] = bars.SHADES) -> Dataset:
    images = np.tile(np.array(values, np.uint8)[:, None, None, None], (1, 1, 4, 4))
    split = ArraySplit(np.array(labels, np.int64), images, "shades", tuple(range(len(values))))
    return Dataset("shades", classes, {"train": split, "test": split}, shape=(1, 4, 4))


def test_accuracy_is_the_share_of_right_answers_overall_and_by_class() -> None:
    report = evaluate(bars.judge_of_brightness(), shades([0, 250, 128, 130, 255], [0, 0, 1, 1, 1]))
    assert (report.accuracy.value, report.n, report.skipped) == (0.6, 5, ())
    assert [(each.name, each.n, each.skipped) for each in report.classes] == [
        ("black", 2, 0),
        ("grey", 3, 0),
        ("white", 0, 0),
    ]
    assert [each.recall and each.recall.value for each in report.classes] == [0.5, pytest.approx(2 / 3), None]
    assert [each.precision and each.precision.value for each in report.classes] == [1.0, 1.0, 0.0]


def test_classes_are_matched_by_name_and_not_by_number() -> None:
    report = evaluate(bars.judge_of_brightness(), shades([255, 0], [0, 1], classes=("white", "black")))
    assert report.accuracy.value == 1.0
    assert [each.name for each in report.classes] == ["white", "black"]


def test_a_class_that_the_model_does_not_know_is_named_with_the_nearest() -> None:
    with pytest.raises(BrickworkError) as error:
        evaluate(bars.judge_of_brightness(), shades([255, 0], [0, 1], classes=("white", "blank")))
    assert "has a class 'blank' that the model does not know: did you mean 'black'?" in str(error.value)


def test_a_split_that_is_not_there_is_said_with_those_that_are() -> None:
    with pytest.raises(BrickworkError, match="shades has no split 'val': it has train, test"):
        evaluate(bars.judge_of_brightness(), shades([0], [0]), "val")


def test_a_split_without_an_image_is_said() -> None:
    data = shades([0], [0])
    empty = data.splits["test"].take([])
    with pytest.raises(BrickworkError, match="shades: no image of the split 'test' can be read"):
        evaluate(bars.judge_of_brightness(), replace(data, splits={"test": empty}))


def test_images_of_another_size_and_colour_take_the_models_preprocessing() -> None:
    images = np.zeros((2, 3, 9, 12), np.uint8)
    images[1] = 255
    split = ArraySplit(np.array([0, 2]), images, "shades", (0, 1))
    report = evaluate(bars.judge_of_brightness(), Dataset("shades", bars.SHADES, {"test": split}))
    assert report.accuracy.value == 1.0


def test_progress_counts_what_has_been_scored() -> None:
    heard: list[int] = []
    evaluate(bars.judge_of_brightness(), shades([0] * 300, [0] * 300), progress=heard.append)
    assert heard == [256, 300]


def test_a_models_mode_is_as_before() -> None:
    file = bars.judge_of_brightness()
    file.model.train()
    evaluate(file, shades([0], [0]))
    assert file.model.training


def test_a_trained_model_is_scored_the_same_in_any_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    model = build(bars.network()).eval()
    file = ModelFile(model, bars.CLASSES, Preprocessing(1, 8, 8, (0.3,), (0.2,)).document(), {})
    whole = evaluate(file, bars.dataset())
    monkeypatch.setattr("brickwork.evaluate.logits.BATCH", 7)
    assert evaluate(file, bars.dataset()).document() == whole.document()
