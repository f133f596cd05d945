"""Parity sheets of one trained model of each family: what its exports answer beside the model itself.

    python benchmarks/sheets.py [PATTERN] [--epochs 8]

Each network learns from which of scikit-image's photographs a window was cut; the windows are JPEGs of odd sizes, some
grey, some turned by Exif, and the networks are narrow and see small images, as in full they would take hours. Each is
exported to ONNX and OpenVINO with its preprocessing in the graph, which refuses what differs by more than 1e-4. A row
has the largest differences of all images and of both engines: of probabilities from the same pixels, from the files by
the runtime, and with the resizing in the graph, whose pixels may be one level of 255 off; and the labels that change.
"""

import argparse
import tempfile
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import numpy as np
from photographs import SOURCES
from PIL import Image

import brickwork as bw
from brickwork.exporting.parity.sheet import EngineParity
from brickwork.network.columns import RULE, format_columns
from brickwork.recipe.recipe import Recipe

IMAGES = {"train": 24, "val": 12}  # of each photograph
TURN = 6  # Exif's orientation: the camera was held upright
INPUTS = {  # of networks of each family: narrow, small, and two that are not square
    "lenet5": (1, 28, 28),
    "lenet5_1998": (1, 32, 32),
    "alexnet[width=0.25]": (3, 67, 67),
    "vgg11[width=0.25]": (3, 32, 32),
    "vgg11[width=0.25,batchnorm=true]": (3, 45, 77),
    "nin[width=0.5]": (3, 55, 55),
    "googlenet[width=0.25]": (3, 79, 79),
    "inception_v3[width=0.25,side_heads=false]": (3, 107, 107),
    "inception_v4[width=0.25]": (3, 107, 107),
    "inception_resnet_v1[width=0.25]": (3, 107, 107),
    "resnet20": (3, 32, 32),
    "resnet50[width=0.25]": (3, 61, 83),
    "preact_resnet18[width=0.25]": (3, 64, 64),
    "wrn_16_4": (3, 32, 32),
    "resnext50_32x4d[width=0.25]": (3, 64, 64),
    "seresnet50[width=0.25]": (3, 64, 64),
}


def make_windows(folder: Path) -> Path:
    """A folder of data with a class for each photograph."""
    import skimage

    chance, place = np.random.default_rng(0), Path(skimage.__file__).parent / "data"
    for name in SOURCES:
        photograph = Image.open(place / name).convert("RGB")
        for split, count in IMAGES.items():
            target = folder / split / Path(name).stem
            target.mkdir(parents=True)
            for number in range(count):
                write_window(photograph, target / f"{number:02}.jpg", number, chance)
    return folder


def write_window(photograph: Image.Image, path: Path, number: int, chance: np.random.Generator) -> None:
    """A part of a photograph at an odd size; each sixth is grey, and each sixth lies on its side."""
    width, height = (int(chance.integers(side // 2, side)) for side in photograph.size)
    left, top = int(chance.integers(photograph.width - width)), int(chance.integers(photograph.height - height))
    window = photograph.crop((left, top, left + width, top + height))
    window.thumbnail((int(chance.integers(90, 300)),) * 2)
    exif = Image.Exif()
    if number % 6 == 1:
        exif[0x0112] = TURN
        window = window.transpose(Image.Transpose.ROTATE_90)
    (window.convert("L") if number % 6 == 0 else window).save(path, quality=90, exif=exif)


def export_rows(name: str, data: Path, epochs: int, folder: Path) -> Iterator[tuple[str, ...]]:
    """Trains a network, exports it to both formats, and tells what each sheet says."""
    network = bw.zoo.network(name, input=INPUTS[name], classes=len(SOURCES))
    result = bw.train(network, data, Recipe(epochs=epochs, **fields(name)), out=folder / "run", progress=False)
    assert result.model
    for kind, file in (("onnx", "model.onnx"), ("openvino", "model.xml")):
        sheet = bw.export(result.model, kind, folder / file, data=data, with_preprocessing=True).sheet
        for row in sheet.engines:
            size = "x".join(map(str, network.input))
            yield (name, size, f"{result.accuracy:.0%}", kind, row.engine, str(sum(sheet.images.values())), *cells(row))


def fields(name: str) -> dict[str, Any]:
    """What differs from the default recipe, so that each learns in a minute; sigmoids need another begin."""
    return {"optimizer": "adamw", "lr": 0.003, "batch": 16, **({"init": "he"} if name == "lenet5" else {})}


def cells(row: EngineParity) -> tuple[str, ...]:
    files = f"{row.from_files.probability:.0e}" if row.from_files else "-"
    resized, changed = ("-", "-") if not row.resized else (f"{row.resized.levels}", f"{row.resized.labels}")
    furthest = f"{row.resized.probability:.0e}" if row.resized else "-"
    return (f"{row.same_pixels.probability:.0e}", files, f"{row.same_pixels.labels}", resized, furthest, changed)


HEAD = ("network", "input", "accuracy", "format", "engine", "images", "pixels", "files", "labels")
RESIZED = ("levels", "in the graph", "labels")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pattern", nargs="?", default="*", help="which networks, as in 'vgg*'")
    parser.add_argument("--epochs", type=int, default=8)
    options = parser.parse_args()
    rows: list[tuple[str, ...]] = []
    with tempfile.TemporaryDirectory() as name:
        data = make_windows(Path(name) / "windows")
        for place, network in enumerate(each for each in INPUTS if fnmatch(each, options.pattern)):
            folder = Path(name) / str(place)
            folder.mkdir()
            found = list(export_rows(network, data, options.epochs, folder))
            rows += found
            print("\n".join("  ".join(row) for row in found), flush=True)
    print("\n".join(["", *format_columns([(*HEAD, *RESIZED), RULE, *rows], "<><<<>>>>>>>")]))


if __name__ == "__main__":
    main()
