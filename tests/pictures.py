"""Folders of small photographs."""

from pathlib import Path

import numpy as np
from PIL import Image

SIZES = ((40, 30), (30, 44), (25, 25))


def folder(root: Path, count: int = 12, seed: int = 0, classes: tuple[str, ...] = ("cold", "warm")) -> Path:
    """Class folders under train and val with so many JPEGs each, of several sizes, smooth and noisy as photographs."""
    chance = np.random.default_rng(seed)
    for split in ("train", "val"):
        for label, name in enumerate(classes):
            (root / split / name).mkdir(parents=True)
            for number in range(count):
                small = Image.fromarray(chance.integers(60 * label, 180, (4, 4, 3), np.uint8))
                picture = small.resize(SIZES[number % len(SIZES)], Image.Resampling.BICUBIC)
                picture.save(root / split / name / f"{number}.jpg", quality=92)
    return root
