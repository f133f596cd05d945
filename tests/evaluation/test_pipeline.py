"""Batches that threads decode and compute: the trainer's probabilities, in order, whatever the number of threads."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import bars
import exports
from brickwork import zoo
from brickwork.data.sources import listing
from brickwork.errors import BrickworkError
from brickwork.evaluation import iter_predictions, predict
from brickwork.evaluation.logits import lower_file
from brickwork.model import ModelFile
from brickwork.runtime import load
from brickwork.runtime.inputs import iter_images

COUNT = 21


@pytest.fixture(scope="module")
def file() -> ModelFile:
    return exports.random_file(zoo.network("resnet20[width=0.25]", input=(3, 24, 20), classes=5))


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Images of odd sizes, and one in the middle that is none."""
    folder, chance = tmp_path_factory.mktemp("photos"), np.random.default_rng(0)
    paths = [folder / f"{number}.png" for number in range(COUNT)]
    for path in paths:
        height, width = chance.integers(9, 60, 2)
        Image.fromarray(chance.integers(0, 256, (height, width, 3), np.uint8)).save(path)
    paths[10].write_text("no image")
    return paths


def reference(file: ModelFile, path: Path) -> np.ndarray:
    """Probabilities by the model as it was trained, of one image alone, written out in float64."""
    pixels = exports.document_of(file).preprocessing.pixels(Image.open(path))
    scaled = (torch.from_numpy(pixels)[None].double() / 255 - 0.4) / 0.3
    with torch.no_grad():
        found: np.ndarray = file.model.double()(scaled).softmax(1)[0].numpy()
    file.model.float()
    return found


def test_many_batches_give_the_probabilities_of_the_model_as_it_was_trained(
    file: ModelFile, photos: list[Path]
) -> None:
    found = predict(file, photos, batch=4, top=5)
    assert [each.path for each in found] == [str(path) for path in photos]
    for path, each in zip(photos, found, strict=True):
        if path is photos[10]:
            assert each.reason
            continue
        given = {guess.label: guess.probability for guess in each.top}
        assert [given[name] for name in file.classes] == pytest.approx(reference(file, path).tolist(), abs=1e-5)


@pytest.mark.parametrize("threads", [1, 3])
def test_the_number_of_threads_changes_no_bit(
    file: ModelFile, photos: list[Path], threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("brickwork.evaluation.prediction.batch_threads", lambda: threads)
    assert predict(file, photos, batch=4) == predict(file, photos, batch=4, nproc=1)


def test_threads_are_as_before_whether_all_predictions_were_asked_for_or_one(
    file: ModelFile, photos: list[Path]
) -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        predict(file, photos, batch=4)
        waiting = iter_predictions(file, photos, batch=4)
        next(waiting)
        del waiting
        assert torch.get_num_threads() == 2
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(torch.get_num_threads).result() == 2
    finally:
        torch.set_num_threads(before)


def test_bfloat16_is_computed_where_it_is_allowed_and_no_further_off_than_its_digits(file: ModelFile) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (6, 3, 24, 20), np.uint8)
    exact, less = lower_file(file), lower_file(file, ("bf16",))
    assert exact.dtype == torch.float32
    if less.dtype != torch.bfloat16:
        pytest.skip("this processor has no bfloat16")
    off = np.abs(exact(pixels) - less(pixels)).max() / np.abs(exact(pixels)).max()
    assert 1e-5 < off < 0.05


@pytest.mark.parametrize("engine", ["onnxruntime", "openvino"])
def test_a_session_with_streams_may_be_asked_by_many_threads(file: ModelFile, tmp_path: Path, engine: str) -> None:
    path = exports.export_onnx(file, tmp_path / "model.onnx")
    one, many = load(path, engine=engine), load(path, engine=engine, threads=2, streams=2)
    assert (one.streams, many.streams) == (1, 2)
    parts = [np.random.default_rng(n).integers(0, 256, (3, 3, 24, 20), np.uint8) for n in range(12)]
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(many.logits, parts))
    for pixels, logits in zip(parts, found, strict=True):
        np.testing.assert_allclose(logits, one.logits(pixels), rtol=1e-5, atol=1e-5)
        turned = np.ascontiguousarray(pixels.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)
        np.testing.assert_allclose(one.logits(turned), logits, rtol=1e-5, atol=1e-5)
    for streams in (0, 3, 1.0, True):
        with pytest.raises(BrickworkError, match="streams is a whole number from 1 to the 2 threads"):
            load(path, engine=engine, threads=2, streams=streams)  # type: ignore[arg-type]


def test_folders_are_listed_as_their_images_are_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(5):
        (tmp_path / f"{number}" / "deeper").mkdir(parents=True)
        for name in ("a.png", "deeper/b.png"):
            (tmp_path / f"{number}" / name).touch()
    seen: list[str] = []
    list_folder = listing.list_folder
    monkeypatch.setattr(listing, "list_folder", lambda folder: (seen.append(folder.name), list_folder(folder))[1])
    images = iter_images(tmp_path)
    assert next(images).name == str(tmp_path / "0" / "a.png")
    assert seen == [tmp_path.name, "0"]
    rest = [Path(image.name).relative_to(tmp_path).as_posix() for image in images]
    assert rest[:2] == ["0/deeper/b.png", "1/a.png"]
    assert len(rest) == 9


def test_an_image_that_is_none_is_refused_on_the_way(photos: list[Path]) -> None:
    waiting = iter_predictions(bars.judge_of_brightness(), [*photos[:9], None], batch=2)  # type: ignore[list-item]
    assert next(waiting).path == str(photos[0])
    with pytest.raises(BrickworkError, match="image 9 is a NoneType"):
        list(waiting)
