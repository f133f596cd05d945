from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import bars
from brickwork.errors import BrickworkError
from brickwork.evaluate import predict


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
    found = list(predict(bars.judge_of_brightness(), paths))
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
    whole = list(predict(file, paths))
    assert [each.label for each in whole] == [each.label for each in predict(file, paths, batch=3)]
    for path in paths[4:]:
        path.unlink()
    waiting = predict(file, paths, batch=2)
    assert next(waiting) == whole[0]


def test_a_home_that_nobody_has_is_a_row() -> None:
    (found,) = predict(bars.judge_of_brightness(), ["~nobody-of-this-name/leaf.jpg"])
    assert (found.label, found.reason) == (None, "there is no such file")


def test_preprocessing_that_is_not_the_networks_is_refused(tmp_path: Path) -> None:
    file = bars.judge_of_brightness()
    wrong = replace(file, preprocessing={**file.preprocessing, "height": 5})
    with pytest.raises(BrickworkError, match="judge reads images of 1x4x4, but its preprocessing makes them 1x5x4"):
        list(predict(wrong, [shade(tmp_path / "a.png", 0)]))
