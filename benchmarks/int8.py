"""int8 on four trained networks: what it costs on the whole test split, which layers stay in float, and how fast it is.

    python benchmarks/int8.py [--work FOLDER] [--data FOLDER] [--max-drop POINTS] ['vgg*' ...]

LeNet-5, narrow VGG-11 and GoogLeNet, and ResNet-20 are trained on 12,000 images of Fashion-MNIST; 8,000 others are
held out as validation images, on which `export --int8` judges, and nothing of the test split is seen before the end.
Then the whole test split goes through the model and through every engine: accuracy lost with its paired 95 % interval.
Times are those of the parity sheet, in rounds by turns: let nothing else run. --data has Fashion-MNIST's four files, by
default where Debian's package dataset-fashion-mnist puts them; --data fashion takes the 10,000 + 2,000 images that come
with Brickwork. --work keeps the trainings, so that a second run measures alone.
"""

import argparse
import gzip
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from fnmatch import fnmatch
from pathlib import Path

import numpy as np
import torch

import brickwork as bw
from brickwork import zoo
from brickwork.data import open_data
from brickwork.data.dataset import Dataset
from brickwork.data.sources.idx import read_idx
from brickwork.errors import BrickworkError
from brickwork.evaluation.logits import preprocessing_of
from brickwork.exporting.int8.images import Int8Images, validation_pixels
from brickwork.exporting.int8.judge import accuracy_loss, engine_labels
from brickwork.exporting.int8.quantization import labels_of
from brickwork.exporting.int8.sheet import Int8Sheet
from brickwork.machine import cores, processor_name
from brickwork.network.columns import RULE, Row, format_columns
from brickwork.recipe.recipe import Recipe

DEBIAN = "/usr/share/datasets/fashion-mnist"
TRAINING, VALIDATION = 20_000, 0.4  # images that are taken of the 60,000, and the share of them that is held out
ADAMW = Recipe(epochs=4, optimizer="adamw", lr=0.003, weight_decay=0.01, batch=32, validation=VALIDATION)
NETWORKS = {  # the side of the square input, and how it is trained
    "lenet5": (28, Recipe(epochs=5, optimizer="adamw", lr=0.01, batch=32, init="he", validation=VALIDATION)),
    "vgg11[width=0.25]": (32, Recipe(epochs=4, lr=0.03, validation=VALIDATION)),
    "resnet20": (28, Recipe(epochs=3, validation=VALIDATION)),
    "googlenet[width=0.25]": (79, ADAMW),
}
FORMATS = {"openvino": "int8.xml", "onnx": "int8.onnx"}


@dataclass(frozen=True)
class Result:
    """One network by one engine."""

    network: str
    format: str
    engine: str
    validation: tuple[float, float, float]  # points lost on the validation images, from ... to
    test: tuple[float, float, float]  # and on the whole test split
    images: int  # of it
    accuracy: float  # of the model in float32 on it
    layers: int
    in_float: tuple[str, ...]
    milliseconds: dict[str, float]  # "int8 at 1"
    faster: dict[str, tuple[float, float, float]]  # than fp32


def write_data(source: Path, folder: Path) -> Path:
    """Some of the training images and all test images as idx files."""
    if folder.is_dir():
        return folder
    folder.mkdir(parents=True)
    for stem, count in (("train", TRAINING), ("t10k", None)):
        for kind, rank in (("images", 3), ("labels", 1)):
            name = f"{stem}-{kind}-idx{rank}-ubyte"
            values = read_idx(source / f"{name}.gz", rank)[:count]
            header = bytes((0, 0, 8, rank)) + b"".join(size.to_bytes(4, "big") for size in values.shape)
            (folder / f"{name}.gz").write_bytes(gzip.compress(header + values.tobytes(), compresslevel=1, mtime=0))
    return folder


def trained(name: str, data: str, work: Path) -> Path:
    """The model file of a network, which is trained where it is not there yet."""
    side, recipe = NETWORKS[name]
    run = work / name.partition("[")[0]
    if not (run / "report.html").exists():  # which is written last
        print(f"training {name}", flush=True)
        network = zoo.network(name, input=(1, side, side), classes=10)
        if (run / "checkpoints").exists():
            bw.resume(run, progress=False)
        else:
            bw.train(network, data, recipe, out=run, progress=False)
    return run / "model.safetensors"


def test_images(model: Path, data: str, work: Path) -> Int8Images:
    """The whole test split, as prediction prepares it."""
    file, dataset = bw.load(model), open_data(data, training=False)
    steps, split = preprocessing_of(file), dataset.split("test")
    as_held_out = Dataset(dataset.name, dataset.classes, {"val": split})
    pixels, labels = validation_pixels(as_held_out, np.arange(len(file.classes)), steps, work / "test.npy")
    return Int8Images(dataset.name, pixels[:1], pixels, labels)


def results(name: str, data: str, work: Path, max_drop: float) -> Iterator[Result]:
    """Every format and engine of one network; one that is refused is told."""
    model = trained(name, data, work)
    images = test_images(model, data, work)
    before = labels_of(bw.load(model), images) == images.labels
    for kind, file_name in FORMATS.items():
        try:
            done = bw.export(
                model, kind, model.with_name(file_name), data=data, int8=True, max_drop=max_drop, force=True,
                progress=lambda news: print(f"  {news}", flush=True),
            )  # fmt: skip
        except BrickworkError as fault:
            print(f"{name}, {kind}: {fault}", flush=True)
            continue
        assert done.sheet.int8
        for engine in ("onnxruntime", "openvino")[kind == "openvino" :]:
            full, labels = engine_labels(done.path, engine, images)
            lost = accuracy_loss(before, labels == images.labels)
            yield result(name, kind, full, done.sheet.int8, before, (lost.value, lost.low, lost.high))


def result(
    name: str, kind: str, engine: str, sheet: Int8Sheet, before: np.ndarray, lost: tuple[float, float, float]
) -> Result:
    judged = next(drop.lost for drop in sheet.accepted.drops if drop.engine == engine)
    speeds = [speed for speed in sheet.speeds if speed.engine == engine]
    return Result(
        name, kind, engine, points((judged.value, judged.low, judged.high)), points(lost), len(before),
        float(before.mean()), sheet.layers, sheet.accepted.in_float,
        {f"{speed.precision} at {speed.batch}": 1000 * speed.seconds.median for speed in speeds},
        {f"{speed.precision} at {speed.batch}": tuple(speed.faster) for speed in speeds},
    )  # fmt: skip


def points(shares: tuple[float, float, float]) -> tuple[float, float, float]:
    return tuple(100 * share for share in shares)  # type: ignore[return-value]


def interval(lost: tuple[float, float, float]) -> str:
    return f"{lost[0]:+.2f} ({lost[1]:+.2f} to {lost[2]:+.2f})"


def times(row: Result, batch: int) -> str:
    found = [row.milliseconds.get(f"{precision} at {batch}") for precision in ("fp32", "bf16", "int8")]
    return " / ".join("-" if each is None else f"{each:.3g}" for each in found)


def cells(row: Result) -> Row:
    in_float = f"{len(row.in_float)} of {row.layers}"
    return (
        row.network, row.format, row.engine.split()[0], f"{row.accuracy:.2%}", interval(row.validation),
        interval(row.test), in_float, times(row, 1), times(row, 32),
    )  # fmt: skip


HEAD = ("network", "file", "engine", "fp32", "lost on val", "lost on test", "in float", "ms at 1", "ms at 32")


def tell(rows: list[Result], max_drop: float) -> None:
    for line in format_columns([HEAD, RULE, *map(cells, rows)], "<<<>>>>>>", 200):
        print(line)
    for row in rows:
        slow = [f"{words} ({each[0]:.2f}x)" for words, each in row.faster.items() if "int8" in words and each[2] < 1]
        kept = ", ".join(row.in_float) or "none"
        print(
            f"{row.network}, {row.format}, {row.engine}: in float {kept}; slower than fp32: {', '.join(slow) or 'no'}"
        )
    print(f"Points of accuracy lost, at most {max_drop:g} allowed; ms: fp32 / bf16 / int8, medians.")
    print(f"{processor_name()}, {cores()} threads, torch {torch.__version__}.")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("patterns", nargs="*", default=["*"], help="which networks, as in 'vgg*'")
    parser.add_argument("--work", type=Path, default=Path("int8-work"), help="keeps data, trainings and exports")
    parser.add_argument("--data", default=DEBIAN, help="Fashion-MNIST's folder, or fashion")
    parser.add_argument("--max-drop", type=float, default=0.5)
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    data = options.data if options.data == "fashion" else str(write_data(Path(options.data), options.work / "data"))
    rows: list[Result] = []
    for name in NETWORKS:
        if any(fnmatch(name, pattern) for pattern in options.patterns):
            rows += results(name, data, options.work, options.max_drop)
    tell(rows, options.max_drop)
    (options.work / "int8.json").write_text(json.dumps([asdict(row) for row in rows], indent=1))
    raise SystemExit(any(row.test[2] > options.max_drop for row in rows))


if __name__ == "__main__":
    main()
