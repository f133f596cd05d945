"""Two processes of one thread against one: what `train --nproc 2` gains on this machine, beside what `scale` predicts.

    python benchmarks/processes.py [ROUNDS=3]

Both train the same batches of two micro-batches in turn, so that what else runs meets all alike. Efficiency is the
images a second of two over twice those of one, in the last epoch's steps. The weights of both have to be the same bits.
"apart" is the efficiency of two trainings that know nothing of each other, a micro-batch each: what the machine itself
loses where two cores share memory and power, and so the most that two processes can reach.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

import numpy as np
from PIL import Image
from safetensors.numpy import load_file

from brickwork.network.columns import RULE, format_columns

CASES = (("resnet20", 32, 960, 64), ("resnet18", 64, 512, 64))  # side, images, batch
EPOCHS = 2
RATE = "images_per_second"
THREADS = {**os.environ, "OMP_NUM_THREADS": "1"}


def make_images(folder: Path, side: int, count: int) -> Path:
    chance = np.random.default_rng(0)
    for split, number in (("train", count), ("val", 20)):
        for i in range(number):
            path = folder / split / f"class{i % 10}" / f"{i}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(chance.integers(0, 255, (side, side, 3), np.uint8)).save(path)
    return folder


def train(network: str, side: int, data: Path, batch: int, out: Path, how: list[str]) -> "subprocess.Popen[bytes]":
    fields = ["--epochs", str(EPOCHS), "--batch", str(batch), "--threads", "1", "--workers", "0", "--precision", "fp32"]
    command = [
        sys.executable,
        "-m",
        "brickwork",
        "train",
        network,
        "--input",
        f"3x{side}x{side}",
        "--data",
        str(data),
        "--out",
        str(out),
        *fields,
        *how,
    ]
    return subprocess.Popen(command, env=THREADS, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def metrics(training: "subprocess.Popen[bytes]", out: Path) -> dict[str, float]:
    """The last epoch's metrics, once a training has ended."""
    assert training.wait() == 0, f"the training in {out} failed"
    found: dict[str, float] = json.loads((out / "metrics.jsonl").read_text().splitlines()[-1])
    return found


def weights(out: Path) -> dict[str, bytes]:
    return {name: value.tobytes() for name, value in load_file(out / "model.safetensors").items()}


def compare(name: str, side: int, count: int, batch: int, rounds: int, root: Path) -> tuple[str, ...]:
    data = make_images(root / f"{name}-data", side, count)
    found = []
    for number in range(rounds):
        outs = [root / f"{name}-{number}-{how}" for how in ("one", "two", "left", "right")]
        one = metrics(train(name, side, data, batch, outs[0], ["--accumulate", "2"]), outs[0])
        two = metrics(train(name, side, data, batch, outs[1], ["--nproc", "2"]), outs[1])
        assert weights(outs[0]) == weights(outs[1]), "two processes have trained otherwise than one"
        pair = [train(name, side, data, batch // 2, out, []) for out in outs[2:]]
        apart = sum(metrics(*each)[RATE] for each in zip(pair, outs[2:], strict=True)) / one[RATE] / 2
        found.append((one[RATE], two[RATE], two[RATE] / one[RATE] / 2, apart, two["synchronising"]))
        print(f"{name}: {found[-1][2]:.0%}, apart {apart:.0%}", file=sys.stderr, flush=True)
    alone, both, clock, apart, synchronising = (median(column) for column in zip(*found, strict=True))
    cells = (f"{alone:,.0f}", f"{both:,.0f}", f"{clock:.0%}", f"{apart:.0%}", f"{synchronising:.0%}")
    return (name, str(side), str(batch), *cells)


def main(rounds: int) -> None:
    head = ("network", "side", "batch", "images/s of one", "of two", "efficiency", "apart", "synchronising")
    with tempfile.TemporaryDirectory() as folder:
        rows = [compare(*case, rounds, Path(folder)) for case in CASES]
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {rounds} rounds in turn, weights equal bit for bit")
    print("\n".join(format_columns([head, RULE, *rows], "<>>>>>>>")))


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 3)
