"""Files of the current folder that are named like modules are not run: by the command, nor by its helper processes."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

FOUND = ("numpy", "torch", "torchvision", "PIL", "click", "rich", "safetensors", "jinja2", "pyarrow", "sitecustomize")
STANDARD = sorted(sys.stdlib_module_names - set(sys.builtin_module_names))
LATER = ("random", "json", "tempfile", "multiprocessing", "socket", "selectors", "statistics", "csv", "html", "hashlib")
TRAIN = ("--epochs", "1", "--batch", "8", "--workers", "2", "--policy", "trivialaugment", "--data")
SCRIPT = "import sys\nfrom brickwork.__main__ import main\nif __name__ == '__main__': sys.exit(main())\n"
SPAWN = SCRIPT.replace("sys.exit", "from brickwork.loader import workers; workers.FORKS = False; sys.exit")


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    for number in range(16):
        file = tmp_path / "photos" / "ab"[number % 2] / f"{number}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        pixels = np.random.default_rng(number).integers(0, 255, (16, 16), dtype=np.uint8)
        Image.fromarray(pixels).save(file)
    return tmp_path / "photos"


def traps(folder: Path, *names: str) -> Path:
    """A folder of files named like modules, each of which leaves its name in the file `ran` when it is run."""
    folder.mkdir()
    for name in names:
        (folder / f"{name}.py").write_text(
            f"open({str(folder / 'ran')!r}, 'a').write({name!r} + ' ')\nraise SystemExit"
        )
    return folder


def go(folder: Path, *words: str | Path) -> "subprocess.CompletedProcess[str]":
    hidden = {"PYTHONSAFEPATH", "PYTHONPATH"}
    own = {name: value for name, value in os.environ.items() if name not in hidden}
    more = {"OMP_NUM_THREADS": "1", "BRICKWORK_CACHE": str(folder.parent / "cache")}
    return subprocess.run(list(map(str, words)), cwd=folder, env=own | more, capture_output=True, text=True)


def has_run(folder: Path) -> str:
    return (folder / "ran").read_text() if (folder / "ran").exists() else ""


def test_the_traps_would_be_sprung(tmp_path: Path) -> None:
    folder = traps(tmp_path / "here", "random")
    go(folder, sys.executable, "-c", "import random")
    assert has_run(folder) == "random "


@pytest.mark.parametrize("code", [SCRIPT, SPAWN], ids=["console script", "spawned workers"])
def test_a_training_with_workers_runs_no_file_of_the_current_folder(photos: Path, tmp_path: Path, code: str) -> None:
    folder = traps(tmp_path / "here", *STANDARD, *FOUND)
    script = tmp_path / "bin" / "brickwork"
    script.parent.mkdir()
    script.write_text(code)
    ran = go(folder, sys.executable, script, "train", "lenet5", *TRAIN, photos, "--out", tmp_path / "run")
    assert ran.returncode == 0, ran.stderr
    assert (tmp_path / "run" / "model.safetensors").exists()
    assert has_run(folder) == ""


def test_python_with_its_safe_path_runs_no_file_of_the_current_folder(photos: Path, tmp_path: Path) -> None:
    folder = traps(tmp_path / "here", *STANDARD, *FOUND)
    assert go(folder, sys.executable, "-P", "-m", "brickwork", "check", photos).returncode in (0, 1)
    assert has_run(folder) == ""


def test_python_m_brickwork_looks_in_the_current_folder_for_no_package(photos: Path, tmp_path: Path) -> None:
    folder = traps(tmp_path / "here", *LATER, *FOUND)
    ran = go(folder, sys.executable, "-m", "brickwork", "train", "lenet5", *TRAIN, photos, "--out", tmp_path / "run")
    assert ran.returncode == 0, ran.stderr
    assert has_run(folder) == ""
