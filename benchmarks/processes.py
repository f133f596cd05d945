"""Two processes of one thread against one: what `train --nproc 2` gains on this machine, beside what `scale` predicts.

    python benchmarks/processes.py [ROUNDS=3]

Both train the same batches of two micro-batches in turn, so that what else runs meets all alike. Efficiency is the
images a second of two over twice those of one, in the last epoch's steps. The weights of both have to be the same bits.
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
THREADS = {**os.environ, "OMP_NUM_THREADS": "1"}


def make_images(folder: Path, side: int, count: int) -> Path:
    chance = np.random.default_rng(0)
    for split, number in (("train", count), ("val", 20)):
        for i in range(number):
            path = folder / split / f"class{i % 10}" / f"{i}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(chance.integers(0, 255, (side, side, 3), np.uint8)).save(path)
    return folder


def train(network: str, side: int, data: Path, batch: int, out: Path, how: list[str]) -> dict[str, float]:
    """The last epoch's metrics."""
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
    subprocess.run(command, check=True, env=THREADS, capture_output=True)
    metrics: dict[str, float] = json.loads((out / "metrics.jsonl").read_text().splitlines()[-1])
    return metrics


def weights(out: Path) -> dict[str, bytes]:
    return {name: value.tobytes() for name, value in load_file(out / "model.safetensors").items()}


def compare(name: str, side: int, count: int, batch: int, rounds: int, root: Path) -> tuple[str, ...]:
    data = make_images(root / f"{name}-data", side, count)
    found = []
    for number in range(rounds):
        outs = [root / f"{name}-{number}-{size}" for size in (1, 2)]
        one = train(name, side, data, batch, outs[0], ["--accumulate", "2"])
        two = train(name, side, data, batch, outs[1], ["--nproc", "2"])
        assert weights(outs[0]) == weights(outs[1]), "two processes have trained otherwise than one"
        found.append((one, two))
        print(f"{name}: {two['images_per_second'] / one['images_per_second'] / 2:.0%}", file=sys.stderr, flush=True)
    speeds = [median(each[way]["images_per_second"] for each in found) for way in (0, 1)]
    clock = median(two["images_per_second"] / one["images_per_second"] / 2 for one, two in found)
    synchronising = median(two["synchronising"] for _, two in found)
    cells = (f"{speeds[0]:,.0f}", f"{speeds[1]:,.0f}", f"{clock:.0%}", f"{synchronising:.0%}")
    return (name, str(side), str(batch), *cells)


def main(rounds: int) -> None:
    head = ("network", "side", "batch", "images/s of one", "of two", "efficiency", "synchronising")
    with tempfile.TemporaryDirectory() as folder:
        rows = [compare(*case, rounds, Path(folder)) for case in CASES]
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {rounds} rounds in turn, weights equal bit for bit")
    print("\n".join(format_columns([head, RULE, *rows], "<>>>>>>")))


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 3)
