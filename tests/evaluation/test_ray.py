"""`predict --engine ray` writes the table of `predict --nproc 1`, byte for byte."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from brickwork import zoo
from brickwork.machine import cores
from brickwork.model import build, save

pytestmark = pytest.mark.skipif(not find_spec("ray") or cores() < 2, reason="needs Ray, and two cores")


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a model and images of which some cannot be read: three batches of 64, one of them short."""
    root, chance = tmp_path_factory.mktemp("here"), np.random.default_rng(7)
    torch.manual_seed(3)
    model = build(zoo.network("lenet5")).eval()
    save(root / "model.safetensors", model)
    (root / "new").mkdir()
    for number in range(150):
        Image.fromarray(chance.integers(0, 256, (30, 34), np.uint8)).save(root / "new" / f"{number}.png")
    for number in (0, 70, 71, 149):
        path = root / "new" / f"{number}.png"
        path.write_bytes(path.read_bytes()[: number - 70 if number > 70 else 0])
    return root


def predict(here: Path, out: str, *words: str) -> "subprocess.CompletedProcess[str]":
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
    line = [
        sys.executable,
        "-P",
        "-m",
        "brickwork",
        "predict",
        "model.safetensors",
        "new",
        "gone.png",
        "--out",
        out,
        *words,
    ]
    return subprocess.run(line, cwd=here, env=environment, capture_output=True, text=True, timeout=500, check=False)


def test_the_table_is_that_of_one_process(here: Path) -> None:
    done = predict(here, "ray.csv", "--engine", "ray", "--nproc", "2", "--top", "3")
    assert (done.returncode, done.stdout, done.stderr) == (0, "151 rows in ray.csv.\n", "")
    assert predict(here, "one.csv", "--nproc", "1", "--top", "3").returncode == 0
    table = (here / "one.csv").read_bytes()
    assert (here / "ray.csv").read_bytes() == table
    assert len(table.splitlines()) == 152
    assert table.count(b"new/70.png,,,") == 1, "what cannot be read has its reason"


def test_more_processes_than_cores_are_one_line(here: Path) -> None:
    done = predict(here, "many.csv", "--engine", "ray", "--nproc", "99")
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith("brickwork: 99 processes do not fit the Ray cluster")
    assert not (here / "many.csv").exists()
