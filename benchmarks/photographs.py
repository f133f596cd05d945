"""Photographs to predict: JPEGs of 500x400, crops of scikit-image's colour photographs, the same on every machine."""

import sys
from pathlib import Path

import numpy as np
from PIL import Image

SIZE = (500, 400)  # as those of ImageNet are on average
QUALITY = 90
SOURCES = (
    "astronaut.png",
    "chelsea.png",
    "coffee.png",
    "hubble_deep_field.jpg",
    "ihc.png",
    "motorcycle_left.png",
    "retina.jpg",
    "rocket.jpg",
)


def make(folder: Path, count: int) -> None:
    """Writes so many photographs, a thousand to a folder; those that are there stay."""
    import skimage

    data = Path(skimage.__file__).parent / "data"
    sources = [Image.open(data / name).convert("RGB") for name in SOURCES]
    for number in range(count):
        path = folder / f"{number // 1000:03}" / f"{number:06}.jpg"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            crop(sources[number % len(sources)], number).save(path, quality=QUALITY)


def crop(image: Image.Image, number: int) -> Image.Image:
    """A window of a photograph, between half of it and all of it, mirrored or not."""
    chance = np.random.default_rng(number)
    scale = min(image.width / SIZE[0], image.height / SIZE[1]) * chance.uniform(0.5, 1)
    width, height = SIZE[0] * scale, SIZE[1] * scale
    left, top = chance.uniform(0, image.width - width), chance.uniform(0, image.height - height)
    window = image.resize(SIZE, Image.Resampling.BICUBIC, box=(left, top, left + width, top + height))
    return window.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if chance.integers(2) else window


if __name__ == "__main__":
    make(Path(sys.argv[1]), int(sys.argv[2]))
