"""Hostile values for every field of every document, read as the commands read them, and a sample of mutants."""

import subprocess
import sys
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import pytest

RELIABILITY = Path(__file__).parents[2] / "benchmarks" / "reliability"
sys.path.insert(0, str(RELIABILITY))

import hostile  # noqa: E402
from hostile_values import DOCUMENTS, Document, last_checkpoint  # noqa: E402

from brickwork.data.index import load_index  # noqa: E402
from brickwork.errors import BrickworkError  # noqa: E402
from brickwork.evaluation.logits import preprocessing_of  # noqa: E402
from brickwork.model import load  # noqa: E402
from brickwork.network import from_json  # noqa: E402
from brickwork.runtime.calibration import calibration_of  # noqa: E402
from brickwork.training.result import result_from  # noqa: E402
from brickwork.training.run.checkpoint import Checkpoints  # noqa: E402
from brickwork.training.run.facts import check_facts  # noqa: E402
from brickwork.training.run.folder import Run, open_run  # noqa: E402


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("runs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BRICKWORK_CACHE", str(made / "cache"))
        hostile.make_runs(made)
    return made


def read_run(folder: Path) -> None:
    from_json(open_run(folder / "begun")[2]["network"])


def read_checkpoint(folder: Path) -> None:
    check_facts(Checkpoints(last_checkpoint(folder).parent).read(int(last_checkpoint(folder).stem)))


def read_model(folder: Path) -> None:
    file = load(folder / "ended" / "model.safetensors")
    preprocessing_of(file)
    calibration_of(file)
    result_from(Run(folder / "ended", "title"), file.record)


def read_images(folder: Path) -> None:
    Run(folder / "begun", "title").read_contents()


def read_index(folder: Path) -> None:
    load_index(str(folder / "data"))


STRIDE = 6  # of 25 values: each field gets four, all in turn; the script's --table has every field with every value

READERS: dict[str, Callable[[Path], None]] = {
    "run.json": read_run,
    "recipe.toml": read_run,
    "images.jsonl.gz": read_images,
    "checkpoint": read_checkpoint,
    "model": read_model,
    "index": read_index,
}


def refusal(document: Document, folder: Path, text: str) -> str:
    """What is said of a document; nothing where it is read."""
    document.write(folder, text)
    try:
        READERS[document.name.partition(":")[0]](folder)
    except BrickworkError as fault:
        return str(fault)
    return ""


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_every_field_takes_hostile_values_or_refuses_them_in_one_line(
    document: Document, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BRICKWORK_CACHE", str(folder / "cache"))
    files = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    refused = 0
    try:
        for _, _, text in islice(document.cases(folder), 0, None, STRIDE):
            refused += bool(refusal(document, folder, text))
    finally:
        for path, content in files.items():
            path.write_bytes(content)
    assert refused or document.name in ("images.jsonl.gz", "index")  # which are a help: what is wrong is not used


def test_mutants_are_used_or_refused_in_one_line_and_write_nothing_outside() -> None:
    line = [sys.executable, str(RELIABILITY / "mutated_runs.py"), "--count", "150", "--seed", "7", "--limit", "30"]
    done = subprocess.run(line, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.endswith("what must not be: 0\nchanged outside: nothing\n")


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (["show", "ended"], ""),
        (["predict", "nowhere", "one.png"], ""),
        (["predict", "ended", "one.png", "--out", "canary.csv"], "open"),
    ],
)
def test_the_sandbox_sees_what_is_written_outside(
    words: list[str], fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox = hostile.Sandbox(tmp_path)
    monkeypatch.chdir(sandbox.copy)
    faults = sandbox.judge(words).faults
    assert any(fault in text for text in faults) if fault else not faults
