"""Short forms of the scripts that feed odd and mutated files to the commands."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

import faults

RELIABILITY = Path(__file__).parents[2] / "benchmarks" / "reliability"


def printed(script: str, *arguments: object) -> str:
    """What a script prints; it leaves with 0 where everything it counts is as it should be."""
    words = [sys.executable, str(RELIABILITY / script), *map(str, arguments)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_mutated_files_are_refused_or_decoded_as_what_they_are_by_every_command() -> None:
    said = printed("mutated.py", "--files", 200, "--seed", 0)
    assert said.endswith("what must not be: 0\n")
    assert "20 files changed after they were indexed" in said or "19 files changed" in said


def test_odd_files_are_decoded_or_refused_with_path_and_reason(tmp_path: Path) -> None:
    faults.planted(tmp_path, 0)
    said = printed("pillow.py", tmp_path)
    assert "check refuses 9, all with path and reason: yes" in said
    assert said.endswith("what must not be: 0\n")


def test_a_file_that_hangs_or_kills_is_told_and_the_others_are_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(RELIABILITY))
    from limited import DIED, HUNG, looked_at

    def look(path: Path) -> str:
        if path.name == "slow":
            time.sleep(60)
        if path.name == "deadly":
            sys.exit()
        return path.name

    names = ["a", "slow", "b", "deadly", "c"]
    found = list(looked_at(look, [Path(name) for name in names], seconds=0.5))
    assert [answer for answer, _ in found] == ["a", HUNG, "b", DIED, "c"]
