"""Trains on the same photographs with 0, 1 and 2 processes that read them, from the files and from the cache, and
looks whether the weights are the same, bit for bit.

    python benchmarks/reliability/workers.py [--images 60]

Every image is cut out at random, mirrored, and changed in its colours; batches are mixed.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from itertools import product
from pathlib import Path

import numpy as np
import small
from PIL import Image

RECIPE = (
    "--input", "3x32x32", "--epochs", "2", "--batch", "16", "--lr", "0.05", "--scale", "0.3", "--color", "0.3",
    "--policy", "trivialaugment", "--mixup", "0.2", "--cutmix", "1", "--erasing", "0.3", "--checkpoint", "1",
)  # fmt: skip
CASES = [("0", "off"), *product(("0", "1", "2"), ("always", "always again")), ("1", "off"), ("2", "off")]


def photographs(folder: Path, count: int) -> Path:
    """JPEGs of several sizes in class folders: waves whose direction tells the class."""
    chance = np.random.default_rng(0)
    for number in range(count):
        name, size = ("across", "down")[number % 2], chance.integers(60, 120, 2)
        rows, columns = np.mgrid[: size[0], : size[1]]
        wave = np.sin((rows if number % 2 else columns) / chance.uniform(2, 6))
        pixels = 128 + 60 * wave[..., None] + chance.normal(0, 25, (*size, 3))
        (folder / name).mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(folder / name / f"{number}.jpg")
    return folder


def trained(data: Path, out: Path, workers: str, cache: str) -> str:
    """The sum of all weights after a training; the cache lies beside the data."""
    words = ["train", "resnet20[width=0.25]", "--data", str(data), "--out", str(out), *RECIPE, "--workers", workers]
    subprocess.run(
        [sys.executable, "-m", "brickwork", *words, "--cache", cache.split()[0]],
        env={**os.environ, "BRICKWORK_CACHE": str(data.parent / "cache")}, check=True, capture_output=True,
    )  # fmt: skip
    return small.weights_of(out)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=60)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        data = photographs(Path(folder) / "photographs", arguments.images)
        sums = {}
        for workers, cache in CASES:
            sums[workers, cache] = trained(data, Path(folder) / f"run{len(sums)}", workers, cache)
            print(f"workers {workers}, cache {cache:<12}  {sums[workers, cache][:16]}", flush=True)
    same = sum(each == sums["0", "off"] for each in sums.values())
    print(f"{same} of {len(sums)} trainings ended with the same weights")
    raise SystemExit(0 if same == len(sums) else 1)


if __name__ == "__main__":
    main()
