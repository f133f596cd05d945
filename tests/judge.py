"""A model whose logits follow from an image's shade alone, images for it, and its numbers worked out by numpy."""

from math import sqrt
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from brickwork.data.preprocessing import Preprocessing
from brickwork.model import build, save
from brickwork.network import Network, chain, stages
from brickwork.network.layers import AvgPool, Flatten, Linear

Floats = NDArray[np.float64]

KNOWN = ("tapir", "zebra", "civet", "bison", "okapi", "heron", "moose", "llama")  # as the model counts them
DATA = ("bison", "civet", "heron", "llama", "moose", "okapi", "tapir")  # as the folders are sorted; no zebra
SIDES = ((8, 8), (12, 10), (16, 20))  # of images, width and height
COUNT = 150
TEMPERATURE = 1.6
WEIGHT = 60 * np.linspace(0, 1, len(KNOWN)) ** 1.37  # uneven, so that no two images are equally probable
BIAS = -(WEIGHT**2) / 120  # -30 (shade - centre)^2 without what all classes share
Z = 1.959963984540054


def truth() -> tuple[Floats, list[int], list[str]]:
    """Of each image: its shade from 0 to 1, its size's number, and its class, which is not always the nearest."""
    chance = np.random.default_rng(7)
    values = np.sort(chance.permutation(256)[:COUNT])
    shades = values / 255
    logits = shades[:, None] * WEIGHT + BIAS
    nearest = [KNOWN[best] for best in logits.argmax(1)]
    other = chance.random(COUNT) < 0.35
    labels = [
        DATA[chance.integers(len(DATA))] if away or name == "zebra" else name
        for name, away in zip(nearest, other, strict=True)
    ]
    return shades, [int(size) for size in chance.integers(0, len(SIDES), COUNT)], labels


SHADES, SIZES, LABELS = truth()


def model(folder: Path, record: dict[str, Any]) -> Path:
    network = Network("judge", (1, 4, 4), len(KNOWN), stages(mean=chain(AvgPool(4), Flatten())), Linear(len(KNOWN)))
    made = build(network)
    with torch.no_grad():
        made.get_parameter("head.weight").copy_(torch.tensor(WEIGHT)[:, None])
        made.get_parameter("head.bias").copy_(torch.tensor(BIAS))
    as_it_is = Preprocessing(1, 4, 4, mean=(0.0,), std=(1.0,)).document()
    save(folder / "model.safetensors", made, classes=KNOWN, preprocessing=as_it_is, record=record)
    return folder / "model.safetensors"


def threshold(percent: int) -> float:
    """The probability from which on an image is answered, for a coverage of so many percent."""
    return 1 - percent / 110


def calibration() -> dict[str, Any]:
    """At a coverage of p percent p of 100 images are answered, nine in ten of them rightly."""
    rows = [[threshold(percent), percent, percent - percent // 10] for percent in range(1, 101)]
    return {"temperature": TEMPERATURE, "n": 100, "answered": rows}


def photos(root: Path) -> Path:
    """A test split, and no other, with an image in each of two classes that cannot be read."""
    folder = root / "photos"
    for number, (shade, size, label) in enumerate(zip(SHADES, SIZES, LABELS, strict=True)):
        place = folder / "test" / label / f"{number:03}.png"
        place.parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", SIDES[size], round(255 * shade)).save(place)
    for label in ("bison", "okapi"):
        (folder / "test" / label / "torn.png").write_bytes(b"\x89PNG\r\n\x1a\n and no more")
    return folder


class Expected:
    """The outcomes in the order of the data set: class by class, image by image."""

    def __init__(self, temperature: float) -> None:
        self.temperature = temperature
        order = sorted(range(COUNT), key=lambda i: (LABELS[i], i))
        self.names = [f"{LABELS[i]}/{i:03}.png" for i in order]
        self.shades = SHADES[order]
        self.sizes = np.array(SIZES)[order]
        self.target = np.array([KNOWN.index(LABELS[i]) for i in order])
        logits = (self.shades[:, None] * WEIGHT + BIAS) / temperature
        shares = np.exp(logits - logits.max(1, keepdims=True))
        self.shares = shares / shares.sum(1, keepdims=True)
        self.prediction = self.shares.argmax(1)
        self.correct = self.prediction == self.target
        self.confidence = self.shares.max(1)
        self.loss = -np.log(self.shares[np.arange(COUNT), self.target])
        ranks = (-self.shares).argsort(1)[:, :5]
        self.near = (ranks == self.target[:, None]).any(1)


def wilson(k: int, n: int) -> list[float]:
    """Solves (share - p)^2 = z^2 p (1 - p) / n for p, the quadratic written out."""
    a, b, c = 1 + Z**2 / n, -(2 * k / n + Z**2 / n), (k / n) ** 2
    root = sqrt(max(b * b - 4 * a * c, 0))
    return [(-b - root) / (2 * a), (-b + root) / (2 * a)]


def bootstrap(values: Floats, of: NDArray[np.bool_]) -> tuple[float, float]:
    """BCa (Efron 1987) for the mean of `values` over the images `of`, from other draws than the program's."""
    chance = np.random.default_rng(99)
    inside = values[of]
    means = np.array([inside[chance.integers(0, len(inside), len(inside))].mean() for _ in range(4000)])
    value = inside.mean()
    below = (means < value).mean() + (means == value).mean() / 2
    away = inside - value
    skew = (away**3).sum() / (6 * (away**2).sum() ** 1.5)
    normal = torch.distributions.Normal(0.0, 1.0)
    bias = normal.icdf(torch.tensor(below)).item()
    ends = [normal.cdf(torch.tensor(bias + (bias + z) / (1 - skew * (bias + z)))).item() for z in (-Z, Z)]
    low, high = np.quantile(means, ends)
    return float(low), float(high)
