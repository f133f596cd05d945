"""What `predict` and `evaluate` take: paths, model files, PIL images, arrays, and lists of them."""

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import bars
from brickwork.cli.shell import run
from brickwork.data import open_data
from brickwork.errors import BrickworkError
from brickwork.evaluation import Prediction, evaluate, predict
from brickwork.model import save
from brickwork.runtime.inputs import array_image

WHITE = np.full((6, 6), 255, np.uint8)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path, file = tmp_path / "model.safetensors", bars.judge_of_brightness()
    save(path, file.model, classes=file.classes, preprocessing=file.preprocessing, record={"seed": 5})
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, value in zip(bars.SHADES, (0, 128, 255), strict=True):
        (tmp_path / "shades" / name).mkdir(parents=True)
        for number in range(20):
            Image.new("L", (6, 6), value if number else 128).save(tmp_path / "shades" / name / f"{number}.png")
    return tmp_path / "shades"


def labels(found: list[Prediction]) -> list[tuple[str, str | None]]:
    return [(Path(each.path).name, each.label) for each in found]


@pytest.mark.parametrize("kind", [str, Path])
def test_a_model_and_an_image_may_be_a_str_or_a_path_and_one_image_is_a_list_of_one(
    model: Path, folder: Path, kind: type
) -> None:
    found = predict(kind(model), kind(folder / "white" / "3.png"))
    assert isinstance(found, list)
    assert labels(found) == [("3.png", "white")]
    assert found == predict(bars.judge_of_brightness(), [folder / "white" / "3.png"])


def test_a_folder_alone_is_all_images_below_it(model: Path, folder: Path) -> None:
    assert len(predict(model, folder)) == 60


def test_images_in_memory_are_named_by_their_position_among_paths(model: Path, folder: Path) -> None:
    found = predict(
        model, [WHITE, folder / "grey" / "1.png", Image.new("RGB", (9, 5)), str(folder / "white" / "2.png")]
    )
    assert labels(found) == [("image 0", "white"), ("1.png", "grey"), ("image 2", "black"), ("2.png", "white")]
    assert labels(predict(model, Image.new("L", (6, 6), 128))) == [("image 0", "grey")]
    assert labels(predict(model, (image for image in [WHITE, WHITE]))) == [("image 0", "white"), ("image 1", "white")]
    assert predict(model, []) == []


def test_an_image_in_memory_has_the_probability_of_its_file(model: Path, tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (9, 7, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    (file,) = predict(model, tmp_path / "a.png")
    for image in (pixels, Image.fromarray(pixels), Image.open(tmp_path / "a.png")):
        (found,) = predict(model, image)
        assert (found.label, found.probability) == (file.label, file.probability)


def test_a_picture_that_lies_on_its_side_is_turned_as_its_file_is() -> None:
    """The left half is white; on its side, the upper half is, and a crop of the middle sees both."""
    from brickwork.runtime.inputs import upright_image

    image, exif = Image.new("L", (8, 4)), Image.Exif()
    image.paste(255, (0, 0, 4, 4))
    exif[274] = 6
    image.info["exif"] = exif.tobytes()
    turned = upright_image(image, "x")
    assert isinstance(turned, Image.Image)
    assert turned.size == (4, 8)
    assert [turned.getpixel((0, 0)), turned.getpixel((0, 7))] == [255, 0]


@pytest.mark.parametrize(
    ("shape", "mode"), [((4, 5), "L"), ((4, 5, 1), "L"), ((4, 5, 3), "RGB"), ((4, 5, 4), "RGBA"), ((3, 1, 3), "RGB")]
)
def test_an_array_is_height_by_width_by_channels(shape: tuple[int, ...], mode: str) -> None:
    array = np.arange(np.prod(shape), dtype=np.uint8).reshape(shape)
    image = array_image(array, 0)
    assert (image.mode, image.size) == (mode, (shape[1], shape[0]))
    assert np.array_equal(np.asarray(image).reshape(shape), array)
    assert np.array_equal(np.asarray(array_image(array[:, ::-1], 0)).reshape(shape), array[:, ::-1])


def test_transparency_lies_on_white(model: Path) -> None:
    assert labels(predict(model, np.zeros((6, 6, 4), np.uint8))) == [("image 0", "white")]


@pytest.mark.parametrize(
    ("image", "says"),
    [
        (np.zeros((6, 6)), "image 1 is an array of float64, 6 x 6: expected uint8, H x W or H x W x C with 1, 3 or 4"),
        (np.zeros((3, 6, 6), np.uint8), "array of uint8, 3 x 6 x 6: expected"),
        (np.zeros((2, 6, 6, 3), np.uint8), "2 x 6 x 6 x 3: expected .* give several images as a list"),
        (np.zeros((0, 6), np.uint8), "0 x 6: expected"),
        (b"content", "image 1 is a bytes: expected a path, a PIL image or an array"),
        (None, "image 1 is a NoneType: expected"),
    ],
)
def test_what_is_no_image_is_refused_by_its_position(model: Path, image: Any, says: str) -> None:
    with pytest.raises(BrickworkError, match=says):
        predict(model, [WHITE, image])


def test_a_pil_image_of_a_damaged_file_is_a_prediction_with_its_reason(model: Path) -> None:
    file = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (60, 60, 3), np.uint8)).save(file, "png")
    bad, good = predict(model, [Image.open(io.BytesIO(file.getvalue()[:3000])), WHITE])
    assert (bad.path, bad.label, good.label) == ("image 0", None, "white")
    assert bad.reason
    assert bad.reason.startswith("truncated")


def test_a_prediction_is_short_in_an_interpreter(model: Path) -> None:
    (found,) = predict(model, WHITE, top=3)
    assert found.probability
    assert repr(found) == f"Prediction('image 0', white {found.probability:.1%})"
    assert repr(Prediction("a.png", "unsure", 0.4, None, "cat")) == "Prediction('a.png', unsure (cat) 40.0%)"
    assert (
        repr(Prediction("a.png", None, None, "empty (0 bytes)")) == "Prediction('a.png', unreadable: empty (0 bytes))"
    )
    assert len(repr(Prediction("p" * 999, "unsure", 0.4, None, "c" * 999, found.top))) < 400
    assert len(repr(Prediction("p" * 999, None, None, "r" * 999))) < 400


@pytest.mark.parametrize("kind", [str, Path])
def test_evaluate_opens_data_as_the_command_does(
    model: Path, folder: Path, kind: type, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["evaluate", str(model), "--data", str(folder), "--json"]) == 0
    printed = capsys.readouterr()
    report = evaluate(kind(model), kind(folder))
    assert json.loads(printed.out) == json.loads(json.dumps(report.document()))
    assert printed.err.splitlines() == list(report.notes)
    assert "seed 5 draws 80% of each class for training" in report.notes[0]
    other = evaluate(model, open_data(str(folder), seed=6))
    assert set(report.images.keys) != set(other.images.keys)


def test_evaluate_takes_groups_as_the_command_does(model: Path, folder: Path) -> None:
    report = evaluate(model, folder, groups="([0-9])[.]")
    assert {name.split(".")[0][-1] for name in report.images.groups} == {*report.images.groups}
    assert len(report.images.groups) == report.n


def test_groups_for_data_that_is_open_already_are_refused(model: Path, folder: Path) -> None:
    with pytest.raises(BrickworkError, match="shades is open already, so groups='x' can no longer divide it"):
        evaluate(model, open_data(str(folder)), groups="x")


def test_a_model_file_that_is_not_there_is_said(folder: Path, tmp_path: Path) -> None:
    for call in (predict, evaluate):
        with pytest.raises(BrickworkError, match="no such model file"):
            call(tmp_path / "none.safetensors", folder)


@pytest.mark.parametrize("images", [None, 5, b"a.png"])
def test_what_cannot_be_images_at_all_is_refused(model: Path, images: Any) -> None:
    kind = type(images).__name__
    with pytest.raises(BrickworkError, match=f"^images are paths, PIL images or arrays, or a list of them, not {kind}"):
        predict(model, images)


def test_an_empty_path_is_not_the_folder_that_one_is_in(model: Path, folder: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(folder)
    with pytest.raises(BrickworkError, match=r"^image 1 is an empty path: the images of this folder are '\.'"):
        predict(model, [WHITE, ""])
    assert len(predict(model, ".")) == 60


@pytest.mark.parametrize("name", ["batch", "top"])
@pytest.mark.parametrize("value", [0, -1, 1.5, "2"])
def test_a_batch_and_the_classes_to_name_are_whole_numbers_from_1(model: Path, name: str, value: Any) -> None:
    with pytest.raises(BrickworkError, match=f"^{name} is a whole number of 1 or more, not {value!r}"):
        predict(model, WHITE, **{name: value})


def test_a_coverage_that_is_a_word_is_refused(model: Path) -> None:
    with pytest.raises(BrickworkError, match=r"^coverage is a share above 0 and up to 1, not str\.$"):
        predict(model, WHITE, coverage="all")  # type: ignore[arg-type]


@pytest.mark.parametrize("work", [predict, evaluate])
def test_a_model_in_memory_is_no_model_file(work: Any, folder: Path) -> None:
    with pytest.raises(BrickworkError, match=r"^model is a model file or its path, .* as result\.model, not Model\.$"):
        work(bars.judge_of_brightness().model, folder)


def test_evaluate_says_what_its_data_and_its_progress_are(model: Path, folder: Path) -> None:
    with pytest.raises(BrickworkError, match=r"^data is a path, a word or a Dataset, .* is scored, not FileSplit\.$"):
        evaluate(model, open_data(folder).splits["test"])  # type: ignore[arg-type]
    with pytest.raises(BrickworkError, match=r"^progress is a function of how many images are done, not bool\.$"):
        evaluate(model, folder, progress=True)  # type: ignore[arg-type]
