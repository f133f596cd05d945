"""A long listing that is killed and resumed: every file once, the bytes of one without a kill, and flat memory.

    python benchmarks/reliability/listing.py [COUNT] [KILLS]

Predicts COUNT (20,000) small images by lenet5 with `--out labels.csv --resume`, sends SIGKILL KILLS (5) times when so
many more rows are in labels.csv.part, and goes on each time. Beside that, the peak of the memory for a tenth of the
images and for all of them.
"""

import csv
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from PIL import Image

FOLDER = 1_000  # images


def make_images(folder: Path, count: int) -> None:
    """So many names of a hundred images, a thousand to a folder."""
    chance = np.random.default_rng(0)
    for number in range(count):
        path = folder / f"{number // FOLDER:03}" / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        if number < 100:
            Image.fromarray(chance.integers(0, 256, (28, 28)).astype(np.uint8)).save(path)
        else:
            os.link(folder / "000" / f"{number % 100}.png", path)


def make_model(path: Path) -> None:
    import brickwork as bw

    bw.save(path, bw.build(bw.zoo.network("lenet5")))


def start(model: Path, images: Path, out: Path, *more: str) -> subprocess.Popen[bytes]:
    words = [sys.executable, "-m", "brickwork", "predict", str(model), str(images), "--out", str(out), *more]
    return subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def peak(model: Path, images: Path, out: Path) -> int:
    """The most memory that a whole listing takes, in bytes."""
    _, status, usage = os.wait4(start(model, images, out).pid, 0)
    if status:
        raise SystemExit(f"predict ended with {os.waitstatus_to_exitcode(status)}")
    return usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def rows_in(path: Path) -> int:
    return path.read_bytes().count(b"\r\n") - 1 if path.exists() else 0


def kill_at(process: subprocess.Popen[bytes], part: Path, rows: int) -> int:
    """Kills a process once its table has so many rows; gives how many there were."""
    while rows_in(part) < rows:
        if process.poll() is not None:
            raise SystemExit(f"predict ended by itself, with {process.returncode}")
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    return rows_in(part)


def main(count: int, kills: int) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        make_images(folder / "all", count)
        make_images(folder / "tenth", count // 10)
        make_model(model := folder / "lenet5.safetensors")
        few, many = (peak(model, folder / which, folder / f"{which}.csv") for which in ("tenth", "all"))
        out = folder / "killed.csv"
        for number in range(1, kills + 1):
            process = start(model, folder / "all", out, "--resume")
            found = kill_at(process, out.with_name("killed.csv.part"), number * count // (kills + 1))
            print(f"killed with {found:,} rows", flush=True)
        if code := start(model, folder / "all", out, "--resume").wait():
            raise SystemExit(f"predict ended with {code}")
        with out.open(newline="") as file:
            paths = [row["path"] for row in csv.DictReader(file)]
        once = sorted(paths) == sorted(map(str, (folder / "all").rglob("*.png")))
        same = out.read_bytes() == (folder / "all.csv").read_bytes()
        print(f"{len(paths):,} rows; every file once: {once}; the bytes of a listing without a kill: {same}")
        print(f"peak memory: {few / 1e6:,.0f} MB for {count // 10:,} images, {many / 1e6:,.0f} MB for {count:,}")
        if not (once and same and many < 1.1 * few):
            raise SystemExit("not as promised")


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 20_000, int(sys.argv[2]) if sys.argv[2:] else 5)
