"""A sandbox in which commands read what somebody has changed, and are judged.

It has a small data set, a run that was stopped in its second epoch, one that has ended, weights, a cache and a canary.
`Sandbox.judge` runs a command in this process and says what it did that no command may do.
"""

import io
import os
import re
import resource
import shutil
import signal
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import torch
from PIL import Image
from safetensors.torch import save_file

import brickwork
from brickwork.cli.output import notify
from brickwork.cli.shell import error_line
from brickwork.cli.shell import run as command
from brickwork.data import index as indices
from brickwork.errors import BrickworkError
from brickwork.network import Network, chain, stages
from brickwork.network.layers import AvgPool, BatchNorm, Conv, Flatten, Linear, MaxPool, ReLU
from brickwork.training.events import Event, Step

CLASSES = ("ash", "beech", "cedar")
RECIPE = {"epochs": 2, "batch": 16, "checkpoint": 2, "workers": 0, "precision": "fp32", "cache": "always", "ema": 0.9}
MOST = 1 << 30  # bytes of memory above what torch and numpy take
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
CHANGES = {"os.remove", "os.rename", "os.rmdir", "os.mkdir", "os.chmod", "os.symlink", "os.link", "shutil.rmtree"}
REACHES = {"subprocess.Popen", "os.system", "socket.connect", "pickle.find_class"}
CONTROLS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def tiny_network() -> Network:
    body = stages(stage1=chain(Conv(4, 3, padding=1), BatchNorm(), ReLU(), MaxPool(2)))
    return Network("tiny", (1, 8, 8), len(CLASSES), body, chain(AvgPool(4), Flatten(), Linear(len(CLASSES))))


@dataclass(frozen=True)
class Verdict:
    """What a command did, and what of it must not be."""

    code: int
    seconds: float
    faults: tuple[str, ...]
    text: str  # the last line on standard error


class Sandbox:
    """A folder with everything that a command reads, each case in a fresh copy of it."""

    def __init__(self, folder: Path) -> None:
        self.whole, self.copy = folder / "whole", folder / "copy"
        os.environ["BRICKWORK_CACHE"] = str(self.copy / "cache")
        self.outside: list[str] = []
        self.allowed: tuple[str, ...] = ()
        sys.addaudithook(self.hear)
        self.copy.mkdir(parents=True)
        make_runs(self.copy)
        shutil.copytree(self.copy, self.whole)
        self.base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10

    def fresh(self) -> Path:
        """The copy as it was: what commands may write to is copied anew, and an image that a case took away."""
        for name in ("begun", "ended", "cache"):
            shutil.rmtree(self.copy / name, ignore_errors=True)
        for name in ("weights.pth", "weights.safetensors"):
            shutil.copyfile(self.whole / name, self.copy / name)
        shutil.copytree(self.whole, self.copy, dirs_exist_ok=True, ignore=self.is_there)
        return self.copy

    def is_there(self, folder: str, names: list[str]) -> list[str]:
        inside = self.copy / Path(folder).relative_to(self.whole)
        return [name for name in names if (inside / name).is_file()]

    def changed(self) -> list[str]:
        """The files outside of what commands may write to that are not as they were, or new."""
        self.fresh()
        both = ({str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}
                for root in (self.whole, self.copy))  # fmt: skip
        before, after = both
        return [name for name in before.keys() | after.keys() if before.get(name) != after.get(name)]

    def hear(self, event: str, details: tuple[Any, ...]) -> None:
        """Audit hook: what is opened for writing, removed, moved, run or reached."""
        if not self.allowed:
            return
        if event == "open":
            path, _, flags = details
            if isinstance(flags, int) and flags & WRITES and isinstance(path, str | bytes):
                self.check(event, [path])
        elif event in CHANGES:
            self.check(event, [word for word in details if isinstance(word, str | bytes)])
        elif event in REACHES and not (event == "subprocess.Popen" and "-I" in details[1]):  # the matching of groups
            self.outside.append(f"{event} {str(details)[:200]}")

    def check(self, event: str, paths: Sequence[str | bytes]) -> None:
        words = [os.path.abspath(os.fsdecode(path)) for path in paths]
        if not all(word.startswith(self.allowed) for word in words):
            self.outside.append(f"{event} {words}")

    def judge(self, words: Sequence[str]) -> Verdict:
        """Runs a command in this process."""
        out, err = io.TextIOWrapper(io.BytesIO(), "utf-8"), io.TextIOWrapper(io.BytesIO(), "utf-8", "backslashreplace")
        self.outside.clear()
        self.allowed = (*(str(self.copy / name) for name in ("begun", "ended", "cache")), "/dev/null")
        start, faults = perf_counter(), []
        try:
            with redirect_stdout(out), redirect_stderr(err):
                code = load(words[1]) if words[0] == "load_weights" else command(words)
        except BaseException:  # which the command line would have shown
            code = 70
            faults.append(f"a traceback: {traceback.format_exc()[-1500:]}")
        seconds = perf_counter() - start
        self.allowed = ()
        said, told = (stream.buffer.getvalue().decode() for stream in flushed(out, err))
        last = told.rstrip("\n").rpartition("\n")[2]
        if code not in (0, 2, 70):
            faults.append(f"exit code {code}")
        if code == 2 and (not last.startswith("brickwork: ") or told.count("\nbrickwork: ") > 1):
            faults.append(f"more than one line, or none: {told[-300:]!r}")
        if found := CONTROLS.search(said + told):
            faults.append(f"a control character: {found[0]!r} in {(said + told)[max(0, found.start() - 80) :][:160]!r}")
        if len(last) > 11_000:
            faults.append(f"a line of {len(last):,} characters: {last[:200]}")
        faults += self.outside
        if (grown := (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10) - self.base) > MOST:
            self.base += grown
            faults.append(f"{grown / 1e9:.1f} GB of memory")
        return Verdict(code, seconds, tuple(faults), last)


def load(path: str) -> int:
    """Loads weights as a person's program does, and tells a mistake as the command line does."""
    try:
        brickwork.load_weights(brickwork.build(tiny_network()), path)
    except BrickworkError as mistake:
        notify(f"brickwork: {error_line(mistake)}")
        return 2
    return 0


def flushed(*streams: io.TextIOWrapper) -> Iterator[Any]:
    for stream in streams:
        stream.flush()
        yield stream


def make_runs(folder: Path) -> None:
    """The data, an image, weights, a run that was stopped in its second epoch, and one that has ended."""
    chance = np.random.default_rng(0)
    for name in CLASSES:
        (folder / "data" / name).mkdir(parents=True)
        for number in range(18):
            pixels = chance.integers(0, 60, (9, 10)).astype(np.uint8) + 50 * CLASSES.index(name)
            Image.fromarray(pixels.astype(np.uint8)).save(folder / "data" / name / f"case{number // 3}_{number}.png")
    (folder / "data" / CLASSES[0] / "case0_broken.png").write_bytes(b"no image")
    shutil.copy(folder / "data" / CLASSES[1] / "case0_1.png", folder / "one.png")
    (folder / "canary").write_text("nobody writes here")

    def stop(event: Event) -> None:
        if isinstance(event, Step) and event.epoch == 2:
            os.kill(os.getpid(), signal.SIGTERM)  # which no shell ignores, as it does SIGINT in the background

    with chdir(folder):
        indices.save_index(brickwork.check("data").index)
        for name, listener, groups in (("begun", stop, ""), ("ended", lambda event: None, "(case[0-9]+)_")):
            result = brickwork.train(tiny_network(), "data", groups=groups, out=name, listener=listener, **RECIPE)
            assert bool(result.stopped) == (name == "begun"), name
        model = brickwork.load("ended/model.safetensors").model
        torch.save(model.state_dict(), "weights.pth")
        save_file(model.state_dict(), "weights.safetensors")
