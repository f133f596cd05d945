from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import bars
from brickwork.data import open_data
from brickwork.errors import BrickworkError
from brickwork.evaluation import UNSURE, calibrate, evaluate, iter_predictions, predict, threshold_for
from brickwork.evaluation.logits import compute_logits, preprocessing_of
from brickwork.model import ModelFile


def shade(path: Path, value: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((6, 6), value, np.uint8)).save(path)
    return path


def test_every_image_gets_its_class_and_the_models_probability(tmp_path: Path) -> None:
    paths = [shade(tmp_path / "a.png", 0), shade(tmp_path / "b.png", 255)]
    black, white = predict(bars.judge_of_brightness(), paths)
    assert (black.path, black.label, black.reason) == (str(paths[0]), "black", None)
    assert (white.path, white.label) == (str(paths[1]), "white")
    logits = np.exp([0.0, 1 - 0.25, 2 - 1.0])
    assert white.probability == pytest.approx(logits[2] / logits.sum(), rel=1e-5)


def test_a_bad_file_is_a_row_with_its_reason_and_its_neighbours_keep_their_answers(tmp_path: Path) -> None:
    paths = [shade(tmp_path / "1.png", 0), tmp_path / "2.jpg", tmp_path / "3.png", shade(tmp_path / "4.png", 255)]
    paths[1].write_text("no image at all")
    found = predict(bars.judge_of_brightness(), paths)
    assert [each.path for each in found] == [str(path) for path in paths]
    assert [each.label for each in found] == ["black", None, None, "white"]
    assert found[1].probability is None
    assert found[1].reason
    assert found[2].reason == "there is no such file"


def test_nothing_but_bad_files_is_rows_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"")
    (found,) = predict(bars.judge_of_brightness(), [tmp_path / "a.jpg"])
    assert (found.label, found.reason) == (None, "empty (0 bytes)")


def test_a_folder_is_walked_in_natural_order_without_hidden_and_junk(tmp_path: Path) -> None:
    for name in ("10.png", "9.png", "sub/2.png", "sub/11.png", ".hidden/1.png", "__MACOSX/1.png", "._9.png"):
        shade(tmp_path / name, 0)
    (tmp_path / "notes.txt").write_text("no image")
    found = [
        Path(each.path).relative_to(tmp_path).as_posix() for each in predict(bars.judge_of_brightness(), [tmp_path])
    ]
    assert found == ["9.png", "10.png", "sub/2.png", "sub/11.png"]


def test_a_folder_without_an_image_is_a_row(tmp_path: Path) -> None:
    (found,) = predict(bars.judge_of_brightness(), [str(tmp_path)])
    assert found.path == str(tmp_path)
    assert found.reason == "a folder, not an image"


def test_batches_change_nothing_and_are_made_as_they_are_asked_for(tmp_path: Path) -> None:
    paths = [shade(tmp_path / f"{number}.png", 25 * number) for number in range(10)]
    file = bars.judge_of_brightness()
    whole = predict(file, paths)
    assert [each.label for each in whole] == [each.label for each in predict(file, paths, batch=3)]
    for path in paths[4:]:
        path.unlink()
    waiting = iter_predictions(file, paths, batch=2)
    assert next(waiting) == whole[0]


def test_a_home_that_nobody_has_is_a_row() -> None:
    (found,) = predict(bars.judge_of_brightness(), ["~nobody-of-this-name/leaf.jpg"])
    assert (found.label, found.reason) == (None, "there is no such file")


def test_preprocessing_that_is_not_the_networks_is_refused(tmp_path: Path) -> None:
    file = bars.judge_of_brightness()
    wrong = replace(file, preprocessing={**file.preprocessing, "height": 5})
    with pytest.raises(BrickworkError, match="judge reads images of 1x4x4, but its preprocessing makes them 1x5x4"):
        (predict(wrong, [shade(tmp_path / "a.png", 0)]))


def calibrated() -> ModelFile:
    """The judge with a calibration on 200 shades, of which the grey ones are its hard ones."""
    file = bars.judge_of_brightness()
    images = torch.arange(200, dtype=torch.uint8).view(-1, 1, 1, 1).repeat(1, 1, 4, 4)
    logits = compute_logits(file.model, images, preprocessing_of(file))
    return replace(file, record={"calibration": calibrate(logits, logits.argmax(1)).document()})


def test_below_the_threshold_the_label_is_unsure_and_the_guess_is_kept(tmp_path: Path) -> None:
    paths = [shade(tmp_path / f"{value}.png", value) for value in range(0, 200, 10)]
    file = calibrated()
    threshold = threshold_for(file, 0.5)
    assert threshold
    found = predict(file, paths, coverage=0.5)
    for each in found:
        assert each.probability is not None
        assert (each.label == UNSURE) == (each.probability < threshold.threshold)
        assert each.guess in bars.SHADES
    assert 8 <= sum(each.label == UNSURE for each in found) <= 12


def test_a_coverage_of_1_answers_everything_and_none_is_95_percent(tmp_path: Path) -> None:
    paths = [shade(tmp_path / f"{value}.png", value) for value in range(0, 200, 2)]
    file = calibrated()
    assert threshold_for(file, 1) is None
    assert UNSURE not in {each.label for each in predict(file, paths, coverage=1)}
    assert threshold_for(file) == threshold_for(file, 0.95)
    assert predict(file, paths) == (predict(file, paths, coverage=0.95))
    assert 1 <= sum(each.label == UNSURE for each in predict(file, paths)) <= 10


def test_a_file_without_a_calibration_answers_everything_and_keeps_no_coverage(tmp_path: Path) -> None:
    file, path = bars.judge_of_brightness(), shade(tmp_path / "a.png", 60)
    (found,) = predict(file, [path])
    assert found.label == found.guess == "black"
    assert (predict(file, [path], coverage=1)) == [found]
    with pytest.raises(BrickworkError, match=r"no calibration, so no threshold is known for a coverage of 0\.9: train"):
        predict(file, [path], coverage=0.9)


@pytest.mark.parametrize("coverage", [0, 1.5, -1])
def test_a_coverage_that_is_no_share_is_refused(coverage: float) -> None:
    with pytest.raises(BrickworkError, match="a share above 0 and up to 1"):
        predict(calibrated(), [], coverage=coverage)


def test_probabilities_are_after_the_temperature_and_those_of_evaluate(tmp_path: Path) -> None:
    for label in bars.SHADES:
        for value in (40, 90):
            shade(tmp_path / "test" / label / f"{value}.png", value)
    file = calibrated()
    report = evaluate(file, open_data(str(tmp_path), training=False))
    assert report.temperature != 1
    mine = {each.path: each.probability for each in predict(file, [tmp_path])}
    assert mine == pytest.approx({each.name: each.prediction_probability for each in report.worst})


def test_the_most_probable_classes_stand_in_order(tmp_path: Path) -> None:
    path = shade(tmp_path / "a.png", 200)
    (found,) = predict(bars.judge_of_brightness(), [path], top=2)
    assert [each.label for each in found.top] == ["white", "grey"]
    assert (found.top[0].label, found.top[0].probability) == (found.guess, found.probability)
    assert found.top[0].probability > found.top[1].probability
    (every,) = predict(bars.judge_of_brightness(), [path], top=99)
    assert sum(each.probability for each in every.top) == pytest.approx(1)
