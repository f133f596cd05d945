"""--nproc N of `evaluate` and `predict`: the same output, also with layers of one's own, and no process left."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from brickwork.cli.options.own import find_network, own_layers
from brickwork.model import build, save
from shell import Ask

LAYERS = """
from dataclasses import dataclass
from typing import ClassVar
from torch import nn
from brickwork.network import Layer, Network, chain, stages
from brickwork.network.layers import Conv, Flatten, GlobalAvgPool, Linear

class Twice(nn.Module):
    def forward(self, x):
        return x + x

@dataclass(frozen=True, repr=False)
class Double(Layer):
    kind: ClassVar[str] = "twofold"
    def module(self, shape):
        return Twice()

head = chain(GlobalAvgPool(), Flatten(), Linear(3))
tiny = Network("tiny", (1, 4, 4), 3, stages(stem=chain(Conv(8, 3), Double())), head)
"""


@pytest.mark.parametrize(
    "words",
    [("evaluate", "{model}", "--data", "{images}", "--json"), ("predict", "{model}", "{images}", "--json")],
    ids=["evaluate", "predict"],
)
def test_any_number_of_processes_prints_the_same(
    words: tuple[str, ...], ask: Ask, model: Path, images: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("brickwork.processes.cores", lambda: 2)
    typed = [word.format(model=model, images=images) for word in words]
    one, two, three = (ask(*typed, "--nproc", count) for count in (1, 2, 3))
    assert (one.code, two.code, three.code) == (0, 0, 0)
    assert one.out == two.out == three.out
    assert "share" not in one.err + two.err
    assert "3 processes share 2 cores, so that each computes more slowly: 2 do as much." in three.err


def test_layers_of_ones_own_are_known_to_all_processes(ask: Ask, images: Path, tmp_path: Path) -> None:
    file, model = tmp_path / "mine_alone.py", tmp_path / "own.safetensors"
    file.write_text(LAYERS)
    assert own_layers(file)
    save(model, build(find_network(f"{file}:tiny")), classes=("black", "grey", "white"))  # type: ignore[arg-type]
    one, two = (ask("predict", model, images, "--own", file, "--json", "--nproc", count) for count in (1, 2))
    assert (one.code, two.code) == (0, 0), two.err
    assert one.out == two.out


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGKILL, -9)])
@pytest.mark.skipif(not Path("/proc/self").exists(), reason="there is no /proc")
def test_whatever_ends_the_command_ends_its_processes(
    number: signal.Signals, code: int, model: Path, images: Path, tmp_path: Path
) -> None:
    listing = tmp_path / "list.txt"
    listing.write_text(f"{images}/test/white/0.png\n" * 300_000)  # minutes
    command = [sys.executable, "-m", "brickwork", "predict", str(model), "--list", str(listing), "--nproc", "2"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=environment, start_new_session=True
    ) as process:
        assert process.stderr
        while "images" not in process.stderr.readline():  # "1,000 of 300,000 images"
            assert process.poll() is None
        os.killpg(process.pid, number) if number == signal.SIGINT else process.kill()
        told = process.stderr.read()  # until the last process has ended that could write
        assert process.wait(30) == code
    assert told.splitlines()[-1:] in ([], ["brickwork: stopped."]) or "of 300,000 images" in told.splitlines()[-1]
    assert "Traceback" not in told
    until = time.monotonic() + 20
    while members(process.pid) and time.monotonic() < until:
        time.sleep(0.05)
    assert not members(process.pid)


def members(session: int) -> list[int]:
    """The processes of a session that run."""
    found = []
    for place in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, _, number = place.read_text().rsplit(")", 1)[1].split()[:4]
        except OSError:
            continue
        if int(number) == session and state != "Z":
            found.append(int(place.parent.name))
    return found
