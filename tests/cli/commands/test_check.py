"""What `check` prints, writes and leaves with."""

import json
import subprocess
import sys
import tarfile
from io import BytesIO
from pathlib import Path

import pytest

import brickwork.data
import faults
from brickwork.cli.commands import check
from brickwork.cli.commands.check import ProgressLines, reading_progress
from brickwork.data import index
from brickwork.data.images.decode import decode
from shell import Ask

PATIENCE = check.PATIENCE


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """However slow the machine is, nothing is said about how far the reading is."""
    monkeypatch.setattr(check, "PATIENCE", 600.0)


@pytest.fixture
def clean(tmp_path: Path) -> Path:
    faults.clean(tmp_path / "clean", 0)
    return tmp_path / "clean"


@pytest.fixture
def faulty(tmp_path: Path) -> Path:
    faults.planted(tmp_path / "faulty", 0)
    return tmp_path / "faulty"


def test_a_clean_set_gets_two_lines(ask: Ask, clean: Path) -> None:
    answer = ask("check", clean)
    assert (answer.code, answer.err) == (0, "")
    assert answer.out.splitlines() == [
        "clean: 150 images of 5 classes (train 100, val 25, test 25).",
        "Nothing is wrong with it. Training will name what changes from now on.",
    ]


def test_a_finding_says_what_how_many_which_first_what_training_does_and_how_to_mend(ask: Ask, faulty: Path) -> None:
    answer = ask("check", faulty)
    assert answer.code == 1
    assert (
        """
error    F102  2 empty files
         train/ape/nothing.jpg: empty (0 bytes)
         test/cat/zeros.png: nothing but zero bytes
         Training leaves out what it cannot read and names it; no other image takes the place. Fetch
         the file again, or leave it out with --fix.
"""
        in answer.out
    )
    assert (
        """
note     F109  7 hidden or junk entries
         .DS_Store, and 6 more
         Passed over.
"""
        in answer.out
    )
    assert answer.out.endswith(
        "15 errors, 17 warnings, 25 notes. For a manifest without the 17 bad files:\n"
        f"  brickwork check {faulty} --fix faulty-fixed.csv\n"
    )


@pytest.mark.parametrize("columns", [80, 120])
def test_lines_fit_the_terminal(ask: Ask, faulty: Path, columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    lines = ask("check", faulty).out.splitlines()
    assert max(len(line) for line in lines if str(faulty) not in line) <= min(columns, 100)
    assert all(line == line.rstrip() for line in lines)


def test_json_has_every_case(ask: Ask, faulty: Path) -> None:
    answer = ask("check", faulty, "--json")
    document = answer.document
    assert answer.code == 1
    assert (document["name"], document["source"], document["errors"], document["warnings"]) == (
        "faulty", str(faulty.resolve()), 15, 17,
    )  # fmt: skip
    assert document["images"] == {"train": 144, "val": 38, "test": 46}
    (leaks,) = (each for each in document["findings"] if each["code"] == "D402")
    assert (leaks["severity"], leaks["count"], leaks["title"]) == (
        "error", 2, "groups of identical images across splits",
    )  # fmt: skip
    assert leaks["cases"][0] == {
        "files": [f"{faulty}/{split}/cat/leak.png" for split in ("train", "test")],
        "detail": "",
    }
    assert set(leaks) == {"code", "severity", "title", "count", "cases", "training", "remedy"}


def test_the_index_is_kept(ask: Ask, clean: Path) -> None:
    answer = ask("check", clean, "--json")
    kept = index.load_index(str(clean.resolve()))
    assert kept is not None
    assert (len(kept.entries), kept.digest) == (150, answer.document["digest"])
    assert answer.document["index"] == str(index.index_path(kept.source))


def test_an_index_that_cannot_be_kept_takes_nothing_from_the_findings(
    ask: Ask, clean: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("BRICKWORK_CACHE", str(tmp_path / "file"))
    answer = ask("check", clean, "--json")
    assert (answer.code, answer.document["index"], answer.document["errors"]) == (0, None, 0)
    assert answer.err.startswith("The index is not kept, and training cannot name what changes: ")
    assert answer.err.count("\n") == 1


def test_fix_writes_a_manifest_that_can_be_checked_and_trained_on(ask: Ask, faulty: Path, tmp_path: Path) -> None:
    fixed = tmp_path / "fixed.csv"
    answer = ask("check", faulty, "--fix", fixed)
    assert answer.code == 1
    assert answer.err == f"{fixed} lists 211 of 228 images: brickwork train --data {fixed}\n"
    again = ask("check", fixed, "--json").document
    assert again["errors"] == 1  # a class that train has not
    assert ask("check", faulty, "--fix", fixed).code == 2


def test_a_manifest_that_cannot_be_written_is_told_before_anything_is_read(ask: Ask, tmp_path: Path) -> None:
    answer = ask("check", "fashion", "--fix", tmp_path / "fixed.csv")
    assert (answer.code, answer.out) == (2, "")
    assert "fashion: its images have no files of their own" in answer.err


def test_shards_are_checked_and_no_manifest_is_offered_for_them(ask: Ask, tmp_path: Path, clean: Path) -> None:
    (clean / "train/ape/page.jpg").write_bytes(b"<html>")
    (tmp_path / "shards").mkdir()
    for split in ("train", "val", "test"):
        with tarfile.open(tmp_path / "shards" / f"{split}-0.tar", "w") as shard:
            for number, path in enumerate(sorted((clean / split).glob("*/*"))):
                shard.add(path, f"{number}{path.suffix}")
                label = tarfile.TarInfo(f"{number}.cls")
                label.size = 3
                shard.addfile(label, BytesIO(path.parent.name.encode()))
    answer = ask("check", tmp_path / "shards")
    assert answer.code == 1
    assert [line.split()[:2] for line in answer.out.splitlines()[2:3]] == [["error", "F103"]]
    assert answer.out.endswith("\n\n1 error.\n")


def test_leaks_may_be_allowed_and_large_images_forbidden(ask: Ask, clean: Path) -> None:
    (clean / "test/ape/again.png").write_bytes((clean / "train/ape/0.png").read_bytes())
    assert ask("check", clean).code == 1
    assert ask("check", clean, "--allow-leaks").code == 0
    document = ask("check", clean, "--allow-leaks", "--max-pixels", 4000, "--json").document
    assert {each["code"]: each["severity"] for each in document["findings"]}["F104"] == "error"


def test_the_cap_is_pillows(ask: Ask) -> None:
    assert sys.modules[decode.__module__].MAX_PIXELS == check.PIXELS  # type: ignore[attr-defined]
    assert ask("check", "fashion", "--max-pixels", check.PIXELS + 1).code == 2


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["fashoin"], "unknown data 'fashoin': did you mean 'fashion'?"),
        ([], "Missing argument 'DATA'. See 'brickwork check --help'."),
        (["fashion", "--max-pixels", "0"], "Invalid value for '--max-pixels'"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(ask: Ask, words: list[str], says: str) -> None:
    answer = ask("check", *words)
    assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1)
    assert says in answer.err


def test_where_nobody_watches_a_line_tells_how_far_it_is(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 100.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    monkeypatch.setattr(check, "PATIENCE", PATIENCE)
    tell = ProgressLines(5000)
    for done, now in ((1, 101.0), (900, 102.5), (1000, 103.0), (4000, 113.0)):  # noqa: B007
        tell(done)
    assert capsys.readouterr().err.splitlines() == ["900 of 5,000 images read", "4,000 of 5,000 images read"]


def test_on_a_terminal_a_bar_appears_after_two_seconds(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 100.0
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.setattr("time.monotonic", lambda: now)
    monkeypatch.setattr(check, "PATIENCE", PATIENCE)
    monkeypatch.setenv("FORCE_COLOR", "1")
    with reading_progress(50) as progress:
        now = 101.0
        progress(10)
        before = capsys.readouterr().err
        now = 103.0
        progress(20)
        assert capsys.readouterr().err == f"\rreading [{'=' * 12:30}] 20 of 50 images, 0:00:04 left\x1b[K"
        now = 103.1
        progress(21)
        assert capsys.readouterr().err == ""
    assert before == ""
    assert capsys.readouterr().err == "\r\x1b[K"


def test_damaged_files_leave_nothing_on_standard_error(tmp_path: Path) -> None:
    faults.planted(tmp_path / "faulty", 0)
    words = [sys.executable, "-m", "brickwork", "check", "faulty", "--json"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert [line for line in done.stderr.splitlines() if not line.endswith("images read")] == []
    assert json.loads(done.stdout)["errors"] == 15


WITHOUT_TORCH = """
import sys
for name in ("torch", "torchvision"):
    sys.modules[name] = None  # importing it raises ModuleNotFoundError
from brickwork.cli.shell import run
sys.exit(run(sys.argv[1:]))
"""


def test_check_works_where_torch_is_not_installed(ask: Ask, clean: Path, faulty: Path) -> None:
    for folder, code in ((clean, 0), (faulty, 1)):
        words = [sys.executable, "-c", WITHOUT_TORCH, "check", str(folder), "--json"]
        done = subprocess.run(words, capture_output=True, text=True, timeout=300)
        assert (done.returncode, done.stderr) == (code, "")
        assert json.loads(done.stdout) == ask("check", folder, "--json").document


def test_every_module_of_data_imports_where_torch_is_not_installed() -> None:
    folder = Path(brickwork.data.__file__).parent
    names = [
        ".".join(("brickwork.data", *path.relative_to(folder).with_suffix("").parts)) for path in folder.rglob("*.py")
    ]
    assert len(names) > 30
    program = "import sys\nsys.modules['torch'] = sys.modules['torchvision'] = None\n"
    program += "\n".join(f"import {name.removesuffix('.__init__')}" for name in names)
    subprocess.run([sys.executable, "-c", program], check=True, timeout=300)
