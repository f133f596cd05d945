"""`train --engine ray`: Ray's processes train to the bits of one, also where one of them is killed on the way."""

import os
import signal
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import pytest
from safetensors.numpy import load_file

import pictures
from brickwork.machine import cores
from brickwork.training.parallel.ray import RayLauncher
from brickwork.training.run.folder import Run
from brickwork.training.train import resume, train

pytestmark = pytest.mark.skipif(
    not find_spec("ray") or cores() < 2 or sys.platform != "linux", reason="needs Ray, two cores, and /proc"
)

SMALL = {"epochs": 30, "batch": 8, "lr": 0.05, "workers": 0, "precision": "fp32", "cache": "off", "threads": 1}
LONG = 500  # seconds, on a busy machine


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return pictures.folder(tmp_path_factory.mktemp("data"), count=20)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, data: Path) -> dict[str, bytes]:
    """The weights of one process with two micro-batches."""
    out = tmp_path_factory.mktemp("whole") / "run"
    train("lenet5", data, out=out, accumulate=2, progress=False, **SMALL)
    return weights(out)


def weights(folder: Path) -> dict[str, bytes]:
    return {name: value.tobytes() for name, value in load_file(folder / "model.safetensors").items()}


def start(data: Path, out: Path, *words: str) -> "subprocess.Popen[str]":
    """`brickwork train` by two processes of a cluster of its own, which has taken a step."""
    fields = [word for name, value in SMALL.items() for word in (f"--{name}", str(value))]
    line = [
        "train",
        "lenet5",
        "--data",
        str(data),
        "--out",
        str(out),
        "--engine",
        "ray",
        "--nproc",
        "2",
        *fields,
        *words,
    ]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
    command = subprocess.Popen(
        [sys.executable, "-P", "-m", "brickwork", *line],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )
    end = time.monotonic() + LONG
    while not any(int(path.stem) for path in out.glob("checkpoints/*.safetensors")):
        assert command.poll() is None, command.communicate()
        assert time.monotonic() < end
        time.sleep(0.02)
    return command


def descendants(pid: int) -> dict[int, str]:
    """The processes below one, with what they are called."""
    parents, names = {}, {}
    for path in Path("/proc").glob("[0-9]*"):
        try:
            number, stat = int(path.name), (path / "stat").read_text()
            names[number] = (path / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        parents[number] = int(stat.rpartition(")")[2].split()[1])
    found, below = {}, {pid}
    while below:
        below = {child for child, parent in parents.items() if parent in below}
        found |= {child: names[child] for child in below}
    return found


def are_gone(pids: "dict[int, str]") -> bool:
    """Whether all processes end within seconds; a number that another program has by now does not count."""
    for _ in range(600):
        left = [pid for pid, name in pids.items() if name and name in name_of(pid)]
        if not left:
            return True
        time.sleep(0.1)
    return False


def name_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


def test_a_worker_is_killed_and_the_weights_are_those_of_one_process(
    tmp_path: Path, data: Path, whole: dict[str, bytes]
) -> None:
    command = start(data, tmp_path / "run", "--checkpoint", "1")
    below = descendants(command.pid)
    workers = [pid for pid, name in below.items() if "RayTrainWorker" in name]
    assert len(workers) == 2
    os.kill(workers[-1], signal.SIGKILL)
    out, err = command.communicate(timeout=LONG)
    assert command.returncode == 0, err
    assert weights(tmp_path / "run") == whole
    assert "a process was lost; all go on from the last checkpoint" in err
    assert err.count("epoch 30 of 30") == 1
    assert "Validation accuracy" in out
    assert "ray" not in err.lower().replace("--engine ray", ""), "Ray says nothing of its own"
    assert are_gone(below)
    assert not (tmp_path / "run" / "ray").exists()


def test_a_stop_signal_is_waited_for_once_the_processes_know_of_it(
    tmp_path: Path,
) -> None:
    launcher = RayLauncher(None, 2, 3, print, Run(tmp_path, ""), None, begins=1)
    assert not launcher.is_over()
    launcher.forward(signal.SIGTERM, None)
    assert not launcher.is_over(), "it is not handed on yet"
    launcher.told = time.monotonic()
    assert not launcher.is_over(), "a checkpoint may be on its way"
    launcher.forward(signal.SIGTERM, None)
    assert launcher.is_over(), "the second signal"


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_after_a_stop_signal_one_process_goes_on_to_the_same_weights(
    tmp_path: Path, data: Path, whole: dict[str, bytes], number: int, code: int
) -> None:
    command = start(data, tmp_path / "run", "--checkpoint", "1")
    below = descendants(command.pid)
    command.send_signal(number)
    out, err = command.communicate(timeout=LONG)
    assert command.returncode == code, err
    assert "checkpoint written" in out
    assert are_gone(below)
    resume(tmp_path / "run", progress=False)
    assert weights(tmp_path / "run") == whole
