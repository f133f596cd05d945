"""The runtime without torch: what it takes on the disk, and whether it predicts what the trainer does.

    python benchmarks/runtime_size.py [FOLDER]

Trains a small network on Fashion-MNIST, exports it, and makes two clean virtual environments in FOLDER (a temporary one
by default): the base with the extra `onnx`, and with `openvino`. In each it counts the bytes of the packages, and
predicts 500 images of the test split, half of them enlarged to odd sizes, as PNG and JPEG. The answers are held against
those of the model file, by torch, in this environment.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image

import brickwork as bw
from brickwork.network.columns import RULE, format_columns

ROOT = Path(__file__).parents[1]

LIMITS = {"onnx": 200e6, "openvino": 300e6}  # bytes
FILES = {"onnx": "model.onnx", "openvino": "model.xml"}
IMAGES = 500
BOUND = 1e-4  # of a probability
INSTALLERS = ("pip", "setuptools", "pkg_resources", "_distutils_hack", "distutils-precedence.pth")  # the environment's

Shares = dict[str, dict[str, float]]  # of each image, the probability of each class


def write_images(folder: Path) -> Path:
    """Images of the test split: those of an even number as they are, the others enlarged to odd sizes."""
    folder.mkdir()
    split = bw.open_data("fashion").splits["test"]
    for number in range(IMAGES):
        image = split.decode(number, split.read_bytes(number))
        if number % 2:
            image.resize((31 + number % 57, 29 + number % 91), Image.Resampling.BICUBIC).save(folder / f"{number}.jpg")
        else:
            image.save(folder / f"{number}.png")
    return folder


def make_models(folder: Path) -> Path:
    """Trains and exports; gives the model file."""
    result = bw.train("resnet20[width=0.5]", "fashion", epochs=3, out=folder / "run", progress=False)
    assert result.model
    for kind, name in FILES.items():
        bw.export(result.model, kind, folder / name, data="fashion")
    return result.model


def make_environment(folder: Path, extra: str) -> Path:
    """A virtual environment with the base and one extra; gives its Python."""
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    python = folder / "bin" / "python"
    words = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", f"{ROOT}[{extra}]"]
    subprocess.run(words, check=True)
    return python


def package_sizes(environment: Path) -> dict[str, int]:
    """Bytes of each package in site-packages, without those that install others; compiled modules are counted."""
    (packages,) = environment.glob("lib/python*/site-packages")
    sizes = {path.name: tree_size(path) for path in packages.iterdir()}
    return {name: size for name, size in sizes.items() if not name.startswith(INSTALLERS)}


def tree_size(path: Path) -> int:
    if path.is_file():
        return path.stat().st_size
    return sum((Path(folder) / name).lstat().st_size for folder, _, names in os.walk(path) for name in names)


def predict_in(python: Path, model: Path, images: Path) -> tuple[Shares, set[str]]:
    """What the environment's own command predicts, and the packages that it imported."""
    words = [python, "-P", "-X", "importtime", "-m", "brickwork", "predict", model, images, "--json", "--probabilities"]
    done = subprocess.run(words, cwd=python.parent, capture_output=True, text=True, check=True)
    times = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
    return shares_of(json.loads(done.stdout)), {line.split("|")[-1].strip().split(".")[0] for line in times}


def shares_of(rows: list[dict[str, dict[str, float]]]) -> Shares:
    return {Path(str(row["path"])).name: row["probabilities"] for row in rows}


def predict_here(model: Path, images: Path) -> Shares:
    """What the model file gives, by torch."""
    found = bw.predict(model, images, top=1000)
    return {Path(each.path).name: {guess.label: guess.probability for guess in each.top} for each in found}


def difference(mine: Shares, other: Shares) -> tuple[float, int]:
    """The largest difference of a probability, and how many images have another class first."""
    assert mine.keys() == other.keys()
    furthest = max(abs(mine[name][label] - share) for name in other for label, share in other[name].items())
    return furthest, sum(max(mine[name], key=mine[name].__getitem__) != next(iter(other[name])) for name in other)


def measure(folder: Path) -> bool:
    """Prints the table; whether all that is promised holds."""
    model, images = make_models(folder), write_images(folder / "images")
    other, rows, held = predict_here(model, images), [], True
    for extra, limit in LIMITS.items():
        python = make_environment(folder / extra, extra)
        sizes = package_sizes(folder / extra)
        mine, imported = predict_in(python, folder / FILES[extra], images)
        furthest, changed = difference(mine, other)
        held &= sum(sizes.values()) <= limit and furthest <= BOUND and not changed and "torch" not in imported
        largest = sorted(((size, name) for name, size in sizes.items()), reverse=True)[:5]
        words = ", ".join(f"{name} {size / 1e6:.0f}" for size, name in largest)
        total = f"{sum(sizes.values()) / 1e6:.0f} of {limit / 1e6:.0f} MB"
        torch = "torch" if "torch" in imported else "no torch"
        rows.append((extra, total, f"{len(mine)}", f"{furthest:.1e}", f"{changed}", torch, words))
    head = ("extra", "size", "images", "furthest", "labels changed", "imports", "largest packages, MB")
    print("\n".join(format_columns([head, RULE, *rows], "<>>>><<")))
    return held


def main() -> None:
    if len(sys.argv) > 1:
        folder = Path(sys.argv[1])
        folder.mkdir(parents=True)
        sys.exit(not measure(folder))
    with TemporaryDirectory() as name:
        sys.exit(not measure(Path(name)))


if __name__ == "__main__":
    main()
