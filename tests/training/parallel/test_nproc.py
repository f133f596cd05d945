"""`train --nproc N`: from the command to the model file."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from safetensors.numpy import load_file

import pictures
from brickwork.cli.shell import run
from brickwork.training.train import resume, train

SMALL = {"epochs": 2, "batch": 8, "lr": 0.05, "workers": 0, "precision": "fp32", "cache": "off", "threads": 1}
WORDS = [word for name, value in SMALL.items() for word in (f"--{name}", str(value))]
NETWORK = "resnet20[width=0.25]"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return pictures.folder(tmp_path_factory.mktemp("data"), count=20)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, data: Path) -> dict[str, bytes]:
    """The weights of one process with two micro-batches."""
    out = tmp_path_factory.mktemp("whole") / "run"
    train(NETWORK, data, out=out, input=(3, 16, 16), accumulate=2, progress=False, **SMALL)
    return weights(out)


def weights(folder: Path) -> dict[str, bytes]:
    return {name: value.tobytes() for name, value in load_file(folder / "model.safetensors").items()}


def test_two_processes_are_started_and_train_what_one_does(
    tmp_path: Path, data: Path, whole: dict[str, bytes], capfd: pytest.CaptureFixture[str]
) -> None:
    result = train(NETWORK, data, out=tmp_path / "run", input=(3, 16, 16), nproc=2, progress=False, **SMALL)
    assert weights(tmp_path / "run") == whole
    assert result.model == tmp_path / "run" / "model.safetensors"
    said = capfd.readouterr()
    assert "2 processes take a micro-batch each: as with --accumulate 2 in one process." in said.out
    assert said.err.count("epoch 2 of 2") == 1, "the leader alone tells"


def test_after_a_stop_signal_one_process_goes_on_to_the_same_weights(
    tmp_path: Path, data: Path, whole: dict[str, bytes]
) -> None:
    out = tmp_path / "run"
    words = ["train", NETWORK, "--data", str(data), "--input", "3x16x16", "--out", str(out), "--nproc", "2", *WORDS]
    command = subprocess.Popen(
        [sys.executable, "-m", "brickwork", *words, "--checkpoint", "1"], stderr=subprocess.PIPE, text=True
    )
    end = time.monotonic() + 120
    while not list(out.glob("checkpoints/*1.safetensors")):
        assert command.poll() is None
        assert time.monotonic() < end
        time.sleep(0.02)
    os.kill(command.pid, signal.SIGTERM)
    command.communicate(timeout=120)
    assert command.returncode == 143
    resume(out, progress=False)
    assert weights(out) == whole


def test_more_processes_than_micro_batches_are_refused(
    tmp_path: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["train", NETWORK, "--data", str(data), "--input", "3x16x16", "--out", str(tmp_path / "run")]
    assert run([*words, "--nproc", "3", "--accumulate", "2"]) == 2
    assert "3 processes need 3 micro-batches at least, and the recipe has 2" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()
