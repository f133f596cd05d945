"""Trains by several real processes whose sums are ordered, and looks whether any number gives the same weights.

    python benchmarks/reliability/ranks.py [--micro-batches 4,12] [--sizes 1,2,3,4]

`kills.py --nproc N` uses what stands here to kill the processes of a training, or their launcher.
"""

import argparse
import os
import random
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import small
from kills import Count, last_step, unfinished

LAUNCHER = 0.15  # the share of kills that are the launcher's


def children(number: int) -> list[int]:
    """The processes that a process has started, in their order."""
    try:
        return [int(word) for word in Path(f"/proc/{number}/task/{number}/children").read_text().split()]
    except OSError:
        return []


def command(data: Path, out: Path, size: int) -> list[str]:
    """The command for a run by several processes that are started again however often they are killed."""
    return [*small.words(data, out), "--nproc", str(size), "--max-restarts", "1000"]


def ended(number: int) -> int | None:
    """The exit code of a child that has ended."""
    done, status = os.waitpid(number, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if done else None


def kill_one(launcher: int, out: Path, chance: random.Random, count: Count) -> None:
    """Kills the launcher or one of its processes, and looks at the checkpoints as they were then."""
    ranks = children(launcher)
    if not ranks:
        return
    before = last_step(out)
    os.kill(launcher if chance.random() < LAUNCHER else chance.choice(ranks), signal.SIGKILL)
    count.kills += 1
    count.in_saves += unfinished(out)
    count.lost += last_step(out) < before


def trained(data: Path, out: Path, size: int, kills: int, chance: random.Random, count: Count, pause: float) -> None:
    """A run by several processes, killed at random moments until it ends or there were so many kills."""
    while True:
        launcher = small.child(command(data, out, size), out.with_suffix(".log"))
        ranks: set[int] = set()
        for _ in moments(chance, pause):
            ranks |= set(children(launcher))
            code = ended(launcher)
            if code is not None:
                break
            if count.kills < kills:
                kill_one(launcher, out, chance, count)
        wait_gone(ranks, count)
        if code == 0:
            return
        count.failures += code != -signal.SIGKILL


def moments(chance: random.Random, pause: float) -> Iterator[None]:
    while True:
        time.sleep(chance.uniform(0, 2 * pause))
        yield


def wait_gone(ranks: set[int], count: Count) -> None:
    """Waits until no process of a training is left, which is a moment after its launcher has ended."""
    end = time.monotonic() + 10
    while any(is_training(rank) for rank in ranks):
        if time.monotonic() > end:
            count.failures += 1
            return
        time.sleep(0.05)


def is_training(number: int) -> bool:
    try:
        return b"--resume" in Path(f"/proc/{number}/cmdline").read_bytes()
    except OSError:
        return False


def killed_ranks(data: Path, folder: Path, size: int, kills: int, seed: int) -> Count:
    """Run after run by several processes, until there were so many kills; each ends as that of one, undisturbed."""
    whole = folder / "whole"
    words = [*small.words(data, whole), "--accumulate", str(size), "--threads", "1"]
    assert small.waited(small.child(words, folder / "log")) == 0, (folder / "log").read_text()
    expected, chance, count = small.weights_of(whole), random.Random(seed), Count()
    began = time.perf_counter()
    alone = Count()
    trained(data, folder / "alone", size, 0, chance, alone, 0.2)
    pause = 0.6 * (time.perf_counter() - began)
    assert small.weights_of(folder / "alone") == expected, "several processes train otherwise than one"
    while count.kills < kills:
        out = folder / f"run{count.runs}"
        trained(data, out, size, kills, chance, count, pause)
        count.runs += 1
        count.same += small.weights_of(out) == expected
        shutil.rmtree(out)
    return count


def ordered_weights(data: Path, out: Path, size: int, count: int) -> str:
    """The sum of the weights, running averages included, that so many processes leave of so many micro-batches."""
    words = [*small.words(data, out), "--batch", "48", "--threads", "1", "--reduce", "ordered"]
    words += ["--accumulate", str(count), *(["--nproc", str(size)] if size > 1 else [])]
    log = out.with_suffix(".log")
    assert small.waited(small.child(words, log)) == 0, log.read_text()
    return small.weights_of(out)


def numbers(text: str) -> list[int]:
    return [int(word) for word in text.split(",")]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--micro-batches", type=numbers, default=[4, 12])
    parser.add_argument("--sizes", type=numbers, default=[1, 2, 3, 4])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        data = small.images(Path(folder) / "data")
        sums = {}
        for count in options.micro_batches:
            for size in options.sizes:
                began = time.perf_counter()
                sums[count, size] = ordered_weights(data, Path(folder) / f"{count}by{size}", size, count)
                seconds = time.perf_counter() - began
                print(
                    f"{count:3} micro-batches, {size} processes: {sums[count, size][:16]}, {seconds:.1f} s", flush=True
                )
    for count in options.micro_batches:
        found = {sums[count, size] for size in options.sizes}
        print(f"{count} micro-batches: {'the same weights' if len(found) == 1 else f'{len(found)} different weights'}")
        assert len(found) == 1
    assert len(set(sums.values())) == len(options.micro_batches), "other micro-batches give the same weights"


if __name__ == "__main__":
    main()
