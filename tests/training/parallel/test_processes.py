"""The number of processes changes nothing in what is trained: the same bits, running averages included."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from safetensors.numpy import load_file

import pictures

MEMBER = Path(__file__).parent / "member.py"
SMALL = {"epochs": 1, "batch": 12, "lr": 0.05, "validation": 0.2, "workers": 0, "precision": "fp32", "cache": "off"}
PAIRS = {  # what one process with two micro-batches and two processes train alike
    "lenet": ("lenet5", (1, 28, 28), {}),
    "resnet": ("resnet20[width=0.25]", (3, 16, 16), {"ema": 0.9}),
    "dropout": ("alexnet[width=0.0625]", (3, 67, 67), {"mixup": 0.2, "cutmix": 1.0}),
    "crops": ("resnet20[width=0.25]", (3, 16, 16), {"scale": 0.5, "color": 0.4, "workers": 1, "erasing": 0.5}),
    "ghosts": ("resnet20[width=0.25]", (3, 16, 16), {"norm": "ghost", "ghost": 3}),
    "sides": ("googlenet[width=0.1]", (3, 79, 79), {"clip": 1.0}),
    "averaged": ("resnet20[width=0.25]", (3, 16, 16), {"optimizer": "adamw", "lr": 0.003, "sampling": "balanced"}),
    "bf16": ("resnet20[width=0.25]", (3, 16, 16), {"precision": "bf16"}),
}
Plan = tuple[str, str, str, dict[str, object]]


def plans(data: Path, names: list[str], **fields: object) -> list[Plan]:
    return [
        (name, PAIRS[name][0], str(data), {**SMALL, **PAIRS[name][2], **fields, "input": PAIRS[name][1]})
        for name in names
    ]


def start(rank: int, size: int, folder: Path, what: list[Plan]) -> "subprocess.Popen[str]":
    folder.mkdir(exist_ok=True)
    words = [sys.executable, str(MEMBER), str(rank), str(size), str(folder), json.dumps(what)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "GLOO_SOCKET_IFNAME": "lo"}
    return subprocess.Popen(words, stderr=subprocess.PIPE, text=True, env=environment)


def train_all(size: int, folder: Path, what: list[Plan]) -> None:
    """Trains everything by so many processes, all of which have to end well."""
    members = [start(rank, size, folder, what) for rank in range(size)]
    errors = [member.communicate(timeout=300)[1] for member in members]
    assert [member.returncode for member in members] == [0] * size, "".join(errors)


def weights(run: Path) -> dict[str, bytes]:
    return {name: value.tobytes() for name, value in load_file(run / "model.safetensors").items()}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return pictures.folder(tmp_path_factory.mktemp("data"), count=20)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory, data: Path) -> dict[int, Path]:
    """All pairs, trained with two micro-batches by one process and by two."""
    folders = {size: tmp_path_factory.mktemp(f"by{size}") for size in (1, 2)}
    for size, folder in folders.items():
        train_all(size, folder, plans(data, list(PAIRS), accumulate=2))
    return folders


@pytest.mark.parametrize("name", PAIRS)
def test_two_processes_train_what_one_does_with_two_micro_batches(name: str, runs: dict[int, Path]) -> None:
    assert weights(runs[1] / name) == weights(runs[2] / name)


def test_ordered_sums_give_the_same_bits_for_any_number_of_processes(tmp_path: Path, data: Path) -> None:
    """Three processes have two, two and one of five micro-batches."""
    what = [
        (f"by{count}", *plan[1:])
        for count in (4, 5)
        for plan in plans(data, ["resnet"], accumulate=count, reduce="ordered", epochs=1)
    ]
    found = {}
    for size in (1, 3, 4):
        train_all(size, tmp_path / str(size), what)
        found[size] = [weights(tmp_path / str(size) / name) for name, *_ in what]
    assert found[1] == found[3] == found[4]
    assert found[1][0] != found[1][1]


@pytest.mark.parametrize("what", ["recipe", "network", "data"])
def test_processes_that_are_given_different_things_say_so_in_a_line(what: str, tmp_path: Path, data: Path) -> None:
    mine, other = (plans(data, ["lenet"], accumulate=2) for _ in range(2))
    name, network, source, fields = other[0]
    match what:
        case "recipe":
            other = [(name, network, source, {**fields, "lr": 0.06})]
        case "network":
            other = [(name, "lenet5[width=2]", source, fields)]
        case "data":
            fewer = pictures.folder(tmp_path / "data", count=19)
            other = [(name, network, str(fewer), fields)]
    members = [start(rank, 2, tmp_path / "runs", plan) for rank, plan in enumerate((mine, other))]
    errors = [member.communicate(timeout=120)[1] for member in members]
    assert all(member.returncode for member in members)
    for rank, error in enumerate(errors):
        says = f"process {rank} of 2 was not given the same network, data and recipe as the others."
        assert error.strip().splitlines()[-1].endswith(f"BrickworkError: {says}")
