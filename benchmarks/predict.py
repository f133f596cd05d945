"""Images a second of `brickwork predict`, whole processes, held against what people write by hand.

    python benchmarks/predict.py [ROUNDS] [COUNT]

resnet18 with random weights on COUNT (2,000) JPEGs of 500x400 (benchmarks/photographs.py, which needs scikit-image),
from the start of a process to its CSV of labels. Contenders take turns, ROUNDS times (2), so that what else the machine
does meets all of them. The number of workers of the plain loop, and the batch of OpenVINO by hand, are the best of a
first look at a fifth of the images. A ratio is that of one round's times; the interval is from the lowest round to the
highest.
"""

import os
import platform
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from statistics import median
from tempfile import TemporaryDirectory

from brickwork.machine import cores
from brickwork.network.columns import RULE, format_columns

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
PACKAGES = ("torch", "torchvision", "timm", "openvino", "onnxruntime", "pillow", "numpy")
PEERS = Path(__file__).with_name("predict_peers.py")


@dataclass(frozen=True)
class Contender:
    """A command that labels every image of a folder, without the folder and the table, which come last."""

    name: str
    words: tuple[str, ...]
    precision: str
    ours: bool = False


@dataclass(frozen=True)
class Time:
    wall: float  # seconds
    cpu: float  # seconds of all cores


def make_models(folder: Path) -> None:
    """One set of weights as a model file, as torchvision's state dict, as ONNX and as OpenVINO's own."""
    import torch

    import brickwork as bw

    torch.manual_seed(0)
    model = bw.build(bw.zoo.network("resnet18"))
    steps = {"channels": 3, "height": 224, "width": 224, "mean": [*MEAN], "std": [*STD]}
    path = folder / "resnet18.safetensors"
    bw.save(path, model, preprocessing={**steps, "fit": "crop", "interpolation": "bilinear"})
    bw.save_weights(model, "torchvision", folder / "torchvision.pth")
    bw.export(path, "openvino", folder / "resnet18.xml")


def ours(model: Path, engine: str, allow: str = "") -> Contender:
    words = (sys.executable, "-m", "brickwork", "predict", str(model), "--engine", engine)
    precision = allow or "fp32"
    return Contender(f"brickwork, {engine}", (*words, *(("--allow", allow) if allow else ())), precision, ours=True)


def peer(name: str, models: Path, *words: object, precision: str = "fp32") -> Contender:
    return Contender(name, (sys.executable, str(PEERS), str(models), *map(str, words)), precision)


def measure(contender: Contender, photos: Path, out: Path) -> Time:
    """Run a contender on all images of a folder."""
    out.unlink(missing_ok=True)
    words = [*contender.words, str(photos), *(["--out"] if contender.ours else []), str(out)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("OMP_", "KMP_"))}
    before, start = getrusage(RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(words, check=True, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wall, after = time.perf_counter() - start, getrusage(RUSAGE_CHILDREN)
    rows = out.read_text().count("\n") - 1
    expected = sum(1 for _ in photos.rglob("*.jpg"))
    if rows != expected:
        raise SystemExit(f"{contender.name}: {rows} rows for {expected} images")
    return Time(wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def fastest(contenders: Sequence[Contender], photos: Path, out: Path) -> Contender:
    """The fastest of several on a few images."""
    return min(contenders, key=lambda each: measure(each, photos, out).wall)


def choose(models: Path, few: Path, out: Path) -> list[Contender]:
    """All contenders, the peers at their best numbers."""
    workers = sorted({0, 1, cores(), 2 * cores()})
    plain = [peer(f"torchvision, DataLoader, {count} workers", models, "torchvision", count) for count in workers]
    hand = {
        precision: [
            peer(f"OpenVINO by hand, batch {size}", models, "openvino", precision, size, precision=precision)
            for size in (1, 8)
        ]
        for precision in ("fp32", "bf16")
    }
    best = fastest(plain, few, out)
    return [
        best,
        peer(f"timm's loader, {best.words[-1]} workers", models, "timm", best.words[-1]),
        *(fastest(each, few, out) for each in hand.values()),
        ours(models / "resnet18.safetensors", "torch"),
        ours(models / "resnet18.xml", "openvino"),
        ours(models / "resnet18.safetensors", "torch", "bf16"),
        ours(models / "resnet18.xml", "openvino", "bf16"),
    ]


def check_probabilities(models: Path, few: Path, out: Path) -> float:
    """The largest difference of our engines' probabilities in float32."""
    import csv

    tables = []
    for contender in (ours(models / "resnet18.safetensors", "torch"), ours(models / "resnet18.xml", "openvino")):
        measure(contender, few, out)
        with out.open(newline="") as file:
            tables.append({row["path"]: float(row["probability"]) for row in csv.DictReader(file)})
    return max(abs(tables[0][name] - tables[1][name]) for name in tables[0])


def report(contenders: list[Contender], times: dict[str, list[Time]], count: int) -> None:
    """A table: images a second, CPU seconds an image, the ratio to the plain loop and to the best of its precision."""
    plain = contenders[0]
    rows = []
    for each in contenders:
        peers = [other for other in contenders if not other.ours and other.precision == each.precision]
        best = min(peers, key=lambda other: median(time.wall for time in times[key(other)]))
        rows.append(
            (
                each.name,
                each.precision,
                f"{count / median(time.wall for time in times[key(each)]):,.1f}",
                f"{1000 * median(time.cpu for time in times[key(each)]) / count:.1f}",
                ratio(times[key(plain)], times[key(each)]),
                ratio(times[key(best)], times[key(each)]) if each.ours else "",
            )
        )
    heads = ("", "precision", "images/s", "CPU ms/image", "of the plain loop", "of the best peer")
    print("\n".join(format_columns([heads, RULE, *rows], "<<>>>>", 140)))


def ratio(of: list[Time], to: list[Time]) -> str:
    """How many times as fast, with the lowest and the highest of the rounds."""
    found = [one.wall / other.wall for one, other in zip(of, to, strict=True)]
    return f"{median(found):.2f} ({min(found):.2f}-{max(found):.2f})"


def key(contender: Contender) -> str:
    return f"{contender.name} {contender.precision}"


def main(rounds: int, count: int) -> None:
    from photographs import make

    with TemporaryDirectory() as folder:
        models, out = Path(folder), Path(folder) / "labels.csv"
        photos, few = models / "photos", models / "few"
        make(photos, count)
        make(few, count // 5)
        make_models(models)
        print(", ".join(f"{name} {version(name)}" for name in PACKAGES))
        print(f"{platform.processor() or platform.machine()}, {cores()} cores; load before: {os.getloadavg()[0]:.1f}")
        apart = check_probabilities(models, few, out)
        print(f"largest difference of probabilities, torch and openvino in fp32: {apart:.1e}")
        contenders = choose(models, few, out)
        times: dict[str, list[Time]] = {key(each): [] for each in contenders}
        for _ in range(rounds):
            for each in contenders:
                times[key(each)].append(measure(each, photos, out))
        print(f"{count:,} images, {rounds} rounds")
        report(contenders, times, count)


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 2, int(sys.argv[2]) if sys.argv[2:] else 2_000)
