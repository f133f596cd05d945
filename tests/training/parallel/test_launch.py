import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from brickwork.errors import BrickworkError
from brickwork.recipe.recipe import Recipe
from brickwork.training.parallel import begin
from brickwork.training.parallel.group import LOST
from brickwork.training.parallel.launch import Launcher
from brickwork.training.run.folder import Run

BEGIN = """
import os, signal, sys, time
from pathlib import Path
rank, run = int(os.environ["RANK"]), Path(sys.argv[1])
first = not (run / f"begun{rank}").exists()
(run / f"begun{rank}").touch()
"""


@dataclass(eq=False)
class Stand(Launcher):
    """A launcher whose processes run a script in place of a training."""

    script: str = ""

    def command(self) -> list[str]:
        return [sys.executable, "-c", BEGIN + self.script, str(self.run.path)]


def launch(folder: Path, script: str, count: int = 2, restarts: int = 3) -> tuple[int, list[str]]:
    said: list[str] = []
    return Stand(Run(folder, "x"), count, restarts=restarts, tell=said.append, script=script).launch(), said


def test_processes_that_end_well_end_the_training(tmp_path: Path) -> None:
    script = 'assert os.environ["WORLD_SIZE"] == "3"\n(run / f"rank{rank}").write_text(os.environ["OMP_NUM_THREADS"])'
    assert launch(tmp_path, script, count=3) == (0, [])
    assert sorted(path.name for path in tmp_path.glob("rank*")) == ["rank0", "rank1", "rank2"]


@pytest.mark.parametrize("rank", [0, 1])
def test_a_process_that_dies_is_started_again_with_all_others(tmp_path: Path, rank: int) -> None:
    script = f"if first and rank == {rank}: os.kill(os.getpid(), signal.SIGKILL)\nif first: time.sleep(60)"
    code, said = launch(tmp_path, script)
    assert (code, said) == (0, [f"process {rank} was ended by SIGKILL; all go on from the last checkpoint"])


def test_what_the_death_of_another_does_to_a_process_is_no_mistake_of_its_own(tmp_path: Path) -> None:
    script = f"if first: sys.exit({LOST}) if rank == 0 else (time.sleep(0.3), os.kill(os.getpid(), 9))"
    code, said = launch(tmp_path, script)
    assert (code, said) == (0, ["process 1 was ended by SIGKILL; all go on from the last checkpoint"])


def test_a_persons_mistake_ends_the_training_and_is_told_once(tmp_path: Path) -> None:
    script = 'time.sleep(rank == 0 and 60)\nprint("brickwork: photos is gone", file=sys.stderr); sys.exit(2)'
    began = time.monotonic()
    assert launch(tmp_path, script) == (2, ["brickwork: photos is gone"])
    assert time.monotonic() - began < 30
    assert launch(tmp_path, "print('said', file=sys.stderr); sys.exit(2)") == (2, []), "the leader's is seen already"


def test_processes_that_die_before_any_step_are_given_up(tmp_path: Path) -> None:
    with pytest.raises(BrickworkError, match=r"process \d ended with exit code 1, and 2 restarts have not brought it"):
        launch(tmp_path, "(run / f'{rank}{time.time()}').touch(); sys.exit(1)", restarts=2)
    assert len(list(tmp_path.glob("0*"))) == 3


def test_a_step_in_between_gives_the_restarts_back(tmp_path: Path) -> None:
    script = """
folder = run / "checkpoints"; folder.mkdir(exist_ok=True)
steps = len(list(folder.glob("*.safetensors")))
if rank == 0: (folder / f"{steps:08}.safetensors").touch()
if rank == 0 and steps < 5: sys.exit(1)
"""
    code, said = launch(tmp_path, script, restarts=1)
    assert (code, len(said)) == (0, 5)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_signal_to_the_launcher_reaches_every_process_once(tmp_path: Path, number: signal.Signals) -> None:
    (tmp_path / "number").write_text(str(int(number)))
    script = """
def stop(number, frame):
    (run / f"stopped{rank}").write_text((run / f"stopped{rank}").read_text() + "x")
(run / f"stopped{rank}").write_text("")
for name in (signal.SIGINT, signal.SIGTERM): signal.signal(name, stop)
(run / f"ready{rank}").touch()
while not (run / f"stopped{rank}").read_text(): time.sleep(0.01)
time.sleep(0.2); sys.exit(128 + int((run / 'number').read_text()))
"""
    timer = threading.Thread(target=signal_when_ready, args=(tmp_path, number))
    timer.start()
    assert launch(tmp_path, script) == (128 + number, [])
    timer.join()
    assert [(tmp_path / f"stopped{rank}").read_text() for rank in (0, 1)] == ["x", "x"]


def test_more_processes_than_cores_are_told_before_they_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("brickwork.processes.cores", lambda: 2)
    monkeypatch.setattr(begin, "open_run", lambda path: (Run(path, "x"), Recipe(accumulate=3), {}))
    said: dict[int, list[str]] = {2: [], 3: []}
    for nproc, lines in said.items():
        assert begin.launch_resume(tmp_path, nproc, 3, tell=lines.append).count == nproc
    assert said == {2: [], 3: ["3 processes share 2 cores, so that each computes more slowly: 2 do as much."]}


def signal_when_ready(folder: Path, number: signal.Signals) -> None:
    while not all((folder / f"ready{rank}").exists() for rank in (0, 1)):
        time.sleep(0.01)
    os.kill(os.getpid(), number)


def test_processes_leave_when_their_launcher_is_killed(tmp_path: Path) -> None:
    script = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
from pathlib import Path
from test_launch import launch
wait = "from brickwork.training.parallel.watch import leave_with_launcher; leave_with_launcher()\\n"
wait += "(run / f'pid{{rank}}').write_text(str(os.getpid())); time.sleep(100)"
launch(Path({str(tmp_path)!r}), wait)
"""
    launcher = subprocess.Popen([sys.executable, "-c", script])
    try:
        while not all((tmp_path / f"pid{rank}").exists() and (tmp_path / f"pid{rank}").read_text() for rank in (0, 1)):
            assert launcher.poll() is None
            time.sleep(0.05)
    finally:
        launcher.kill()
        launcher.wait()
    numbers = [int((tmp_path / f"pid{rank}").read_text()) for rank in (0, 1)]
    end = time.monotonic() + 20
    while any(is_running(number) for number in numbers):
        assert time.monotonic() < end, "a process has outlived its launcher"
        time.sleep(0.05)


def is_running(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    return "Z" not in Path(f"/proc/{number}/stat").read_text().split(")")[1][:3] if os.path.exists("/proc") else True
