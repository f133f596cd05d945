import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import bars
from brickwork.data.dataset import ArraySplit, Dataset, FileSplit, concatenate
from brickwork.data.preprocessing import Preprocessing
from brickwork.errors import BrickworkError
from brickwork.evaluation import Report, calibrate, evaluate
from brickwork.evaluation.images import DecodedImage
from brickwork.evaluation.outcomes import score_batch
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
    empty = data.splits["test"].subset([])
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
    monkeypatch.setattr("brickwork.evaluation.logits.BATCH", 7)
    assert evaluate(file, bars.dataset()).document() == whole.document()


def test_numbers_are_those_of_the_probabilities() -> None:
    """By hand: the logits of black, grey and white are 0, s - 1/4 and 2 s - 1 for a shade s."""
    report = evaluate(bars.judge_of_brightness(), shades([0, 255, 255], [0, 2, 1]))
    black, white = np.exp([0, -0.25, -1]), np.exp([0, 0.75, 1])
    chances = black[0] / black.sum(), white[2] / white.sum(), white[1] / white.sum()
    assert report.nll.value == pytest.approx(-np.log(chances).mean(), rel=1e-6)
    assert report.ece.value == pytest.approx(2 / 3 - (chances[0] + 2 * chances[1]) / 3, rel=1e-6)
    (worst, *_) = report.worst
    assert (worst.name, worst.target, worst.prediction) == ("shades#2", "grey", "white")
    assert (worst.target_probability, worst.prediction_probability) == pytest.approx((chances[2], chances[1]), rel=1e-6)
    assert [each.name for each in report.worst] == ["shades#2", "shades#0", "shades#1"]


def test_the_temperature_of_the_record_changes_probabilities_and_no_answer() -> None:
    file, data = bars.judge_of_brightness(), shades([0, 255, 128, 140], [0, 2, 1, 0])
    hot = replace(file, record={"calibration": {**calibrate_something(), "temperature": 10.0}})
    plain, after = evaluate(file, data), evaluate(hot, data)
    assert (plain.temperature, after.temperature) == (1.0, 10.0)
    assert after.accuracy == plain.accuracy
    assert plain.worst[-1].prediction_probability > after.worst[-1].prediction_probability > 1 / 3


def calibrate_something() -> dict[str, object]:
    return calibrate(torch.eye(3), torch.arange(3)).document()


def test_pairs_are_ordered_by_how_many_images_were_confused() -> None:
    report = evaluate(bars.judge_of_brightness(), shades([0, 0, 0, 255, 128], [1, 2, 2, 0, 1]))
    assert [(each.target, each.prediction, each.n) for each in report.confusion.pairs] == [
        ("white", "black", 2), ("black", "white", 1), ("grey", "black", 1),
    ]  # fmt: skip
    assert report.confusion.pairs[2].share.n == 2


def test_the_matrix_has_the_datas_classes_first_and_then_others_that_were_answered() -> None:
    report = evaluate(bars.judge_of_brightness(), shades([0, 255, 255], [0, 1, 1], classes=("white", "black")))
    assert report.confusion.target == ("white", "black")
    assert report.confusion.prediction == ("white", "black")
    assert report.confusion.counts.tolist() == [[0, 1], [2, 0]]
    report = evaluate(bars.judge_of_brightness(), shades([255, 0, 128], [0, 0, 0], classes=("black",)))
    assert report.confusion.prediction == ("black", "grey", "white")
    assert report.confusion.counts.tolist() == [[1, 1, 1]]


def test_top_5_is_there_where_it_says_more_than_always() -> None:
    assert evaluate(bars.judge_of_brightness(), shades([0], [0])).top5 is None
    model = build(bars.network(classes=8)).eval()
    names = tuple("abcdefgh")
    file = ModelFile(model, names, Preprocessing(1, 8, 8, (0.3,), (0.2,)).document(), {})
    data = Dataset("bars", names, {"test": bars.split(64, 0, 8)})
    found = evaluate(file, data)
    assert found.top5
    assert found.accuracy.value < found.top5.value < 1
    assert found.top5.low < found.top5.value < found.top5.high


def held_out(validation: object, name: str = "bars") -> tuple[ModelFile, Dataset]:
    """A model of a training on bars, and the bars without a val split."""
    record = {"data": name, "recipe": {"seed": 3, "validation": validation}}
    file = ModelFile(
        build(bars.network()).eval(), bars.CLASSES, Preprocessing(1, 8, 8, (0.3,), (0.2,)).document(), record
    )
    return file, bars.dataset()


def test_images_that_the_training_held_out_are_found_again() -> None:
    file, data = held_out(0.25)
    trained = data.with_validation(0.25, 3)
    for split in ("val", "train"):
        names = [each.name for each in evaluate(file, data, split).worst]
        assert sorted(names) == sorted(trained.splits[split].names)
    assert 25 < len(trained.splits["val"]) < 55


def test_other_data_than_the_trainings_is_scored_whole() -> None:
    file, data = held_out(0.25, "other bars")
    assert evaluate(file, data, "train").n == 160


@pytest.mark.parametrize("validation", [None, "0.25", 1, True])
def test_a_record_that_tells_of_no_validation_leaves_the_data_as_it_is(validation: object) -> None:
    file, data = held_out(validation)
    assert evaluate(file, data, "train").n == 160
    with pytest.raises(BrickworkError, match="bars has no split 'val'"):
        evaluate(file, data, "val")


def test_every_image_of_all_splits_is_scored() -> None:
    assert evaluate(held_out(None)[0], bars.dataset(), "all").n == 200


def numbered(report: Report) -> set[str]:
    """The numbers of a report's document that have no interval."""
    found: set[str] = set()

    def look(part: object, where: str) -> None:
        match part:
            case dict():
                for name, value in part.items():
                    if isinstance(value, float) and f"{name}_95" not in part:
                        found.add(f"{where}{name}")
                    look(value, f"{where}{name}.")
            case list():
                for value in part:
                    look(value, where)

    look(report.document(), "")
    return found


def test_every_number_of_the_document_has_its_interval() -> None:
    report = evaluate(bars.judge_of_brightness(), shades([0, 250, 128, 130, 255], [0, 0, 1, 1, 1]))
    assert numbered(report) == {
        "temperature", "bins.confidence", "majority.share",
        "worst.loss", "worst.target_probability", "worst.prediction_probability",
    }  # fmt: skip
    assert json.loads(json.dumps(report.document(), allow_nan=False))["n"] == 5


def test_one_image_has_a_report() -> None:
    report = evaluate(bars.judge_of_brightness(), shades([0], [0]))
    assert report.slices == ()
    assert json.dumps(report.document(), allow_nan=False)


def test_images_that_cannot_be_read_are_counted_in_their_class(tmp_path: Path) -> None:
    split = FileSplit(np.array([0, 2, 2]), tmp_path, ("no.png", "neither.png", "nor.png"))
    whole = shades([0, 255], [0, 2]).splits["test"]
    report = evaluate(bars.judge_of_brightness(), Dataset("shades", bars.SHADES, {"test": concatenate([split, whole])}))
    assert [(each.n, each.skipped) for each in report.classes] == [(1, 1), (0, 0), (1, 2)]
    assert {each.reason for each in report.skipped} == {"there is no such file"}


def test_a_model_that_answers_no_numbers_is_refused() -> None:
    file = bars.judge_of_brightness()
    with torch.no_grad():
        file.model.get_parameter("head.bias").fill_(float("nan"))
    with pytest.raises(BrickworkError, match="logits are infinite or not numbers"):
        evaluate(file, shades([0], [0]))


def test_top_5_takes_the_fifth_most_probable_class_and_not_the_sixth() -> None:
    logits = torch.arange(8, 0, -1).float().repeat(3, 1)  # class 0 is the most probable, class 7 the least
    images = [DecodedImage(place, np.zeros((1, 1, 1), np.uint8), 1, 1) for place in range(3)]
    found = score_batch(logits, images, np.array([0, 4, 5]), 1.0)
    assert found.in_top5.tolist() == [True, True, False]
    assert found.correct.tolist() == [True, False, False]


def test_only_slices_of_lower_accuracy_than_the_rest_are_listed_as_worse() -> None:
    report = evaluate(bars.judge_of_brightness(), shades([0] * 30 + [128] * 60, [0] * 30 + [1] * 30 + [0] * 30))
    differences = [part.difference.value for part in report.slices]
    assert min(differences) < 0 < max(differences)
    assert [part.difference.value for part in report.worse_slices(99)] == [value for value in differences if value < 0]
