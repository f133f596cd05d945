"""What follows a kill, for our worker processes and for those of torch's DataLoader (Linux).

    OMP_NUM_THREADS=1 python benchmarks/dataloader_kills.py [KILLS]

A worker is killed at a random moment of a training whose step takes 20 ms: how long until the training's process
raises, what, and where. Then the training's process is killed: how long until its workers are gone, where they wait
for work, read, or are in the middle of an image that takes long, as on a share that does not answer. The readers
take turns.
"""

import multiprocessing
import os
import platform
import random
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from itertools import count
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import torch
from dataloader import COUNT, OURS, PLAIN, Case, digits

from brickwork.data.dataset import Images
from brickwork.loader.transforms import ImageTransform
from brickwork.network.columns import RULE, format_columns
from brickwork.recipe.recipe import Recipe

KINDS = (OURS, "forkserver", "fork")
STATES = ("waiting", "reading", "in an image")
STEP = 0.02  # seconds
LONGEST = 12.0  # seconds that are waited for
SLOW = 4  # an image that takes longer


class SlowImages:
    """Images of which one takes long."""

    def image(self, i: int) -> Images:
        if i == SLOW:
            Path(os.environ["REACHED"]).touch()
            time.sleep(2 * LONGEST)
        return np.full((28, 28, 1), i, np.uint8)


def slow_case() -> Case:
    return Case("", ImageTransform(SlowImages(), PLAIN, Recipe(batch=4)), 8)


def lose_worker(line: "Connection[Any, Any]", kind: str) -> None:
    """Reads until a worker is killed, whenever it is told to; says how long the error took, where it came, and what."""
    while line.recv():
        case, killed, place = digits(1024), [0.0], "reading"
        reader = case.reader(kind)
        list(reader.read(case.requests(1)))
        victim = random.choice(multiprocessing.active_children()).pid
        threading.Timer(random.uniform(0, 1), kill, (victim, killed)).start()
        try:
            for epoch in count(2):
                for _ in reader.read(case.requests(epoch)):
                    place = "step"
                    time.sleep(STEP)
                    place = "reading"
        except Exception as error:
            words = str(error).replace(str(victim), "PID").splitlines()[0]
            line.send((time.perf_counter() - killed[0], place, f"{type(error).__name__}: {words}"))
        reader.close()


def kill(pid: int, killed: list[float]) -> None:
    killed[0] = time.perf_counter()
    os.kill(pid, signal.SIGKILL)


def lose_parent(line: "Connection[Any, Any]", kind: str, state: str) -> None:
    """Reads as the state says until this process is killed."""
    threading.Thread(target=tell_workers, args=(line,), daemon=True).start()
    case = slow_case() if state == STATES[2] else digits(1024)
    reader = case.reader(kind)
    for epoch in range(1, 2 if state == STATES[0] else 1000):
        list(reader.read(case.requests(epoch)))
        Path(os.environ["REACHED"]).touch()
    time.sleep(LONGEST * 2)


def tell_workers(line: "Connection[Any, Any]") -> None:
    """The workers' numbers, at a random moment after the state is reached."""
    while not Path(os.environ["REACHED"]).exists():
        time.sleep(0.01)
    time.sleep(random.uniform(0, 1))
    line.send([each.pid for each in multiprocessing.active_children()])


def start(target: Callable[..., None], *words: str) -> tuple[BaseProcess, "Connection[Any, Any]"]:
    """A process that trains, with its own server that workers are forked from."""
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe()
    process = context.Process(target=target, args=(theirs, *words))
    process.start()
    theirs.close()
    return process, ours


def outlived(kind: str, state: str) -> float:
    """Seconds until the last worker of a killed process is gone; those that stay are killed."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["REACHED"] = f"{folder}/reached"
        process, line = start(lose_parent, kind, state)
        workers = line.recv()
    assert len(workers) == COUNT, workers
    process.kill()
    killed = time.perf_counter()
    process.join()
    while any(map(alive, workers)) and time.perf_counter() - killed < LONGEST:
        time.sleep(0.005)
    seconds = time.perf_counter() - killed
    for pid in filter(alive, workers):
        os.kill(pid, signal.SIGKILL)
    return seconds


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def spread(seconds: list[float]) -> tuple[str, str]:
    """The median, and from the least to the most; where nothing happened, that."""
    words = [f"{each:.2f}" if each < LONGEST else f"over {LONGEST:.0f}" for each in (min(seconds), max(seconds))]
    middle = median(seconds)
    return f"{middle:.2f}" if middle < LONGEST else words[1], " to ".join(words)


def ask(line: "Connection[Any, Any]") -> tuple[float, str, str]:
    line.send(True)
    said: tuple[float, str, str] = line.recv()
    return said


def lost_workers(kills: int) -> list[tuple[str, ...] | None]:
    trainings = {kind: start(lose_worker, kind) for kind in KINDS}
    rounds = [[ask(line) for _, line in trainings.values()] for _ in range(kills)]
    for process, line in trainings.values():
        line.send(False)
        process.join()
    rows: list[tuple[str, ...] | None] = [("a worker killed", "seconds", "spread", "in a step", "what"), RULE]
    for kind, lines in zip(KINDS, zip(*rounds, strict=True), strict=True):
        seconds, places, words = zip(*lines, strict=True)
        what = {word: words.count(word) for word in words}
        steps = f"{places.count('step')} of {kills}"
        rows.append((kind, *spread(list(seconds)), steps, "; ".join(f"{n} x {w}" for w, n in what.items())))
    return rows


def lost_parents(kills: int) -> list[tuple[str, ...] | None]:
    cases = [(kind, state) for state in STATES for kind in KINDS]
    rounds = [[outlived(*case) for case in cases] for _ in range(kills)]
    rows: list[tuple[str, ...] | None] = [("a parent killed", "workers", "seconds", "spread"), RULE]
    for (kind, state), seconds in zip(cases, zip(*rounds, strict=True), strict=True):
        rows.append((kind, state, *spread(list(seconds))))
    return rows


def main(kills: int) -> None:
    print(f"Python {platform.python_version()}, torch {torch.__version__}, {kills} kills each, in turn; medians")
    print("\n".join(format_columns(lost_workers(kills), "<>>>=")), flush=True)
    print("\n".join(["", *format_columns(lost_parents(kills), "<<>>")]))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:] or ["5"]))
