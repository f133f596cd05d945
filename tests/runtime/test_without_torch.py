"""Prediction by an exported model: what a model file gives, in a process that refuses torch."""

import csv
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import brickwork as bw
import exports
from brickwork.errors import BrickworkError
from brickwork.evaluation import iter_predictions
from brickwork.model import save
from brickwork.network import to_json

REFUSE = """
import sys
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("torch", "torchvision", "onnx", "onnxscript", "nncf"):
            raise AssertionError(f"{name} was imported")
sys.meta_path.insert(0, Refuse())
"""
COMMAND = f"{REFUSE}\nfrom brickwork.cli.shell import run; sys.exit(run(sys.argv[1:]))"


def without_torch(script: str, *words: object) -> "subprocess.CompletedProcess[str]":
    """A script in a process in which importing torch is an error."""
    return subprocess.run([sys.executable, "-c", script, *map(str, words)], capture_output=True, text=True, check=False)


@pytest.fixture(scope="session")
def model_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The model file that the exported ones were made of."""
    path, file = tmp_path_factory.mktemp("file") / "model.safetensors", exports.calibrated_judge()
    save(path, file.model, classes=file.classes, preprocessing=file.preprocessing, record=file.record)
    return path


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Shades in several sizes and modes, one that is damaged, one turned by its EXIF."""
    folder, chance = tmp_path / "photos", np.random.default_rng(3)
    folder.mkdir()
    for number in range(20):
        pixels = chance.integers(0, 12, (5 + number, 9, 3)) + 12 * number
        Image.fromarray(pixels.astype(np.uint8)).convert("L" if number % 3 else "RGB").save(folder / f"{number}.png")
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(np.tile(np.arange(40, dtype=np.uint8) * 6, (9, 1))).save(folder / "turned.jpg", exif=exif)
    (folder / "bad.jpg").write_bytes(b"no image")
    return folder


def shares(prediction: bw.Prediction) -> dict[str, float]:
    return {guess.label: guess.probability for guess in prediction.top}


def test_predictions_are_those_of_the_model_file(judge_path: Path, model_file: Path, photos: Path) -> None:
    for coverage in (None, 0.8, 1):
        expected = bw.predict(model_file, photos, top=3, coverage=coverage)
        found = bw.predict(judge_path, photos, top=3, coverage=coverage)
        assert len(found) == 22
        for mine, other in zip(found, expected, strict=True):
            assert (mine.path, mine.label, mine.guess, mine.reason) == (
                other.path,
                other.label,
                other.guess,
                other.reason,
            )
            assert shares(mine) == pytest.approx(shares(other), abs=1e-5)
    assert {each.label for each in bw.predict(judge_path, photos, coverage=0.8)} > {"unsure"}


def test_arrays_and_images_in_memory_are_predicted_in_batches(judge_path: Path) -> None:
    images = [np.full((6, 6), value, np.uint8) for value in (0, 128, 255)]
    found = bw.predict(judge_path, [*images, Image.fromarray(images[0])], batch=3, coverage=1)
    assert [each.label for each in found] == ["black", "grey", "white", "black"]
    assert [each.path for each in found] == ["image 0", "image 1", "image 2", "image 3"]


def test_a_session_of_ones_own_predicts(judge_folder: Path, photos: Path) -> None:
    from brickwork.runtime import load

    session = load(judge_folder / "judge.onnx", engine="openvino", threads=1, allow=("bf16",))
    assert [each.label for each in iter_predictions(session, photos / "19.png")] == ["white"]


def test_the_command_prints_what_it_prints_for_the_model_file(
    judge_path: Path, model_file: Path, photos: Path, tmp_path: Path
) -> None:
    options = [photos, "--coverage", "0.8", "--top", "2", "--probabilities"]
    command = "from brickwork.cli.shell import run; import sys; sys.exit(run(sys.argv[1:]))"
    expected = without_torch(command, "predict", model_file, *options)
    found = without_torch(COMMAND, "predict", judge_path, *options)
    assert (found.returncode, found.stdout, found.stderr) == (0, expected.stdout, expected.stderr)
    assert '"unsure" is a confidence below the threshold' in found.stderr
    out = tmp_path / "table.csv"
    written = without_torch(COMMAND, "predict", judge_path, *options, "--out", out)
    assert written.stdout == f"22 rows in {out}.\n"
    with out.open(newline="") as file:
        rows = {Path(row["path"]).name: row for row in csv.DictReader(file)}
    assert list(rows["0.png"])[:7] == ["path", "label", "probability", "reason", "guess", "guess2", "probability2"]
    assert sum(float(rows["0.png"][f"p_{name}"]) for name in ("black", "grey", "white")) == pytest.approx(1)
    printed = json.loads(without_torch(COMMAND, "predict", judge_path, *options, "--json").stdout)
    assert [row["label"] or "" for row in printed] == [row["label"] for row in rows.values()]


def test_the_engine_can_be_chosen(judge_folder: Path, photos: Path) -> None:
    image = photos / "19.png"
    for words, missing in ((("--engine", "openvino"), "onnxruntime"), ((), "openvino")):
        script = COMMAND.replace('"nncf"', f'"nncf", "{missing}"')
        done = without_torch(script, "predict", judge_folder / "judge.onnx", image, *words)
        assert (done.returncode, done.stdout.split()[-1]) == (0, "white"), done.stderr


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--engine", "torch"], "judge.onnx: torch does not read it; onnxruntime and openvino can."),
        (["--nproc", "1"], "nproc is for model files: an exported model computes in one process, on all cores."),
        (["--coverage", "2"], "the coverage is a share above 0 and up to 1, not 2."),
    ],
)
def test_what_an_exported_model_does_not_take_is_one_line(
    judge_folder: Path, photos: Path, words: list[str], says: str
) -> None:
    done = without_torch(COMMAND, "predict", judge_folder / "judge.onnx", photos, *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines()[-1].startswith("brickwork: ")
    assert done.stderr.splitlines()[-1].endswith(says)


def test_a_model_file_is_not_run_by_another_engine(model_file: Path, photos: Path) -> None:
    with pytest.raises(BrickworkError, match="openvino runs exported models: 'brickwork export' makes one"):
        bw.predict(model_file, photos, engine="openvino")


def test_show_draws_the_table_of_an_exported_model(judge_path: Path, model_file: Path) -> None:
    command = "from brickwork.cli.shell import run; import sys; sys.exit(run(sys.argv[1:]))"
    found = without_torch(COMMAND.replace('"nncf"', '"nncf", "onnxruntime", "openvino"'), "show", judge_path)
    assert (found.returncode, found.stdout) == (0, without_torch(command, "show", model_file).stdout)
    assert "AvgPool" in found.stdout


def test_python_names_predict_without_torch(judge_folder: Path, photos: Path) -> None:
    script = f"{REFUSE}\nimport brickwork as bw; print(bw.predict(sys.argv[1], sys.argv[2])[0].label)"
    assert without_torch(script, judge_folder / "judge.onnx", photos / "19.png").stdout == "white\n"


def test_importtime_shows_no_torch(judge_folder: Path, photos: Path) -> None:
    words = ["-X", "importtime", "-m", "brickwork", "predict", str(judge_folder / "judge.onnx"), str(photos / "19.png")]
    done = subprocess.run([sys.executable, *words], capture_output=True, text=True, check=True)
    names = {line.split("|")[-1].strip().split(".")[0] for line in done.stderr.splitlines() if "import time:" in line}
    assert {"brickwork", "numpy", "onnxruntime"} <= names
    assert not names & {"torch", "torchvision", "onnx", "openvino", "sympy"}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"network": "{}"}, "the document of the exported model is damaged: "),
        ({"network": to_json(bw.zoo.network("lenet5"))}, "its network has another input or output."),
    ],
)
def test_a_document_whose_network_is_another_is_refused(
    judge_folder: Path, tmp_path: Path, photos: Path, change: dict[str, Any], words: str
) -> None:
    document = exports.document_of(exports.calibrated_judge(), **change)
    path = exports.change_onnx(
        judge_folder / "judge.onnx", tmp_path / "m.onnx", lambda model: exports.set_metadata(model, document.text())
    )
    with pytest.raises(BrickworkError, match="damaged") as fault:
        bw.predict(path, photos)
    assert words in str(fault.value)
