"""The number of processes changes nothing in a report or in predictions: the same bits, every image once."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import bars
from brickwork import zoo
from brickwork.data import Dataset, open_data
from brickwork.data.dataset import Skipped
from brickwork.errors import BrickworkError
from brickwork.evaluation import Prediction, Report, evaluate, iter_predictions, predict
from brickwork.evaluation.logits import stable_batch_size
from brickwork.evaluation.parallel import map_in_processes
from brickwork.model import ModelFile, build
from brickwork.model.file import plain_preprocessing

COUNT, BAD = 101, (0, 17, 18, 19, 63, 100)  # images, and those that cannot be read
SIZE = 16  # images that are scored at a time: seven batches, one of them short, one half unreadable
PROCESSES = (1, 2, 3)
CLASSES = tuple("0123456789")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Images of three classes in one split, some of which cannot be read."""
    root, chance = tmp_path_factory.mktemp("digits"), np.random.default_rng(5)
    for number in range(COUNT):
        path = root / "test" / CLASSES[number % 3] / f"{number:03}.{('png', 'jpg')[number % 2]}"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(chance.integers(0, 256, (30 + number % 5, 34), np.uint8)).save(path)
        if number in BAD:
            path.write_bytes(path.read_bytes()[: 60 * (number % 2)])
    return root


@pytest.fixture(scope="module")
def data(folder: Path) -> Dataset:
    return open_data(str(folder), training=False)


@pytest.fixture(scope="module")
def file() -> ModelFile:
    """A network whose last bits depend on how many images it computes at a time."""
    torch.manual_seed(3)
    model = build(zoo.network("lenet5")).eval()
    with torch.no_grad():
        for weights in model.parameters():
            weights.mul_(2)
    return ModelFile(model, CLASSES, plain_preprocessing(model.network), {})


@pytest.fixture(scope="module")
def reports(file: ModelFile, data: Dataset) -> dict[int, Report]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("brickwork.evaluation.outcomes.WINDOW", SIZE)
        return {nproc: evaluate(file, data, nproc=nproc) for nproc in PROCESSES}


def bits(report: Report) -> dict[str, bytes]:
    return {name: values.tobytes() for name, values in vars(report.outcomes).items() if isinstance(values, np.ndarray)}


@pytest.mark.parametrize("nproc", PROCESSES[1:])
def test_reports_are_the_same_bit_for_bit(nproc: int, reports: dict[int, Report]) -> None:
    assert bits(reports[nproc]) == bits(reports[1])
    assert reports[nproc].document(COUNT) == reports[1].document(COUNT)
    assert reports[nproc].skipped == reports[1].skipped


@pytest.mark.parametrize("nproc", PROCESSES)
def test_every_image_counts_once(nproc: int, reports: dict[int, Report], data: Dataset) -> None:
    report, names = reports[nproc], data.split("test").names
    bad = [place for place in range(COUNT) if int(Path(names[place]).stem) in BAD]
    assert report.outcomes.place.tolist() == [place for place in range(COUNT) if place not in bad]
    assert [image.name for image in report.skipped] == [names[place] for place in bad]
    assert all(isinstance(image, Skipped) and image.reason for image in report.skipped)
    assert sum(each.n + each.skipped for each in report.classes) == COUNT


def test_confidences_are_those_of_the_model_on_each_image_alone(reports: dict[int, Report], file: ModelFile) -> None:
    report = reports[2]
    for place, confidence in zip(report.outcomes.place[::9], report.outcomes.confidence[::9], strict=True):
        image = report.images[int(place)][0].convert("L")
        side = min(image.size)
        left, top = ((length - side) / 2 for length in image.size)
        square = image.resize((28, 28), Image.Resampling.BILINEAR, box=(left, top, left + side, top + side))
        pixels = torch.from_numpy(np.array(square)).float() / 255
        with torch.no_grad():
            logits = file.model(pixels[None, None])
        assert confidence == pytest.approx(float(logits.softmax(1).max()), abs=0.02)  # by another crop's rounding


def test_progress_is_told_as_batches_are_done(file: ModelFile, data: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("brickwork.evaluation.outcomes.WINDOW", 40)
    heard: list[int] = []
    evaluate(file, data, progress=heard.append, nproc=2)
    assert heard == sorted(heard)
    assert (len(heard), heard[-1]) == (3, COUNT - len(BAD))


def mixed(folder: Path) -> list[object]:
    """A folder, a pattern, a file that is not there, and images in memory."""
    grey = np.arange(900, dtype=np.uint8).reshape(30, 30)
    deep = Image.fromarray(np.arange(900, dtype=np.uint16).reshape(30, 30) * 70)
    opened = Image.open(folder / "test" / "1" / "001.jpg")
    return [folder, grey, Image.fromarray(grey), deep, opened, f"{folder}/test/0/*.png", folder / "gone.png"]


def test_predictions_are_the_same_bit_for_bit(file: ModelFile, folder: Path) -> None:
    found = {nproc: predict(file, mixed(folder), top=10, batch=8, nproc=nproc) for nproc in PROCESSES}  # type: ignore[arg-type]
    assert found[2] == found[1]
    assert found[3] == found[1]
    assert len(found[1]) == COUNT + 4 + len(list((folder / "test" / "0").glob("*.png"))) + 1
    assert sum(row.reason is not None for row in found[1][:COUNT]) == len(BAD)
    assert [row.path for row in found[2][COUNT : COUNT + 4]] == [f"image {number}" for number in (1, 2, 3, 4)]


def test_paths_are_from_the_folder_where_one_is(file: ModelFile, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder / "test")
    assert [row.reason for row in predict(file, ["1/001.jpg", "1/004.png"], batch=1, nproc=2)] == [None, None]


def test_an_input_that_is_none_is_refused_in_its_place(file: ModelFile, folder: Path) -> None:
    paths = sorted((folder / "test" / "1").iterdir())[:4]
    rows: list[Prediction] = []
    with pytest.raises(BrickworkError, match=r"^image 4 is a int: expected a path, a PIL image or an array\.$"):
        rows.extend(iter_predictions(file, [*paths, 7, *paths], batch=2, nproc=2))  # type: ignore[list-item]
    assert [row.path for row in rows] == [str(path) for path in paths]


def test_batches_are_found_as_they_are_asked_for(file: ModelFile, folder: Path) -> None:
    asked = []

    def paths() -> Iterator[Path]:
        while True:
            asked.append(1)
            yield folder / "test" / "1" / "001.jpg"

    rows = iter_predictions(file, paths(), batch=2, nproc=2)
    assert [next(rows).guess, next(rows).guess][0]
    assert len(asked) <= 2 * (1 + 2 * 2) + 1


@pytest.mark.parametrize("nproc", [0, -1, 1.5, True, "2"])
def test_what_is_no_number_of_processes_is_refused(nproc: object, file: ModelFile, data: Dataset) -> None:
    for work in (
        lambda: evaluate(file, data, nproc=nproc),  # type: ignore[arg-type]
        lambda: predict(file, [], nproc=nproc),  # type: ignore[arg-type]
    ):
        with pytest.raises(BrickworkError, match="nproc is a number of processes, 1 or more, not"):
            work()


def test_how_many_images_are_computed_at_a_time_does_not_depend_on_free_memory(
    file: ModelFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    large = build(zoo.network("vgg11[width=0.25]"))
    found = []
    for memory in (1 << 28, 1 << 40):
        monkeypatch.setattr("brickwork.machine.free_memory", lambda memory=memory: memory)
        found.append([stable_batch_size(model, 256) for model in (file.model, large)])
    assert found[0] == found[1]
    assert found[0][0] == 256 > found[0][1] > 1


class Fickle:
    """Gives its number and its process; some numbers have something the matter with them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, number: int) -> tuple[int, int]:
        match number:
            case 101:
                raise BrickworkError("mend it.")
            case 102:
                raise ZeroDivisionError("a bug")
            case 103:
                raise MemoryError
            case 104:
                os.kill(os.getpid(), signal.SIGKILL)
            case 105:
                (self.folder / f"{os.getpid()}").touch()
                time.sleep(600)
            case 106:
                os._exit(7)
        return number, os.getpid()


def results(folder: Path, items: list[int], nproc: int = 2) -> Iterator[tuple[int, int]]:
    return map_in_processes(Fickle(folder), bars.judge_of_brightness().model, items, nproc)


def test_several_processes_compute_and_results_come_in_order(tmp_path: Path) -> None:
    found = list(results(tmp_path, list(range(40))))
    assert [number for number, _ in found] == list(range(40))
    processes = {process for _, process in found}
    assert len(processes) == 2
    assert os.getpid() not in processes
    assert not any(map(is_running, processes))
    assert list(results(tmp_path, [])) == []


@pytest.mark.parametrize(
    ("number", "kind", "says"),
    [
        (101, BrickworkError, r"^mend it\.$"),
        (102, RuntimeError, r"(?s)in a process that computes:\n.*\nZeroDivisionError: a bug"),
        (103, BrickworkError, r"^a process that computes has not enough memory: lower nproc\.$"),
        (104, BrickworkError, r"^process \d+, which computed, was killed, perhaps for lack of memory: lower nproc\.$"),
        (106, BrickworkError, r"^process \d+, which computed, ended with exit code 7: standard error says why\. "),
    ],
)
def test_what_goes_wrong_in_a_process_is_told_in_its_place(
    number: int, kind: type[Exception], says: str, tmp_path: Path
) -> None:
    began, found = time.monotonic(), list[int]()
    answers = results(tmp_path, [1, 2, number, 105, 3])  # the fourth would take ten minutes
    with pytest.raises(kind, match=says):
        found.extend(value for value, _ in answers)
    assert found == [1, 2]
    assert time.monotonic() - began < 60


def test_whoever_leaves_early_ends_all_processes(tmp_path: Path) -> None:
    found = results(tmp_path, [1, 105, 105, 2])
    next(found)
    while len(list(tmp_path.iterdir())) < 2:
        time.sleep(0.01)
    found.close()  # type: ignore[attr-defined]
    assert not any(is_running(int(path.name)) for path in tmp_path.iterdir())


def test_a_process_that_is_killed_from_outside_is_told_at_once(tmp_path: Path) -> None:
    def kill_when_begun() -> None:
        while not list(tmp_path.iterdir()):
            time.sleep(0.01)
        os.kill(int(next(tmp_path.iterdir()).name), signal.SIGKILL)

    killer = threading.Thread(target=kill_when_begun)
    killer.start()
    began = time.monotonic()
    with pytest.raises(BrickworkError, match=r"which computed, was killed"):
        list(results(tmp_path, [105]))
    killer.join()
    assert time.monotonic() - began < 60


def is_running(number: int) -> bool:
    try:
        return Path(f"/proc/{number}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False
