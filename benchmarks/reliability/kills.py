"""Kills a small training with SIGKILL at random moments, and looks whether anything was lost.

    python benchmarks/reliability/kills.py [--kills 200] [--seed 0] [--nproc 2]

A checkpoint is written after every step, so that many kills come while one is being written. After each kill the last
whole checkpoint must be no older than the one before the kill; the run then goes on with --resume, to be killed again,
until it ends. Its weights, and all tensors of its last checkpoint, must then be those of a run that was never killed.
With --nproc, one of so many processes is killed, or their launcher; they have to go on by themselves.
"""

import argparse
import os
import random
import shutil
import signal
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import small

from brickwork.training.run.checkpoint import Checkpoints


@dataclass
class Count:
    """What has happened."""

    kills: int = 0
    in_saves: int = 0  # kills that left a file which was not whole, or a part of one
    lost: int = 0  # kills after which the last whole checkpoint was older than before
    runs: int = 0  # that were killed at least once and came to their end
    same: int = 0  # of these, with the weights of the run that was not disturbed
    failures: int = 0  # commands that left with anything but 0 without having been killed


def undisturbed(data: Path, folder: Path) -> tuple[str, float]:
    """The weights of a run that nobody kills, and the seconds that it takes."""
    began = time.perf_counter()
    code = small.waited(small.child(small.words(data, folder / "whole"), folder / "log"))
    assert code == 0, (folder / "log").read_text()
    return small.weights_of(folder / "whole"), time.perf_counter() - began


def last_step(out: Path) -> int:
    """The step of the last whole checkpoint; -1 where there is none."""
    state, _ = Checkpoints(out / "checkpoints").latest()
    return state.step if state else -1


def unfinished(out: Path) -> bool:
    """Whether a kill has left something half done in the folder of checkpoints."""
    checkpoints = Checkpoints(out / "checkpoints")
    return any(checkpoints.folder.glob(".*")) or bool(checkpoints.latest()[1])


def killed_once(data: Path, out: Path, seconds: float, count: Count) -> bool:
    """Runs the command and kills it after so many seconds; whether it had ended before."""
    before = last_step(out)
    number = small.child(small.words(data, out), out.with_suffix(".log"))
    time.sleep(seconds)
    done, status = os.waitpid(number, os.WNOHANG)
    if done:
        count.failures += os.waitstatus_to_exitcode(status) != 0
        return True
    os.kill(number, signal.SIGKILL)
    small.waited(number)
    count.kills += 1
    count.in_saves += unfinished(out)
    count.lost += last_step(out) < before
    return False


def killed(data: Path, folder: Path, kills: int, seed: int) -> Count:
    """Run after run, each killed again and again until it ends, until there were so many kills."""
    expected, whole = undisturbed(data, folder)
    chance, count = random.Random(seed), Count()
    while count.kills < kills:
        out = folder / f"run{count.runs}"
        while count.kills < kills and not killed_once(data, out, chance.uniform(0, 0.6 * whole), count):
            pass
        count.failures += small.waited(small.child(small.words(data, out), out.with_suffix(".log"))) != 0
        count.runs += 1
        count.same += small.weights_of(out) == expected
        shutil.rmtree(out)
    return count


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--nproc", type=int, default=1)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        data = small.images(Path(folder) / "data")
        if arguments.nproc > 1:
            import ranks

            count = ranks.killed_ranks(data, Path(folder), arguments.nproc, arguments.kills, arguments.seed)
        else:
            count = killed(data, Path(folder), arguments.kills, arguments.seed)
    print(f"{count.kills} kills, {count.in_saves} of them while a checkpoint was being written")
    print(f"{count.lost} checkpoints lost, {count.failures} commands that failed")
    print(f"{count.same} of {count.runs} runs ended with the weights of the run that was not disturbed")
    raise SystemExit(0 if count.lost == count.failures == 0 and count.same == count.runs else 1)


if __name__ == "__main__":
    main()
