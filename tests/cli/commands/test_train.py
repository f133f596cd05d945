import json
import os
import shlex
import signal
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import fields
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from brickwork import zoo
from brickwork.cli.commands.train import range_test_text, result_text, train_command
from brickwork.cli.shell import run
from brickwork.recipe.option import parse_numbers
from brickwork.recipe.recipe import Recipe
from brickwork.training.plan import input_for
from brickwork.training.result import Result
from brickwork.training.tune.range_test import RangeTest
from shell import Answer, Ask, parse

COLOURS = {"red": (200, 40, 40), "green": (40, 200, 40), "blue": (40, 40, 200)}
QUICK = ("resnet20[width=0.25]", "--input", "3x8x8", "--epochs", "3", "--batch", "8")


def paint(folder: Path, number: int = 20) -> Path:
    """A folder of class folders: noise in three colours."""
    chance = np.random.default_rng(0)
    for name, colour in COLOURS.items():
        (folder / name).mkdir(parents=True)
        for i in range(number):
            noise = chance.integers(-30, 30, (10, 12, 3))
            Image.fromarray((noise + colour).astype(np.uint8)).save(folder / name / f"{i}.png")
    return folder


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return paint(tmp_path_factory.mktemp("data") / "photos")


@pytest.fixture(scope="module")
def trained(photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Answer:
    """What a training prints; its folder has a space in its name."""
    out, err = StringIO(), StringIO()
    folder = tmp_path_factory.mktemp("runs") / "my run"
    with redirect_stdout(out), redirect_stderr(err):
        code = run(["train", *QUICK, "--data", str(photos), "--out", str(folder)])
    return Answer(code, out.getvalue(), err.getvalue())


def test_every_field_of_a_recipe_is_an_option_with_its_default(ask: Ask) -> None:
    options = {option.name: option for option in train_command.params}
    for field in fields(Recipe):
        default = options[field.name].default
        assert (parse_numbers(default) if isinstance(field.default, tuple) else default) == field.default
    assert "the highest learning rate of the schedule" in ask("train", "--help").out


@pytest.mark.parametrize(
    ("network", "images", "shape"),
    [
        ("resnet20", (1, 28, 28), (1, 28, 28)),  # as they are
        ("vgg11", (1, 28, 28), (1, 32, 32)),  # the smallest square that passes through
        ("vgg11", (3, 28, 90), (3, 32, 32)),
        ("vgg11", (3, 40, 90), (3, 40, 90)),
        ("resnet50", None, (3, 224, 224)),  # photographs: the network's own size
        ("lenet5", None, (3, 28, 28)),
    ],
)
def test_the_input_follows_from_the_data_and_the_network(
    network: str, images: tuple[int, int, int] | None, shape: tuple[int, int, int]
) -> None:
    assert input_for(zoo.network(network), images) == shape


def test_a_training_ends_with_its_accuracy_and_the_next_lines_to_type(ask: Ask, trained: Answer) -> None:
    assert trained.code == 0
    assert trained.out.startswith("Test accuracy ")
    evaluate, predict = (shlex.split(line)[1:] for line in trained.out.splitlines() if line.startswith("  brickwork"))
    assert ask(*evaluate).code == 0
    parse(*predict)


def test_a_run_that_is_asked_for_again_names_its_own_data_in_the_next_lines(ask: Ask, trained: Answer) -> None:
    commands = [line for line in trained.out.splitlines() if line.startswith("  brickwork")]
    again = ask("train", "--resume", Path(shlex.split(commands[0])[2]).parent)
    assert [line for line in again.out.splitlines() if line.startswith("  brickwork")] == commands


def test_a_training_tells_a_line_an_epoch_on_standard_error(trained: Answer) -> None:
    lines = [line for line in trained.err.splitlines() if line.startswith("epoch ")]
    assert [line.split(":")[0] for line in lines] == ["epoch 1 of 3", "epoch 2 of 3", "epoch 3 of 3"]
    assert "resnet20[width=0.25] on 3x8x8, 3 classes" in trained.err


def test_a_training_as_json_prints_nothing_else_and_names_its_run_itself(
    ask: Ask, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    document = ask("train", *QUICK, "--data", photos, "--json").document
    assert list(document) == [
        "run",
        "model",
        "accuracy",
        "interval",
        "split",
        "images",
        "skipped",
        "stopped",
        "seconds",
        "majority",
    ]
    assert document["run"] == "runs/resnet20-width=0.25-photos-1"
    assert (tmp_path / document["model"]).is_file()
    assert 0 <= document["accuracy"] <= 1


def heard() -> None:
    """A process that was begun in the background of a script may have been told to ignore Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_training_that_is_stopped_keeps_the_best_model_and_goes_on_when_asked(
    ask: Ask, photos: Path, tmp_path: Path, number: int, code: int
) -> None:
    out = tmp_path / "run"
    words = ["train", *QUICK[:-4], "--epochs", "5000", "--data", str(photos), "--out", str(out), "--json"]
    process = subprocess.Popen(
        [sys.executable, "-m", "brickwork", *words],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=heard,
    )  # fmt: skip
    assert process.stderr
    told = []
    for line in process.stderr:
        told.append(line)
        if line.startswith("epoch 2"):
            process.send_signal(number)
            break
    answer, rest = process.communicate(timeout=60)
    assert process.returncode == code, "".join(told) + rest
    assert "Traceback" not in rest
    assert Path(json.loads(answer)["model"]).is_file()
    assert json.loads(answer)["stopped"] == number
    wrong = ask("train", "resnet18", "--resume", out, "--lr", "1")
    assert wrong.err == "brickwork: --lr is settled by the run that --resume goes on with: leave it out.\n"
    assert ask("train", "--resume", tmp_path).err.startswith(f"brickwork: {tmp_path} holds no run to continue")


def test_a_stopped_training_says_after_which_step_and_how_to_go_on(tmp_path: Path) -> None:
    run_folder, model = tmp_path / "run", tmp_path / "run" / "model.safetensors"
    early = result_text(Result(run_folder, None, None, 3.0, stopped=2, step=1_234), "photos")
    resume = f"brickwork train --resume {run_folder}"
    assert early == f"Stopped after step 1,234, checkpoint written.\n\nNext:\n  {resume}"
    late = Result(run_folder, model, 0.5, 3_700.0, "val", 40, majority=0.25, stopped=2, step=9)
    assert result_text(late, "photos").splitlines() == [
        "Stopped after step 9, checkpoint written.",
        "Validation accuracy 50.00% on 40 images.",
        "The most frequent class has 25.00% of them.",
        "1:01:40 of training.",
        f"Model:   {model}",
        "",
        "Next:",
        f"  {resume}",
    ]


def test_ctrl_c_while_images_are_read_is_said(
    ask: Ask, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def press(*anything: object, **named: object) -> None:
        os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr("brickwork.loader.prepare.decode_split", press)
    answer = ask("train", *QUICK, "--data", photos, "--out", tmp_path / "run")
    assert (answer.code, answer.out) == (130, "")
    assert answer.err.splitlines()[-1] == "brickwork: stopped before the first step: the same command begins anew."
    monkeypatch.undo()
    assert ask("train", *QUICK, "--data", photos, "--out", tmp_path / "run", "--epochs", "1").code == 0


def test_a_training_says_the_share_of_the_most_frequent_class(ask: Ask, tmp_path: Path) -> None:
    data = paint(tmp_path / "photos", number=12)
    for number in range(12, 36):
        (data / "red" / f"{number}.png").write_bytes(
            (data / "red" / f"{number % 12}.png").read_bytes() + bytes([number])
        )
    document = ask("train", *QUICK, "--data", data, "--out", tmp_path / "run", "--epochs", "1", "--json").document
    report = ask("evaluate", tmp_path / "run", "--data", data, "--json").document
    counts = {row["name"]: row["n"] for row in report["classes"]}
    assert document["majority"] == counts["red"] / sum(counts.values()) == report["majority"]["share"] > 0.4


def test_the_rates_that_were_found_agree_with_each_other() -> None:
    sweep = RangeTest((), (), (), steepest=0.01234, least=0.2154)
    fastest, suggestion = range_test_text(sweep).splitlines()
    assert fastest == "The loss falls fastest at a learning rate of 0.0123, and is least at 0.215."
    assert suggestion == "A third of 0.215 suits as the highest rate of a schedule: --lr 0.072"


@pytest.mark.parametrize("folders", [[], ["red"], ["red", "green"]])
def test_a_folder_without_images_is_one_line(ask: Ask, tmp_path: Path, folders: list[str]) -> None:
    for name in folders:
        (tmp_path / name).mkdir()
    answer = ask("train", "--data", tmp_path)
    assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1)
    assert answer.err.startswith(f"brickwork: {tmp_path}")


def test_a_single_class_is_one_line(ask: Ask, tmp_path: Path) -> None:
    paint(tmp_path, number=3)
    for name in ("green", "blue"):
        (tmp_path / name).rename(tmp_path / f".{name}")
    answer = ask("train", "--data", tmp_path)
    assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1)
    assert "red" in answer.err
